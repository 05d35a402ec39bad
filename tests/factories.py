"""Plain functions that make the cast. They call the services where there is one, so that rules hold here too."""

import csv
import dataclasses
import io
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.db import connections
from django.test import Client, RequestFactory

from questionnaires import catalogue, clock
from questionnaires import services as answering
from questionnaires.instrument import Instrument
from questionnaires.models import Respondent, Sitting
from questionnaires.windows import MIDNIGHT, Timing, Window, window
from questionnaires.wordings.texts import texts_of
from tests.web import Visitor
from trial.allocation import services as allocation
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort, Consent
from trial.people import services as people
from trial.people.models import Participant, Role, User
from trial.protocol import services as protocols
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.safety import services as safety
from trial.safety.models import SafetyCase
from trial.waves import services as waves
from trial.waves.services.sittings import threshold_of

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct-horse-battery"
NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


@cache
def protocol_source() -> str:
    """A small protocol of three arms that has nothing to do with the one that is shipped."""
    return (ROOT / "tests" / "trial" / "protocol" / "three_arms.toml").read_text()


def source_for(slug: str) -> bytes:
    lines = protocol_source().splitlines(keepends=True)
    return "".join(f'slug = "{slug}"\n' if line.startswith("slug = ") else line for line in lines).encode()


def make_trial(slug: str, *, recruiting: bool = True) -> Trial:
    trial = protocols.create_trial(source=source_for(slug))
    if recruiting:
        protocols.put_in_force(version=trial.draft(), actor=None)
        trial = protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None)
    return trial


def make_member(trial: Trial, role: Role, *, second_factor: bool = True, email: str = "") -> User:
    email = email or f"{role.value}@{trial.slug}.example.org"
    membership = people.add_member(trial=trial, email=email, name=f"The {role.value}", role=role, actor=None)
    user = membership.user
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    if second_factor and not user.authenticator_set.exists():
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    return user


def sign_in(client: Client, user: User) -> Client:
    """The client, signed in a moment ago, so that nothing asks whether it is still the same person."""
    client.force_login(user)
    request = RequestFactory().get("/")
    request.session = client.session
    record_authentication(request, user, method="password", reauthenticated=True)
    if user.authenticator_set.exists():
        record_authentication(request, user, method="mfa", type="totp")
    request.session.save()
    return client


def make_participant(trial: Trial, email: str) -> Participant:
    return people.register_participant(trial=trial, email=email, name="A person", language="en", actor=None)


def open_pages(client: Client, participant: Participant) -> Client:
    """The client with the participant's session, opened by their link."""
    token = people.issue_link(participant=participant)
    client.post(f"/l/{token}/")
    return client


def session_of(participant: Participant) -> str:
    """What the cookie of a device holds on which the participant's link was opened."""
    return people.open_session(link=people.usable_link(people.issue_link(participant=participant)))


def visitor(address: str, participant: Participant) -> Visitor:
    """Somebody on a device of the participant's, without a browser."""
    return Visitor(address, session=session_of(participant))


def window_around(now: datetime) -> Window:
    """A window of seven whole days in Madrid, in its second day at `now`, with three days of grace."""
    timing = Timing(offset_days=0, open_days=7, closing=MIDNIGHT, closing_days=1, grace_days=3)
    return window(timing, anchor=now.date() - timedelta(days=1), zone="Europe/Madrid")


def make_respondent(language: str = "en") -> Respondent:
    return Respondent.objects.create(language=language)


def make_sitting(
    respondent: Respondent | None = None,
    *,
    wave: str = "post",
    instruments: Sequence[str] = ("dass_21", "covid_concern"),
    questions: Sequence[dict] = (),
    thresholds: Sequence[dict] = (),
    packs: Sequence[int] = (),
    opened: bool = True,
) -> Sitting:
    """A sitting whose window is open at this moment of the clock; begun, unless `opened` is false."""
    sitting = answering.new_sitting(
        respondent=respondent or make_respondent(),
        wave=wave,
        name={"en": "After the programme", "es": "Después del programa"},
        zone="Europe/Madrid",
        window=window_around(clock.now()),
        instruments=instruments,
        questions=questions,
        thresholds=thresholds,
        packs=packs,
    )
    return answering.open_sitting(sitting, by=sitting.respondent_id) if opened else sitting


def askable_instruments() -> list[Instrument]:
    """The instruments that a wave can ask: those without questions in free text."""
    return [each for each in catalogue.all_instruments() if not each.open_questions]


def respondent_of(participant: Participant) -> Respondent:
    return Respondent.objects.get_or_create(key=participant.respondent_key, language=participant.language)[0]


def make_case(participant: Participant) -> SafetyCase:
    """An open safety case: somebody's answers have reached the first rule of the trial's protocol."""
    version = participant.trial.version_in_force()
    rule = threshold_of(version.protocol.safety.rules[0]) if version else {}
    slug = str(rule["instrument"])
    sitting = make_sitting(respondent_of(participant), wave="a wave", instruments=[slug], thresholds=[rule])
    worst = "at_least" in rule
    items = catalogue.load(slug).items
    counted = catalogue.load(slug).score(str(rule["score"]))
    given = {
        item.key: item.scale.highest if worst != (item.key in counted.reversed) else item.scale.lowest for item in items
    }
    answering.save_page(sitting.sheets.get(), given, by=participant.respondent_key)
    safety.open_cases()
    return SafetyCase.objects.get(participant=participant)


