"""Every page in a real browser: axe-core finds nothing, nothing scrolls sideways, the strict policy holds.

With SCREENSHOTS=folder each page is also written there as a picture, at 360 and 1440 px, light and dark, in both
languages: `make pictures`.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from analysis.models import Kind
from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Sitting, WordingPack
from questionnaires.wordings.services import load_pack
from tests import factories
from tests.analysis.stored_report import failed_report, move_to, store_report, waiting_report
from tests.tap_targets import too_small
from tests.test_permissions import url_names
from trial.allocation import services as allocation
from trial.allocation.visibility import crosses_over_to, takes_programme
from trial.enrolment import services as enrolment
from trial.messages.models import MOST_ATTEMPTS, OutgoingMail
from trial.people import services as people
from trial.people.models import Participant, Role, User
from trial.programme import services as programme
from trial.programme.models import Group
from trial.programme.services import Mark
from trial.protocol import services as protocols
from trial.protocol.models import Stage as Stages
from trial.protocol.models import Trial
from trial.protocol.wordings.services import adopt_pack
from trial.safety import services as safety
from trial.waves import services as waves
from trial.waves.questions import plain, questions_of

pytestmark = pytest.mark.browser

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


@dataclass(frozen=True)
class Stage:
    """What the pages are shown of."""

    site: str
    trial: object
    participant: object
    cookies: dict[str, str]
    sittings: dict[str, Sitting]
    programme: dict[str, str]

    def of_sitting(self, name: str) -> str:
        which, page, *more = {
            "questionnaires:overview": ("new", "overview"),
            "questionnaires:sheet": ("begun", "sheet", "dass_21"),
            "questionnaires:review": ("begun", "review"),
            "questionnaires:receipt": ("done", "receipt"),
            "questionnaires:answers": ("begun", "answers"),
            "sheet-open": ("begun", "sheet", "dass_21"),
            "sheet-of-numbers": ("begun", "sheet", "scs_sf"),
            "sheet-of-parts": ("begun", "sheet", "phi"),
            "sheet-own": ("begun", "sheet", "own_questions"),
            "sheet-in-words": ("begun", "sheet", "satisfaction"),
            "overview-begun": ("begun", "overview"),
            "overview-upcoming": ("upcoming", "overview"),
        }[name]
        at = self.site + reverse(f"questionnaires:{page}", args=[self.sittings[which].key, *more])
        return at + ("?open=1" if name == "sheet-open" else "")

    def address(self, name: str) -> str:
        if name in SITTING + MORE_SITTING:
            return self.of_sitting(name)
        if name in self.programme:
            return self.site + self.programme[name]
        if name in ERRORS:
            return self.site + ERRORS[name]
        if name in MORE_REPORTS | COMMITTEE:
            of, page, *more = (MORE_REPORTS | COMMITTEE)[name]
            return self.site + reverse(f"analysis:{page}", args=[of, *more])
        if name in STATES:
            return self.site + STATES[name][1]
        if name in STUDY:
            return self.site + reverse(name, args=["cct"])
        arguments = {
            "desk:cohorts": ["cohorts"],
            "desk:cohort": ["cohorts", 1],
            "desk:emergency": ["cohorts", "P-001"],
            "desk:confirm_unmasking": ["locked"],
            "desk:correct_contact": [self.trial.slug, self.participant.code],
            "desk:participant": [self.trial.slug, self.participant.code],
            "desk:instrument": [self.trial.slug, "dass_21"],
            "desk:wording_pack": [self.trial.slug, 2],
            "desk:safety_case": [self.trial.slug, self.trial.safety_cases.get().pk],
            "analysis:reports": [self.trial.slug],
            "analysis:report": [self.trial.slug, 1],
            "analysis:report_part": [self.trial.slug, 1, "as_published", "within"],
            "desk:entered_in_error": [self.trial.slug, self.participant.code],
            "desk:waves": ["running"],
            "desk:wave": ["running", 1, "post"],
            "desk:extend_wave": ["running", 1, "post"],
            "desk:extend_wave_for": ["running", "P-003", "post"],
            "desk:messages": ["running"],
            "desk:mail_text": ["running", "wave_reminder", "es"],
            "desk:end_member": [self.trial.slug, self.trial.memberships.get(role=Role.MONITOR).pk],
            "enrolment:link": [people.issue_link(participant=self.participant)] if name == "enrolment:link" else [],
        }
        default = [self.trial.slug] if name in DESK else []
        return self.site + reverse(name, args=arguments.get(name, default))


def session_of(user) -> str:
    return factories.sign_in(Client(), user).session.session_key


def cookie_of(participant) -> str:
    return people.open_session(link=people.usable_link(people.issue_link(participant=participant)))


def waiting_participant(trial):
    """Screened in a trial that leaves one criterion to staff."""
    participant = factories.make_participant(trial, "first@example.org")
    factories.give_consent(participant)
    enrolment.submit_screening(participant=participant, answers={"born": date(1990, 5, 1)})
    return participant


def people_on_the_way() -> dict[str, Participant]:
    """In the model trial, one person at each point of enrolment."""
    protocols.move_to(trial=factories.make_trial("closed"), stage=Stages.CLOSED, actor=None)
    changed_trial, trial = factories.make_trial("changed"), factories.make_model_trial()
    found = {"changed": factories.make_participant(changed_trial, "changed@example.org")}
    factories.give_consent(found["changed"])
    factories.amend(changed_trial, 'version = "2"', 'version = "3"')
    for who in ("consented", "eligible", "ready", "not eligible", "left"):
        found[who] = factories.make_participant(trial, f"{who.replace(' ', '-')}@example.org")
        factories.give_consent(found[who])
    for who in ("eligible", "ready", "left"):
        enrolment.submit_screening(participant=found[who], answers=factories.SUITABLE)
    enrolment.submit_sheet(participant=found["ready"], answers={"gender": "woman"})
    answers = {**factories.SUITABLE, "age": 17, "severe_mental_disorder": "yes"}
    enrolment.submit_screening(participant=found["not eligible"], answers=answers)
    enrolment.withdraw(participant=found["left"], choice=enrolment.Choice.STUDY_AND_DATA)
    return found


def make_cohorts(staff: User) -> None:
    """Trials of the same person: four cohorts in their four states, one trial not begun, one locked, one opened."""
    many, locked, opened = (factories.make_model_trial(slug) for slug in ("cohorts", "locked", "unmasked"))
    new = protocols.create_trial(source=factories.model_source("new"))
    protocols.put_in_force(version=new.draft(), actor=None)
    acts = (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort)
    for each in (many, locked, opened, new):
        for role in (Role.PI, Role.RECRUITER, Role.CLINICIAN, Role.MONITOR):
            people.add_member(trial=each, email=staff.email, name="", role=role, actor=None)
    for done in (3, 2, 1):
        cohort = factories.make_cohort(many)
        factories.make_ready(many, 3)
        for act in acts[:done]:
            act(cohort=cohort, actor=staff)
    factories.make_cohort(many)
    factories.make_ready(many, 2)
    factories.enrol(many, "late@example.org")
    factories.lock(locked)
    allocation.ask_unmasking(trial=locked, actor=staff, reason="The plan is fixed")
    factories.make_drawn_cohort(opened, 4)
    factories.unmask(opened)
    first = opened.participants.earliest("pk")
    allocation.unmask_in_emergency(participant=first, actor=staff, reason="Admitted to hospital")


def earlier_today(local: datetime) -> time:
    """Half an hour ago, but not yesterday."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return max(midnight, local.replace(second=0, microsecond=0) - timedelta(minutes=30)).time()


