"""Who and what the face test shows its pages of: trials, people and waves, each at one point of their way."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.test import Client
from django.urls import reverse

from analysis.models import Kind
from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Sitting, WordingPack
from questionnaires.wordings.services import load_pack
from tests import factories
from tests.analysis.stored_report import failed_report, move_to, store_report, waiting_report
from tests.face_pages import COMMITTEE, DESK, ERRORS, MORE_REPORTS, MORE_SITTING, SITTING, STATES, STUDY
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


def set_stage(site: str) -> Stage:
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
    return Stage(site, trial, participant, cookies, make_sittings(second), programme_pages(twin, coordinator))
