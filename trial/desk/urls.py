from django.urls import path

from trial.desk.views import messages, overview, participants, protocol, team, waves

app_name = "desk"
urlpatterns = [
    path("trials/", overview.trials, name="trials"),
    # /t/<trial>/
    path("t/<slug:trial_slug>/", overview.trial, name="trial"),
    path("t/<slug:trial_slug>/stage/", overview.move_stage, name="move_stage"),
    path("t/<slug:trial_slug>/trail/", overview.trail, name="trail"),
    # /t/<trial>/participants/
    path("t/<slug:trial_slug>/participants/", participants.participants, name="participants"),
    path("t/<slug:trial_slug>/participants/new/", participants.new_participant, name="new_participant"),
    path("t/<slug:trial_slug>/participants/<slug:code>/", participants.participant, name="participant"),
    path("t/<slug:trial_slug>/participants/<slug:code>/contact/", participants.correct_contact, name="correct_contact"),
    path("t/<slug:trial_slug>/participants/<slug:code>/send-link/", participants.send_link, name="send_link"),
    path("t/<slug:trial_slug>/participants/<slug:code>/revoke-links/", participants.revoke_links, name="revoke_links"),
    path("t/<slug:trial_slug>/participants/<slug:code>/judge/", participants.judge_criterion, name="judge_criterion"),
    path("t/<slug:trial_slug>/participants/<slug:code>/reopen/", participants.reopen, name="reopen_screening"),
    # /t/<trial>/waves/
    path("t/<slug:trial_slug>/waves/", waves.waves, name="waves"),
    path("t/<slug:trial_slug>/waves/<int:number>/<slug:wave>/", waves.wave, name="wave"),
    path("t/<slug:trial_slug>/waves/<int:number>/<slug:wave>/extend/", waves.extend_wave, name="extend_wave"),
    path(
        "t/<slug:trial_slug>/participants/<slug:code>/waves/<slug:wave>/extend/",
        waves.extend_wave_for,
        name="extend_wave_for",
    ),
    # /t/<trial>/messages/
    path("t/<slug:trial_slug>/messages/", messages.messages, name="messages"),
    path("t/<slug:trial_slug>/messages/<int:pk>/again/", messages.try_again, name="try_mail_again"),
    path("t/<slug:trial_slug>/messages/words/<slug:kind>/<slug:language>/", messages.mail_text, name="mail_text"),
    # /t/<trial>/protocol/
    path("t/<slug:trial_slug>/protocol/", protocol.protocol, name="protocol"),
    path("t/<slug:trial_slug>/protocol/<int:number>/file/", protocol.protocol_file, name="protocol_file"),
    path("t/<slug:trial_slug>/protocol/draft/", protocol.protocol_draft, name="protocol_draft"),
    path("t/<slug:trial_slug>/protocol/draft/put-in-force/", protocol.put_in_force, name="put_in_force"),
    path("t/<slug:trial_slug>/protocol/draft/discard/", protocol.discard_draft, name="discard_draft"),
    # /t/<trial>/team/
    path("t/<slug:trial_slug>/team/", team.team, name="team"),
    path("t/<slug:trial_slug>/team/<int:pk>/invite/", team.send_invitation, name="send_invitation"),
    path("t/<slug:trial_slug>/team/<int:pk>/end/", team.end_member, name="end_member"),
]
