"""The swap test: two worlds with the same people, clock, entropy and answers, and the arms exchanged.

Every page and file that a masked role can reach by following links, every mail to staff, every log line and every
message in the queue is the same in both, byte for byte. The programme's own pages differ, which shows that it could.

The monitoring committee has its closed report in both. With the letters exchanged as well, all that it can obtain is
the same too: nothing of it says which letter is which group.
"""

import difflib
import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from redis import Redis

from analysis import computing
from analysis import services as reports
from analysis.models import Kind as ReportKind
from questionnaires import clock
from questionnaires import services as answering
from tests import factories
from trial.allocation import services as allocation
from trial.allocation import visibility
from trial.allocation.designs import CohortDraw
from trial.allocation.masks import letters_for
from trial.celery import app as celery_app
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort
from trial.logs import JsonFormatter
from trial.messages.services import send_due_mail
from trial.people.models import Role, User
from trial.programme import services as programme
from trial.programme.models import Came
from trial.protocol.models import Trial
from trial.safety import services as safety
from trial.waves import services as waves

MASKED = (Role.PI, Role.RECRUITER, Role.STATISTICIAN, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN)
PEOPLE = 8
BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
OTHER = {"cct": "waitlist", "waitlist": "cct"}
LINK = re.compile(r'(?:href|action)="(/[^"#]*)')
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
ELSEWHERE = ("/account/", "/static/", "/language/", "/mailbox/", "/demo/")


@dataclass
class World:
    """What was obtained: by whom and from where, and its bytes."""

    obtained: dict[str, bytes] = field(default_factory=dict)
    pages: int = 0


class Entropy:
    """The operating system's random bytes, the same in every world, call by call."""

    def __init__(self) -> None:
        self.calls = count()

    def __call__(self, size: int) -> bytes:
        seed = f"{next(self.calls)}".encode()
        return hashlib.shake_256(seed).digest(size)


@pytest.fixture
def entropy(monkeypatch):
    def fresh() -> None:
        source = Entropy()
        monkeypatch.setattr("os.urandom", source)
        monkeypatch.setattr("random._urandom", source)

    return fresh


@pytest.fixture
def swapped(monkeypatch):
    """From here on every draw gives each place the other arm, and each arm has the other letter."""

    def exchange() -> None:
        drawn = CohortDraw.draw
        monkeypatch.setattr(CohortDraw, "draw", lambda *given: tuple(OTHER[arm] for arm in drawn(*given)))
        monkeypatch.setattr(visibility, "letters_for", lambda number: letters_for(number)[::-1])

    return exchange


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line that any logger writes, as it stands in the log of a process."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            record.created = 0.0
            written.append(self.format(record))

    handler = Keep(level=logging.INFO)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def queue() -> Iterator[Redis]:
    """Everything that Redis holds."""
    with celery_app.connection_for_read() as broker:
        yield broker.default_channel.client


def at(days: int, hours: float = 0):
    return clock.fixed(BEGINNING + timedelta(days=days, hours=hours))


def go_through(trial: Trial, staff: dict[Role, User]) -> Iterator[str]:
    """The trial as far as its second wave; pauses at moments at which everybody looks at everything."""
    with at(0):
        cohort = factories.make_cohort(trial)
        ready = factories.make_ready(trial, PEOPLE)
        factories.enrol(trial, "never-began@example.org")
    with at(6):
        allocation.close_cohort(cohort=cohort, actor=staff[Role.RECRUITER])
        allocation.draw_cohort(cohort=cohort, actor=staff[Role.RECRUITER])
        yield "drawn"
    with at(7):
        allocation.tell_cohort(cohort=cohort, actor=staff[Role.RECRUITER])
        programme.form_groups(trial=trial, cohort=cohort, at=time(18), actor=staff[Role.PROGRAMME])
    with at(8):
        enrolment.withdraw(participant=ready[2], choice=enrolment.Choice.SESSIONS)
        enrolment.withdraw(participant=ready[3], choice=enrolment.Choice.STUDY)
    hold_sessions(trial, cohort, staff)
    ends = (Cohort.objects.get(pk=cohort.pk).programme_ends_on - BEGINNING.date()).days
    with at(ends + 2):
        answer_second_wave(ready)
        safety.open_cases()
        waves.ask_for_due_mails()
        send_due_mail()
        for kind, role in ((ReportKind.REHEARSAL, Role.STATISTICIAN), (ReportKind.CLOSED, Role.COMMITTEE)):
            report = reports.ask_for_report(trial=trial, kind=kind, actor=staff[role])
            assert computing.compute_report(report.pk)
        yield "second wave"


