from django.urls import path

from trial.enrolment import views

app_name = "enrolment"
urlpatterns = [
    path("l/<str:token>/", views.link, name="link"),
    path("me/", views.home, name="home"),
    path("me/leave/", views.leave_device, name="leave_device"),
    path("closed/", views.closed, name="closed"),
    path("my-link/", views.my_link, name="my_link"),
]