def people_in_waves(trial) -> dict[str, Participant]:
    """In the model trial under another name: people of a cohort that was told, and of the next, whose wave is open."""
    now = clock.now()
    with clock.fixed(now - timedelta(days=9)):
        cohort = factories.make_drawn_cohort(trial, 6)
        began_at = earlier_today(now.astimezone(trial.version_in_force().zone))
        (group,) = programme.form_groups(trial=trial, cohort=cohort, at=began_at, actor=None)
        programme.form_crossover_groups(
            trial=trial, cohort=cohort, starts_on=now.date() + timedelta(days=150), at=began_at, actor=None
        )
    instructor = factories.make_member(trial, Role.INSTRUCTOR)
    link = "https://meet.example.org/room"
    programme.lead_group(trial=trial, group=group, instructor=instructor, join_link=link, actor=None)
    factories.make_cohort(trial)
    found = {"waits": crosses_over_to(cohort, "cct")[0], "takes": takes_programme(cohort, "cct")[0]}
    for who in ("wave open", "wave begun"):
        found[who] = factories.enrol(trial, f"{who.replace(' ', '-')}@example.org")
    sitting = waves.begin(participant=found["wave begun"], wave="pre")
    sheet = sitting.sheets.get(instrument="dass_21")
    answering.save_page(sheet, {"1": 0, "2": 3}, by=found["wave begun"].respondent_key)
    return found