def days_pass(days: int) -> None:
    """So many days go by: every stored moment and day moves into the past. As the owner, past every trigger."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns "
            "JOIN pg_tables ON tablename = table_name AND schemaname = table_schema "
            "WHERE table_schema = 'public' AND data_type IN ('timestamp with time zone', 'date') "
            "AND table_name <> 'django_migrations' GROUP BY table_name"
        )
        for table, columns in cursor.fetchall():
            moved = ", ".join(f'"{column}" = "{column}" - interval \'{int(days)} days\'' for column in columns)
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            cursor.execute(f'UPDATE "{table}" SET {moved}')
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def empty_database() -> None:
    """Remove what a test has committed, as the owner: the application itself may not. Its receipts go with it."""
    shutil.rmtree(settings.RECEIPTS_FOLDER, ignore_errors=True)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename NOT IN ('django_migrations', 'django_content_type')"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")


def as_owner(sql: str) -> None:
    """Write past the application's rights and the triggers, as somebody who has the owner's password."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql)


def model_source(slug: str = "cct") -> bytes:
    source = (ROOT / "trial" / "protocols" / "cct.toml").read_text()
    return source.replace('slug = "cct"', f'slug = "{slug}"', 1).encode()


def make_model_trial(slug: str = "cct") -> Trial:
    """The shipped protocol, in recruitment: every criterion of its screening is answered by the participant."""
    trial = protocols.create_trial(source=model_source(slug))
    protocols.put_in_force(version=trial.draft(), actor=None)
    return protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None)


BY_LIST = 'method = "maximal"\nmti = 4\nlist_length = 60'


def make_list_trial(
    *, slug: str = "cct", randomisation: str = BY_LIST, sealed: bool = True, simulated: bool = False
) -> Trial:
    """The shipped protocol with rolling intake: a sealed list in place of the draw, and a cohort that is open."""
    source = (ROOT / "trial" / "protocols" / "cct.toml").read_text()
    source = source.replace('method = "cohort_draw"', randomisation, 1).replace('slug = "cct"', f'slug = "{slug}"', 1)
    trial = protocols.create_trial(source=source.encode(), is_simulated=simulated)
    protocols.put_in_force(version=trial.draft(), actor=None)
    if sealed:
        allocation.seal_list(trial=trial, actor=None)
    trial = protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None)
    make_cohort(trial)
    return trial


SUITABLE = {
    "age": 21,
    "medical_student": "yes",
    "language": "yes",
    "internet": "yes",
    "commitment": "yes",
    "severe_mental_disorder": "no",
}


def signed(trial: Trial, **other: object) -> enrolment.Signed:
    """What a person hands in who agrees to everything that the document in force asks."""
    shown = enrolment.wording_in_force(trial.version_in_force())
    whole = enrolment.Signed(shown.document, shown.sha256, tuple(tick.id for tick in shown.ticks), "Ada Vega")
    return dataclasses.replace(whole, **other)


def give_consent(participant: Participant, **other: object) -> Consent:
    trial = participant.trial
    return enrolment.give_consent(
        participant=participant, version=trial.version_in_force(), signed=signed(trial, **other)
    )


def enrol(trial: Trial, email: str) -> Participant:
    """Somebody of the model trial who has consented, is suitable and has told about themselves."""
    participant = make_participant(trial, email)
    give_consent(participant)
    enrolment.submit_screening(participant=participant, answers=SUITABLE)
    enrolment.submit_sheet(participant=participant, answers={"gender": "woman", "study_year": 3})
    return participant


def leave_study(participant: Participant) -> None:
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)


def make_cohort(trial: Trial) -> Cohort:
    """A cohort of the model trial whose first wave has opened yesterday and takes people up."""
    zone = trial.version_in_force().zone
    starts_on = clock.today(zone) + timedelta(days=9)
    return waves.open_cohort(trial=trial, programme_starts_on=starts_on, actor=None)


def begin(participant: Participant, wave: str) -> Sitting:
    return waves.begin(participant=participant, wave=wave)


def hand_in(participant: Participant, wave: str) -> Sitting:
    """A wave begun and handed in at once, with nothing answered."""
    sitting = begin(participant, wave)
    return answering.submit_sitting(sitting, by=participant.respondent_key)


def make_ready(trial: Trial, people: int) -> list[Participant]:
    """So many more participants who have handed in the baseline, in the order of their codes."""
    first = trial.participants.count() + 1
    ready = [enrol(trial, f"person-{number}@example.org") for number in range(first, first + people)]
    for participant in ready:
        hand_in(participant, "pre")
    return ready


