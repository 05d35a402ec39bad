from django.urls import path

from trial.desk import views

app_name = "desk"
urlpatterns = [
    path("trials/", views.trials, name="trials"),
    # /t/<trial>/
    path("t/<slug:trial_slug>/", views.trial, name="trial"),
    path("t/<slug:trial_slug>/participants/", views.participants, name="participants"),
    path("t/<slug:trial_slug>/participants/new/", views.new_participant, name="new_participant"),
    path("t/<slug:trial_slug>/participants/<str:code>/", views.participant, name="participant"),
    path("t/<slug:trial_slug>/participants/<str:code>/send-link/", views.send_link, name="send_link"),
    path("t/<slug:trial_slug>/participants/<str:code>/revoke-links/", views.revoke_links, name="revoke_links"),
    path("t/<slug:trial_slug>/participants/<str:code>/judge/", views.judge_criterion, name="judge_criterion"),
    path("t/<slug:trial_slug>/participants/<str:code>/reopen/", views.reopen_screening, name="reopen_screening"),
    path("t/<slug:trial_slug>/protocol/", views.protocol, name="protocol"),
    path("t/<slug:trial_slug>/protocol/file/", views.protocol_file, name="protocol_file"),
    path("t/<slug:trial_slug>/protocol/draft/", views.protocol_draft, name="protocol_draft"),
    path("t/<slug:trial_slug>/team/", views.team, name="team"),
    path("t/<slug:trial_slug>/team/<int:pk>/end/", views.end_member, name="end_member"),
    path("t/<slug:trial_slug>/trail/", views.trail, name="trail"),
]