def hold_sessions(trial: Trial, cohort: Cohort, staff: dict[Role, User]) -> None:
    """Whoever is in the programme comes; somebody is late each time."""
    for group in cohort.groups.all():
        leading = {"instructor": staff[Role.INSTRUCTOR], "join_link": "", "actor": staff[Role.PROGRAMME]}
        with at(8, 1):
            programme.lead_group(trial=trial, group=group, **leading)
        for session in group.sessions.order_by("number"):
            with clock.fixed(session.starts_at + timedelta(hours=2)):
                roll = programme.roll(session)
                marks = {person: programme.Mark(Came.PRESENT.value) for person in roll}
                marks[roll[0]] = programme.Mark(Came.LATE.value)
                programme.note_attendance(trial=trial, session=session, marks=marks, actor=staff[Role.INSTRUCTOR])


def answer_second_wave(ready) -> None:
    """The same people answer the same in both worlds, one of them so that a threshold is reached."""
    for number, participant in enumerate(ready[4:7]):
        sitting = waves.begin(participant=participant, wave="post")
        for sheet in sitting.sheets.exclude(instrument="own_questions"):
            items = sheet.definition.items
            given = {item.key: item.scale.highest if number == 0 else item.scale.lowest for item in items}
            answering.save_page(sheet, given, by=participant.respondent_key)
        answering.submit_sitting(sitting, by=participant.respondent_key)


def crawl(client: Client, start: list[str]) -> dict[str, bytes]:
    """Every page and file that links lead to from there. Nothing is posted."""
    waiting, found = list(start), {}
    while waiting:
        path = waiting.pop(0)
        if path in found or path.startswith(ELSEWHERE):
            continue
        answer = client.get(path)
        body = TOKEN.sub(b"", b"".join(answer.streaming_content) if answer.streaming else answer.content)
        kept = {name: answer.headers.get(name) for name in ("Content-Type", "Content-Disposition", "Location", "ETag")}
        found[path] = f"{answer.status_code} {kept}\n".encode() + body
        if "html" in (answer.headers.get("Content-Type") or ""):
            waiting += sorted({link.replace("&amp;", "&") for link in LINK.findall(body.decode())})
    return found


def live(entropy, lines: list[str], queue: Redis) -> tuple[World, World, World]:
    """One world: what masked roles obtain, what the committee does, and what the programme's own people do."""
    factories.empty_database()
    connection.close()
    entropy()
    queue.flushdb()
    lines.clear()
    mail.outbox.clear()
    masked, committees, programmes = World(), World(), World()
    worlds = dict.fromkeys(MASKED, masked) | {Role.COMMITTEE: committees, Role.PROGRAMME: programmes}
    with at(-1):
        trial = factories.make_model_trial()
        staff = {role: factories.make_member(trial, role) for role in Role}
    for moment in go_through(trial, staff):
        for role, world in worlds.items():
            pages = crawl(factories.sign_in(Client(), staff[role]), [reverse("desk:trials"), f"/t/{trial.slug}/"])
            world.obtained |= {f"{moment} {role.value} {path}": body for path, body in pages.items()}
            world.pages += len(pages)
    addresses = {user.email for user in staff.values()}
    for number, message in enumerate(each for each in mail.outbox if set(each.to) & addresses):
        parts = (message.subject, message.body, message.alternatives, message.attachments, message.extra_headers)
        masked.obtained[f"mail {number}"] = repr((message.to, *parts)).encode()
    masked.obtained["log"] = "\n".join(lines).encode()
    for key in sorted(queue.keys()):
        if queue.type(key) == b"list":
            masked.obtained[f"queue {key.decode()}"] = b"\n".join(queue.lrange(key, 0, -1))
    return masked, committees, programmes


def differences(one: World, other: World) -> dict[str, str]:
    """Where two worlds differ, with the first lines that do."""
    found = {}
    for place in sorted({*one.obtained, *other.obtained}):
        here, there = one.obtained.get(place, b""), other.obtained.get(place, b"")
        if here != there:
            lines = difflib.unified_diff(
                here.decode(errors="replace").splitlines(), there.decode(errors="replace").splitlines(), "", "", n=0
            )
            found[place] = "\n".join(list(lines)[:12])
    return found


def test_swapping_the_arms_changes_0_bytes_of_what_masked_roles_obtain(
    committed_db, entropy, swapped, lines, queue, settings
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    masked, committees, programmes = live(entropy, lines, queue)
    swapped()
    masked_swapped, committees_swapped, programmes_swapped = live(entropy, lines, queue)

    if found := differences(masked, masked_swapped) | differences(committees, committees_swapped):
        pytest.fail("\n\n".join(f"{place}\n{lines}" for place, lines in found.items()))
    assert masked.pages == masked_swapped.pages > 200
    assert sum("report/closed-1/" in place for place in committees.obtained) > 8
    assert not any("closed-1" in place for place in masked.obtained)
    assert differences(programmes, programmes_swapped) != {}
