"""Which pages the face test opens, in which states, and who sees them. A new page must be named here."""

import os

PICTURES = os.environ.get("SCREENSHOTS")
NOT_A_PAGE = {
    "desk:try_mail_again",
    "healthz",
    "readyz",
    "language",
    "enrolment:leave_device",
    "enrolment:consent_copy",
    "portal:begin_wave",
    "portal:calendar",
    "desk:calendar",
    "desk:form_groups",
    "desk:form_crossover",
    "desk:undo_attendance",
    "analysis:demo_participant",
    "desk:take_case",
    "desk:hand_over_case",
    "desk:note_attempt",
    "desk:close_case",
    "desk:judge_criterion",
    "desk:reopen_screening",
    "questionnaires:answer",
    "questionnaires:answers_file",
    "desk:allocate",
    "desk:confirm_error",
    "desk:see_withdrawals",
    "desk:send_link",
    "desk:send_test_mail",
    "desk:verify_script",
    "desk:close_cohort",
    "desk:draw_cohort",
    "desk:tell_cohort",
    "desk:receipt_file",
    "allocation:verify_script",
    "allocation:opening",
    "desk:revoke_links",
    "desk:put_in_force",
    "desk:discard_draft",
    "desk:send_invitation",
    "desk:protocol_file",
    "desk:wordings_template",
    "desk:use_wordings",
    "mfa_download_recovery_codes",
    "analysis:ask_for_report",
    "analysis:report_progress",
    "analysis:report_file",
}
# Pages that only appear on the way to another; the journeys below open them.
ON_THE_WAY = {"mfa_authenticate", "account_reset_password_from_key"}
PUBLIC = [
    "home",
    "mailbox",
    "analysis:demo",
    "enrolment:closed",
    "enrolment:my_link",
    "account_login",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
]
STUDY = ["enrolment:study", "enrolment:information", "enrolment:take_part", "enrolment:signed_up", "allocation:proof"]
PARTICIPANT = ["enrolment:link", "portal:home", "enrolment:consent", "enrolment:leave_study", "waves:mail_hour"]
# Pages that open at one point of the journey, by whoever is there.
JOURNEY = {"enrolment:screening": "consented", "enrolment:about_you": "eligible"}
# The same addresses in other states: who sees it, and where.
STATES = {
    "state-waves-none": ("staff", "/t/alpha/waves/"),
    "state-wave-to-come": ("staff", "/t/running/waves/1/follow_up/"),
    "state-messages-none": ("staff", "/t/alpha/messages/"),
    "state-messages-failed": ("staff", "/t/running/messages/?state=failed"),
    "state-mail-text-changed": ("staff", "/t/opened/messages/words/allocation/en/"),
    "state-study-closed": ("public", "/study/closed/"),
    "state-study-drawn": ("public", "/study/unmasked/"),
    "state-proof-opened": ("public", "/study/unmasked/proof/"),
    "state-cohort-drawn": ("staff", "/t/cohorts/cohorts/2/"),
    "state-cohort-closed": ("staff", "/t/cohorts/cohorts/3/"),
    "state-cohort-open": ("staff", "/t/cohorts/cohorts/4/"),
    "state-cohort-one-by-one": ("staff", "/t/alpha/cohorts/1/"),
    "state-emergency-opened": ("staff", "/t/unmasked/participants/P-001/emergency/"),
    "state-participant-clinician": ("staff", "/t/unmasked/participants/P-001/"),
    "state-stage-checklist": ("staff", "/t/new/stage/"),
    "state-stage-asked": ("staff", "/t/locked/stage/"),
    "state-home-screening": ("consented", "/me/"),
    "state-home-about-you": ("eligible", "/me/"),
    "state-home-ready": ("ready", "/me/"),
    "state-home-not-eligible": ("not eligible", "/me/"),
    "state-not-eligible": ("not eligible", "/me/screening/"),
    "state-home-waiting": ("waiting", "/me/"),
    "state-home-left": ("left", "/me/"),
    "state-home-wave": ("wave open", "/me/"),
    "state-home-wave-begun": ("wave begun", "/me/"),
    "state-home-told": ("waits", "/me/"),
    "state-home-session": ("takes", "/me/"),
    "state-consent-again": ("changed", "/me/consent/"),
    "state-home-consent-again": ("changed", "/me/"),
    "state-allocation": ("staff", "/t/rolling/allocation/"),
    "state-allocation-record": ("staff", "/t/rolling/allocation/record/"),
    "state-flagged-as-error": ("staff", "/t/rolling/participants/P-001/error/"),
    "state-flag-it": ("staff", "/t/rolling/participants/P-002/error/"),
    "state-rolling-protocol": ("staff", "/t/rolling/protocol/"),
    "state-designs": (
        "staff",
        "/t/rolling/protocol/designs/?method=permuted_blocks&participants=44&ratio=1:1&block_sizes=4,6,8",
    ),
    "state-designs-refused": ("staff", "/t/rolling/protocol/designs/?method=maximal&participants=44&ratio=2:1&mti="),
    "state-today-all": ("staff", "/t/running/?show=all"),
    "state-today": ("staff", "/t/running/"),
    "state-flow": ("staff", "/t/running/flow/"),
    "state-flow-opened": ("staff", "/t/opened/flow/"),
    "state-participant": ("staff", "/t/running/participants/P-005/"),
    "state-participant-left": ("staff", "/t/running/participants/P-001/"),
    "state-participants-found": ("staff", "/t/running/participants/?box=assessed"),
    "state-participants-none": ("staff", "/t/running/participants/?code=X"),
}
SITTING = [
    "questionnaires:overview",
    "questionnaires:sheet",
    "questionnaires:review",
    "questionnaires:receipt",
    "questionnaires:answers",
]
# The same pages once more, where they look different.
MORE_SITTING = [
    "sheet-open",
    "sheet-of-numbers",
    "sheet-of-parts",
    "sheet-own",
    "sheet-in-words",
    "overview-begun",
    "overview-upcoming",
]
STAFF = [
    "desk:trials",
    "account_logout",
    "account_change_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
]
DESK = [
    "desk:trial",
    "desk:flow",
    "desk:setup",
    "desk:participants",
    "desk:new_participant",
    "desk:move_stage",
    "desk:confirm_unmasking",
    "desk:report_slip",
    "desk:cohorts",
    "desk:new_cohort",
    "desk:cohort",
    "desk:emergency",
    "desk:correct_contact",
    "desk:participant",
    "desk:safety",
    "desk:safety_case",
    "desk:allocation",
    "desk:seal_list",
    "desk:allocation_record",
    "desk:entered_in_error",
    "desk:waves",
    "desk:wave",
    "desk:extend_wave",
    "desk:extend_wave_for",
    "desk:messages",
    "desk:mail_text",
    "desk:protocol",
    "desk:protocol_draft",
    "desk:instruments",
    "desk:instrument",
    "desk:load_wordings",
    "desk:wording_pack",
    "desk:sign_for_wordings",
    "desk:designs",
    "desk:team",
    "desk:end_member",
    "desk:trail",
]
# Reports: of a masked trial one complete, one failed, one under way; of an opened one, a part with its pictures.
REPORTS = ["analysis:reports", "analysis:report", "analysis:report_part"]
MORE_REPORTS = {
    "report-participants": ("reported", "report_part", 1, "as_published", "participants"),
    "report-missing": ("reported", "report_part", 1, "as_published", "missing"),
    "report-opened": ("reported", "report", 1),
    "report-scores": ("reported", "report_part", 1, "as_published", "scores"),
    "report-change": ("reported", "report_part", 1, "as_published", "change"),
    "report-failed": ("alpha", "report", 2),
    "report-under-way": ("alpha", "report", 3),
    "reports-opened": ("reported", "reports"),
}
# What the committee alone sees of a masked trial.
COMMITTEE = {
    "reports-closed": ("alpha", "reports"),
    "report-closed": ("alpha", "report_part", "closed-1", "as_published", "results"),
    "report-closed-participants": ("alpha", "report_part", "closed-1", "as_published", "participants"),
}
ERRORS = {"error-404": "/no-such-page/", "error-410": "/l/not-a-token/"}
# Seen by the programme coordinator; the first session is under way.
PROGRAMME = [
    "desk:programme",
    "desk:group",
    "desk:attendance",
    "desk:attendance_of",
    "desk:move_session",
    "desk:crossover",
]
MORE_PROGRAMME = ["attendance-to-come"]
STAFF_VISITORS = ("staff", "new staff", "programme", "committee")
NEW_STAFF = ["mfa_activate_totp", "account_reauthenticate"]
ALL = [*PUBLIC, *STUDY, *PARTICIPANT, *JOURNEY, *STATES, *SITTING, *MORE_SITTING, *STAFF, *DESK, *PROGRAMME]
ALL += [*MORE_PROGRAMME, *NEW_STAFF, *ERRORS, *REPORTS, *MORE_REPORTS, *COMMITTEE]
# Each language in each scheme, and at 360 px, for what participants and visitors see; each once for what staff sees.
FOR_EVERYBODY = [(360, "light", "es"), (1440, "dark", "es"), (360, "dark", "en"), (1440, "light", "en")]
FOR_STAFF = [(360, "light", "en"), (1440, "dark", "es")]
ALL_VIEWS = [(width, scheme, code) for width in (360, 1440) for scheme in ("light", "dark") for code in ("en", "es")]


def who_sees(name: str) -> str:
    if name in PARTICIPANT + SITTING + MORE_SITTING:
        return "participant"
    if name in JOURNEY:
        return JOURNEY[name]
    if name in STATES:
        return STATES[name][0]
    if name in NEW_STAFF:
        return "new staff"
    if name in PROGRAMME + MORE_PROGRAMME:
        return "programme"
    if name in COMMITTEE:
        return "committee"
    return "staff" if name in [*STAFF, *DESK, *REPORTS, *MORE_REPORTS] else "public"


def is_of_staff(name: str) -> bool:
    return who_sees(name) in STAFF_VISITORS or name.startswith("account_")


def views(name: str) -> list[tuple[int, str, str]]:
    if PICTURES:
        return ALL_VIEWS
    return FOR_STAFF if is_of_staff(name) else FOR_EVERYBODY
