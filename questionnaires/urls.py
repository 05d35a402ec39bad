from django.urls import path

from questionnaires import views

app_name = "questionnaires"
urlpatterns = [
    path("<uuid:sitting_key>/", views.overview, name="overview"),
    path("<uuid:sitting_key>/sheets/<slug:instrument>/", views.sheet, name="sheet"),
    path("<uuid:sitting_key>/sheets/<slug:instrument>/answer/", views.answer, name="answer"),
    path("<uuid:sitting_key>/review/", views.review, name="review"),
    path("<uuid:sitting_key>/receipt/", views.receipt, name="receipt"),
    path("<uuid:sitting_key>/answers/", views.answers, name="answers"),
    path("<uuid:sitting_key>/answers.csv", views.answers_file, name="answers_file"),
]