def make_drawn_cohort(trial: Trial, people: int, *, told: bool = True) -> Cohort:
    """A cohort of the model trial with so many people, closed and drawn, and told unless `told` is false."""
    cohort = make_cohort(trial)
    make_ready(trial, people)
    allocation.close_cohort(cohort=cohort, actor=None)
    allocation.draw_cohort(cohort=cohort, actor=None)
    if told:
        allocation.tell_cohort(cohort=cohort, actor=None)
    return Cohort.objects.get(pk=cohort.pk)


def lock(trial: Trial) -> Trial:
    """The trial on, as far as its data are locked, without what its doors ask; every draw must be told."""
    trial = Trial.objects.get(pk=trial.pk)
    with clock.fixed(clock.now() - timedelta(seconds=1)):  # who opens the groups was in the team before
        for role in (Role.PI, Role.MONITOR):
            make_member(trial, role)
    if trial.stage == Stage.RECRUITING:
        trial = protocols.move_to(trial=trial, stage=Stage.CLOSED, actor=None)
    return protocols.step_to(trial=trial, stage=Stage.LOCKED, actor=None)


def move_on(trial: Trial, stage: Stage) -> Trial:
    """The trial in this stage, from recruiting on."""
    steps = {Stage.RECRUITING: lambda same: same, Stage.LOCKED: lock, Stage.UNMASKED: unmask}
    return steps[stage](trial)


def unmask(trial: Trial) -> Trial:
    """The groups opened: asked for by a principal investigator, confirmed by a monitor."""
    trial = lock(trial)
    pi, monitor = make_member(trial, Role.PI), make_member(trial, Role.MONITOR)
    allocation.ask_unmasking(trial=trial, actor=pi, reason="the analysis is due")
    return allocation.confirm_unmasking(trial=trial, actor=monitor)


def make_running_trial(slug: str) -> Trial:
    """A trial whose second wave is open: of 13 people some came all the way, others left or stopped at each point."""
    trial, start = make_model_trial(slug), clock.now() - timedelta(days=64)
    with clock.fixed(start):
        cohort = make_cohort(trial)
        ready = make_ready(trial, 9)
        enrol(trial, "baseline-open@example.org")
        too_young, unsure, _new = (make_participant(trial, f"{who}@example.org") for who in ("young", "unsure", "new"))
        give_consent(too_young)
        enrolment.submit_screening(participant=too_young, answers={**SUITABLE, "age": 17})
        give_consent(unsure)
        for act in (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort):
            act(cohort=cohort, actor=None)
    with clock.fixed(start + timedelta(days=3)):
        enrolment.withdraw(participant=ready[0], choice=enrolment.Choice.STUDY)
    with clock.fixed(clock.now() - timedelta(hours=30)):
        for participant in ready[1:4]:
            hand_in(participant, "post")
        sheet = waves.begin(participant=ready[4], wave="post").sheets.get(instrument="dass_21")
        answering.save_page(sheet, dict.fromkeys(map(str, range(1, 15)), 1), by=ready[4].respondent_key)
        enrolment.withdraw(participant=ready[5], choice=enrolment.Choice.QUESTIONNAIRES)
    return trial


def add_alike(first: Participant, count: int) -> None:
    """So many people more who came as far as `first`, who is enrolled; written at once, for tests of many."""
    trial, have = first.trial, first.trial.participants.count()
    more = Participant.objects.bulk_create(
        Participant(trial=trial, code=f"P-{number:03d}", language=first.language, created_at=first.created_at)
        for number in range(have + 1, have + count + 1)
    )
    consent, screening, sheet = first.consents.get(), first.screenings.get(), first.sociodemographic
    consents = _copies(consent, [{"participant": each} for each in more])
    about = [{"participant": each, "consent": own} for each, own in zip(more, consents, strict=True)]
    screenings = _copies(screening, about)
    about = [{"participant": each, "screening": own} for each, own in zip(more, screenings, strict=True)]
    _copies(sheet, about)
    _copies(first.place, [{"participant": each} for each in more])


def _copies(row: Any, differing: list[dict[str, Any]]) -> list[Any]:
    """The row again and again, each time with other values in some of its fields."""
    model = type(row)
    names = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    same = {name: getattr(row, name) for name in names}
    return model.objects.bulk_create(model(**{**same, **other}) for other in differing)


def amend(trial: Trial, old: str, new: str) -> ProtocolVersion:
    """Put an amendment in force in which `old` reads `new`."""
    source = trial.version_in_force().source
    assert old in source
    draft = protocols.save_draft(
        trial=trial, source=source.replace(old, new, 1).encode(), actor=None, reason="an amendment"
    )
    return protocols.put_in_force(version=draft, actor=None)


def pack_rows(*wordings: tuple[str, str]) -> list[dict[str, str]]:
    """The rows of a wording pack with an invented text for everything."""
    return [
        {"instrument": slug, "item": key, "language": language, "text": f"Frase {key}."}
        for slug, language in wordings
        for key in texts_of(catalogue.load(slug))
    ]


def pack_file(rows: Sequence[dict[str, str]], *, delimiter: str = ",") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
