from django.urls import path

from trial.desk.views import attendance, overview, participants, programme, protocol, safety, team

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
    # /t/<trial>/programme/
    path("t/<slug:trial_slug>/programme/", programme.programme, name="programme"),
    path("t/<slug:trial_slug>/programme/sessions.ics", programme.calendar, name="calendar"),
    path("t/<slug:trial_slug>/programme/cohorts/<int:number>/groups/", programme.form_groups, name="form_groups"),
    path(
        "t/<slug:trial_slug>/programme/cohorts/<int:number>/crossover/",
        programme.form_crossover,
        name="form_crossover",
    ),
    path("t/<slug:trial_slug>/programme/groups/<int:pk>/", programme.group, name="group"),
    path("t/<slug:trial_slug>/programme/groups/<int:pk>/crossover/", programme.crossover, name="crossover"),
    path("t/<slug:trial_slug>/programme/sessions/<int:pk>/move/", programme.move_session, name="move_session"),
    path("t/<slug:trial_slug>/programme/sessions/<int:pk>/", attendance.attendance, name="attendance"),
    path("t/<slug:trial_slug>/programme/sessions/<int:pk>/undo/", attendance.undo, name="undo_attendance"),
    path("t/<slug:trial_slug>/programme/sessions/<int:pk>/<slug:code>/", attendance.one, name="attendance_of"),
    # /t/<trial>/safety/
    path("t/<slug:trial_slug>/safety/", safety.cases, name="safety"),
    path("t/<slug:trial_slug>/safety/<int:pk>/", safety.case, name="safety_case"),
    path("t/<slug:trial_slug>/safety/<int:pk>/take/", safety.take, name="take_case"),
    path("t/<slug:trial_slug>/safety/<int:pk>/hand-over/", safety.hand_over, name="hand_over_case"),
    path("t/<slug:trial_slug>/safety/<int:pk>/attempt/", safety.note_attempt, name="note_attempt"),
    path("t/<slug:trial_slug>/safety/<int:pk>/close/", safety.close, name="close_case"),
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
