from django.urls import path

from trial.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("sessions.ics", views.calendar, name="calendar"),
    path("waves/<slug:wave>/begin/", views.begin_wave, name="begin_wave"),
]