def programme_pages(trial, coordinator) -> dict[str, str]:
    """Where each page of the programme is, with some attendance noted in the first session."""
    group, crossing = Group.objects.filter(cohort__trial=trial).order_by("is_crossover")
    first, second, *_more = group.sessions.order_by("number")
    who = programme.roll(first)
    marks = {who[0]: Mark("present"), who[1]: Mark("excluded", "substances_in_session")}
    programme.note_attendance(trial=trial, session=first, marks=marks, actor=coordinator)
    objects = {
        "desk:programme": [],
        "desk:group": [group.pk],
        "desk:attendance": [first.pk],
        "desk:attendance_of": [first.pk, who[1].code],
        "desk:move_session": [second.pk],
        "desk:crossover": [crossing.pk],
        "attendance-to-come": [second.pk],
    }
    return {
        name: reverse("desk:attendance" if name.startswith("att") else name, args=[trial.slug, *more])
        for name, more in objects.items()
    }


def make_rolling_trial(pi) -> None:
    """One person is allocated and flagged by somebody else, one is only allocated, two wait."""
    trial = factories.make_list_trial(slug="rolling")
    for role in (Role.PI, Role.RECRUITER):
        people.add_member(trial=trial, email=pi.email, name="", role=role, actor=None)
    other = factories.make_member(trial, Role.DATA_MANAGER)
    ready = factories.make_ready(trial, 4)
    for person in ready[:2]:
        allocation.allocate(trial=trial, participant=person, actor=pi)
    reason = "Turned out to be under age"
    allocation.flag_entered_in_error(trial=trial, participant=ready[0], actor=other, reason=reason)


def trials_under_way(pi) -> None:
    """One in its second wave, and one like it of which the groups are open, both led by the same person."""
    for trial in (factories.make_running_trial("running"), factories.make_running_trial("opened")):
        for role in (Role.PI, Role.RECRUITER):
            people.add_member(trial=trial, email=pi.email, name="", role=role, actor=None)
    running = Trial.objects.get(slug="running")
    factories.make_cohort(running)
    for number in range(2):
        factories.enrol(running, f"next-{number}@example.org")
    waves.ask_for_due_mails()
    of_waves = OutgoingMail.objects.filter(trial=running).exclude(wave="")
    OutgoingMail.objects.filter(pk=of_waves[0].pk).update(attempts=MOST_ATTEMPTS)
    OutgoingMail.objects.filter(trial__slug="running", participant__code="P-013").update(attempts=MOST_ATTEMPTS)
    opened = factories.unmask(Trial.objects.get(slug="opened"))
    Trial.objects.filter(pk=opened.pk).update(names=[["en", "Opened"], ["es", "Abierto"]])


def make_sittings(participant) -> dict[str, Sitting]:
    respondent = factories.respondent_of(participant)
    three = ["dass_21", "scs_sf", "phi"]
    sittings = {
        "new": factories.make_sitting(respondent, wave="new", opened=False, instruments=three),
        "begun": factories.make_sitting(
            respondent, wave="begun", instruments=[*three, "satisfaction"], questions=own_questions()
        ),
        "done": factories.make_sitting(respondent, wave="done"),
    }
    with clock.fixed(clock.now() + timedelta(days=30)):
        sittings["upcoming"] = factories.make_sitting(respondent, wave="upcoming", opened=False)
    sheet = sittings["begun"].sheets.get(instrument="dass_21")
    answering.save_page(sheet, {"1": 0, "2": 3, "3": None, "5": 1}, by=respondent.key)
    own = sittings["begun"].sheets.get(instrument="own_questions")
    answering.save_page(own, {"adverse_event": "yes", "adverse_event_care": "visit"}, by=respondent.key)
    answering.submit_sitting(sittings["done"], by=respondent.key)
    return sittings


