from django.urls import path

from trial.waves import views

app_name = "waves"
urlpatterns = [
    path("me/messages/", views.mail_hour, name="mail_hour"),
]
