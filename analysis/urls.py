from django.urls import path

from analysis import views

app_name = "analysis"
urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/participant/", views.open_participant, name="demo_participant"),
]