def make_pack(slug: str, language: str) -> WordingPack:
    data = factories.pack_file(factories.pack_rows((slug, language)))
    return load_pack(data=data, file_name=f"{slug}-{language}.csv")


def own_questions() -> list[dict]:
    """Those of the model trial's first wave, and one of each kind that it does not have."""
    protocol = protocols.check((factories.ROOT / "trial" / "protocols" / "cct.toml").read_bytes())
    more = [
        {"id": "since", "kind": "date", "text": {"en": "Since when?", "es": "¿Desde cuándo?"}},
        plain(protocol.question("study_year")),
        plain(protocol.question("age")),
    ]
    return [*questions_of(protocol, protocol.waves[0]), *more]


def make_reports(trial: Trial, pi: User) -> None:
    store_report(trial)
    failed_report(trial)
    waiting_report(trial)
    opened = move_to(factories.make_trial("reported"), Stages.UNMASKED)
    people.add_member(trial=opened, email=pi.email, name="", role=Role.PI, actor=None)
    store_report(opened, kind=Kind.REAL)


@pytest.fixture(scope="module")
def stage(site, django_db_blocker) -> Iterator[Stage]:
    with django_db_blocker.unblock():
        trial = factories.make_trial("alpha")
        pi = factories.make_member(trial, Role.PI)
        people.add_member(trial=trial, email=pi.email, name="", role=Role.RECRUITER, actor=None)
        factories.make_member(trial, Role.MONITOR)
        factories.make_cohort(trial)
        make_cohorts(pi)
        new = factories.make_member(trial, Role.INSTRUCTOR, second_factor=False)
        used, _not_used = (make_pack("dass_21", code) for code in ("es", "en"))
        adopt_pack(trial=trial, pack=used, actor=None, reason="licensed")
        make_rolling_trial(pi)
        participant, second = waiting_participant(trial), factories.make_participant(trial, "second@example.org")
        people.add_member(trial=trial, email=pi.email, name="", role=Role.CLINICIAN, actor=None)
        safety.take_case(trial=trial, case=factories.make_case(second), actor=pi)
        make_reports(trial, pi)
        committee = factories.make_member(trial, Role.COMMITTEE)
        store_report(trial, kind=Kind.CLOSED)
        trials_under_way(pi)
        twin = factories.make_model_trial("twin")
        in_waves, coordinator = people_in_waves(twin), factories.make_member(twin, Role.PROGRAMME)
        cookies = {
            "staff": session_of(pi),
            "programme": session_of(coordinator),
            "new staff": session_of(new),
            "committee": session_of(committee),
            "participant": cookie_of(second),
            "waiting": cookie_of(participant),
            **{who: cookie_of(person) for who, person in people_on_the_way().items()},
            **{who: cookie_of(person) for who, person in in_waves.items()},
        }
        yield Stage(site, trial, participant, cookies, make_sittings(second), programme_pages(twin, coordinator))
        factories.empty_database()


@pytest.fixture(scope="module")
def page_for(browser: Browser, stage: Stage) -> Iterator[Callable[..., Page]]:
    """One page per visitor, width, colour scheme and language; opening a fresh one each time costs most."""
    opened: dict[tuple, Page] = {}

    def of(who: str, width: int, scheme: str, language: str) -> Page:
        key = (who, width, scheme, language)
        if key not in opened:
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
            )
            if who != "public":
                name = "sessionid" if who in STAFF_VISITORS else "participant"
                context.add_cookies([{"name": name, "value": stage.cookies[who], "url": stage.site}])
            opened[key] = context.new_page()
        return opened[key]

    yield of
    for page in opened.values():
        page.context.close()


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


