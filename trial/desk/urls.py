from django.urls import path

from trial.desk.views import (
    allocation,
    cohorts,
    flow,
    instruments,
    messages,
    overview,
    participants,
    protocol,
    receipts,
    safety,
    stages,
    team,
    today,
    waves,
)

app_name = "desk"
urlpatterns = [
    path("trials/", overview.trials, name="trials"),
    # /t/<trial>/
    path("t/<slug:trial_slug>/stage/", stages.move_stage, name="move_stage"),
    path("t/<slug:trial_slug>/stage/test-mail/", stages.send_test_mail, name="send_test_mail"),
    path("t/<slug:trial_slug>/stage/unmasking/", stages.confirm_unmasking, name="confirm_unmasking"),
    path("t/<slug:trial_slug>/slip/", receipts.report_slip, name="report_slip"),
    path("t/<slug:trial_slug>/", today.trial, name="trial"),
    path("t/<slug:trial_slug>/seen/", today.see_withdrawals, name="see_withdrawals"),
    path("t/<slug:trial_slug>/flow/", flow.flow, name="flow"),
    path("t/<slug:trial_slug>/setup/", overview.setup, name="setup"),
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
    path("t/<slug:trial_slug>/participants/<slug:code>/emergency/", stages.emergency, name="emergency"),
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
    # /t/<trial>/safety/
    path("t/<slug:trial_slug>/safety/", safety.cases, name="safety"),
    path("t/<slug:trial_slug>/safety/<int:pk>/", safety.case, name="safety_case"),
    path("t/<slug:trial_slug>/safety/<int:pk>/take/", safety.take, name="take_case"),
    path("t/<slug:trial_slug>/safety/<int:pk>/hand-over/", safety.hand_over, name="hand_over_case"),
    path("t/<slug:trial_slug>/safety/<int:pk>/attempt/", safety.note_attempt, name="note_attempt"),
    path("t/<slug:trial_slug>/safety/<int:pk>/close/", safety.close, name="close_case"),
    # /t/<trial>/cohorts/
    path("t/<slug:trial_slug>/cohorts/", cohorts.cohorts, name="cohorts"),
    path("t/<slug:trial_slug>/cohorts/new/", cohorts.new_cohort, name="new_cohort"),
    path("t/<slug:trial_slug>/cohorts/verify_allocation.py", receipts.verify_script, name="verify_script"),
    path("t/<slug:trial_slug>/cohorts/<int:number>/", cohorts.cohort, name="cohort"),
    path("t/<slug:trial_slug>/cohorts/<int:number>/close/", cohorts.close_cohort, name="close_cohort"),
    path("t/<slug:trial_slug>/cohorts/<int:number>/draw/", cohorts.draw_cohort, name="draw_cohort"),
    path("t/<slug:trial_slug>/cohorts/<int:number>/tell/", cohorts.tell_cohort, name="tell_cohort"),
    path("t/<slug:trial_slug>/cohorts/<int:number>/receipts/", receipts.receipt_file, name="receipt_file"),
    path("t/<slug:trial_slug>/participants/<slug:code>/error/", allocation.entered_in_error, name="entered_in_error"),
    path("t/<slug:trial_slug>/participants/<slug:code>/error/confirm/", allocation.confirm_error, name="confirm_error"),
    # /t/<trial>/allocation/
    path("t/<slug:trial_slug>/allocation/", allocation.allocation, name="allocation"),
    path("t/<slug:trial_slug>/allocation/next/", allocation.allocate, name="allocate"),
    path("t/<slug:trial_slug>/allocation/seal/", allocation.seal_list, name="seal_list"),
    path("t/<slug:trial_slug>/allocation/record/", allocation.allocation_record, name="allocation_record"),
    # /t/<trial>/instruments/
    path("t/<slug:trial_slug>/instruments/", instruments.instruments, name="instruments"),
    path("t/<slug:trial_slug>/instruments/<slug:slug>/", instruments.instrument, name="instrument"),
    # /t/<trial>/wordings/
    path("t/<slug:trial_slug>/wordings/template/", instruments.wordings_template, name="wordings_template"),
    path("t/<slug:trial_slug>/wordings/load/", instruments.load_wordings, name="load_wordings"),
    path("t/<slug:trial_slug>/wordings/sign/", instruments.sign_for_wordings, name="sign_for_wordings"),
    path("t/<slug:trial_slug>/wordings/<int:number>/", instruments.wording_pack, name="wording_pack"),
    path("t/<slug:trial_slug>/wordings/<int:number>/use/", instruments.use_wordings, name="use_wordings"),
    # /t/<trial>/protocol/
    path("t/<slug:trial_slug>/protocol/", protocol.protocol, name="protocol"),
    path("t/<slug:trial_slug>/protocol/<int:number>/file/", protocol.protocol_file, name="protocol_file"),
    path("t/<slug:trial_slug>/protocol/draft/", protocol.protocol_draft, name="protocol_draft"),
    path("t/<slug:trial_slug>/protocol/draft/put-in-force/", protocol.put_in_force, name="put_in_force"),
    path("t/<slug:trial_slug>/protocol/draft/discard/", protocol.discard_draft, name="discard_draft"),
    path("t/<slug:trial_slug>/protocol/designs/", allocation.designs, name="designs"),
    # /t/<trial>/team/
    path("t/<slug:trial_slug>/team/", team.team, name="team"),
    path("t/<slug:trial_slug>/team/<int:pk>/invite/", team.send_invitation, name="send_invitation"),
    path("t/<slug:trial_slug>/team/<int:pk>/end/", team.end_member, name="end_member"),
]