ALL = [*PUBLIC, *STUDY, *PARTICIPANT, *JOURNEY, *STATES, *SITTING, *MORE_SITTING, *STAFF, *DESK, *PROGRAMME]
ALL += [*MORE_PROGRAMME, *NEW_STAFF, *ERRORS, *REPORTS, *MORE_REPORTS, *COMMITTEE]
# Each language in each scheme, and at 360 px, for what participants and visitors see; each once for what staff sees.
FOR_EVERYBODY = [(360, "light", "es"), (1440, "dark", "es"), (360, "dark", "en"), (1440, "light", "en")]
FOR_STAFF = [(360, "light", "en"), (1440, "dark", "es")]
ALL_VIEWS = [(width, scheme, code) for width in (360, 1440) for scheme in ("light", "dark") for code in ("en", "es")]


def is_of_staff(name: str) -> bool:
    return who_sees(name) in STAFF_VISITORS or name.startswith("account_")


def views(name: str) -> list[tuple[int, str, str]]:
    if PICTURES:
        return ALL_VIEWS
    return FOR_STAFF if is_of_staff(name) else FOR_EVERYBODY


def test_every_page_is_looked_at():
    again = {*ERRORS, *STATES, *MORE_SITTING, *MORE_PROGRAMME, *MORE_REPORTS, *COMMITTEE}
    assert set(ALL) - again == url_names() - NOT_A_PAGE - ON_THE_WAY


def in_language(stage: Stage, who: str, code: str, django_db_blocker) -> None:
    """Staff and participants have a language of their own, which wins over the browser's."""
    with django_db_blocker.unblock():
        if who not in STAFF_VISITORS:
            type(stage.participant).objects.update(language=code)
        else:
            stage.trial.memberships.model.user.field.related_model.objects.update(language=code)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        pytest.param(name, view, id="-".join(map(str, (name, *view))))
        for view in ALL_VIEWS
        for name in ALL
        if view in views(name)
    ],
)
def test_page_has_no_fault(name, view, stage, page_for, django_db_blocker):
    width, scheme, code = view
    in_language(stage, who_sees(name), code, django_db_blocker)
    page = page_for(who_sees(name), width, scheme, code)
    complaints: list[str] = []

    def hear(line) -> None:
        if line.type in ("error", "warning"):
            complaints.append(line.text)

    page.on("console", hear)

    with django_db_blocker.unblock():
        address = stage.address(name)
    answer = page.goto(address)
    violations = Axe().run(page).response["violations"]
    page.remove_listener("console", hear)
    if PICTURES:
        file = Path(PICTURES) / f"{name.replace(':', '-')}-{width}-{scheme}-{code}.png"
        page.screenshot(path=file, full_page=True)

    expected = int(name[-3:]) if name in ERRORS else 200
    assert (answer.status, page.url) == (expected, address)
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert width > 360 or is_of_staff(name) or too_small(page) == []
    assert page.locator("html").get_attribute("lang") == code
    assert [line for line in complaints if "status of 4" not in line] == []


def test_axe_sees_a_fault_that_is_there(page_for):
    """The test above would pass if the rules did not run."""
    page = page_for("public", 360, "light", "en")
    page.set_content("<html><img src='x'><input></html>")

    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert {"image-alt", "label", "html-has-lang"} <= found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p><a href='#'>Alone</a></p>", 1),
        ("<p>In a <a href='#'>sentence</a> of more.</p>", 0),
        ("<a href='#' style='display:inline-block;padding:15px'>Large enough</a>", 0),
        ("<button style='width:44px;height:43px'>x</button>", 1),
        ("<button style='width:44px;height:44px'>x</button>", 0),
        ("<input type='checkbox' id='c'><label for='c'>Small</label>", 1),
        ("<input type='checkbox' id='c'><label for='c' style='display:block;height:44px'>Large</label>", 0),
        ("<a href='#' style='visibility:hidden'>Unseen</a><input type='hidden'>", 0),
    ],
)
def test_target_that_is_too_small_for_a_finger_is_found(html, found, page_for):
    page = page_for("public", 360, "light", "en")
    page.goto("about:blank")  # a page of ours would forbid the styles
    page.set_content(f"<html><body>{html}</body></html>")

    assert len(too_small(page)) == found
