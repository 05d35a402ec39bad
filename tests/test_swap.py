"""The swap test: two worlds with the same people, clock, entropy and answers, and the arms exchanged.

Every page and file that a masked role can reach, by links or by its address, every mail to staff, every log line and
everything in Redis is the same in both, byte for byte, from the draw until the data are locked. The programme's own
pages differ, which shows that it could.

The monitoring committee has its closed report in both. With the letters exchanged as well, all that it can obtain is
the same too: nothing of it says which letter is which group.
"""

import difflib
import hashlib
import logging
import re
from collections.abc import Iterator
from itertools import count

import pytest
from django.core import mail
from django.db import connection
from redis import Redis

from questionnaires.wordings.services import load_pack
from tests import factories
from tests.redis_contents import everything_in, own_redis
from tests.soak import small_or_full
from tests.swap_story import MOMENTS, at, go_through
from tests.swap_worlds import MASKED, TOGETHER, Team, World, Worlds, answers_to
from tests.test_permissions import PACK
from trial.allocation import visibility
from trial.allocation.designs import CohortDraw
from trial.allocation.masks import letters_for
from trial.logs import JsonFormatter
from trial.people.models import Role
from trial.protocol.models import Trial

# Drawn in the order of sending, in which participants' mails stand too: compared by their shape.
RANDOM_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MESSAGE_ID = re.compile(r"<[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(@localhost>)")
QUEUED = (b"trial.messages.tasks.send_due_mail", b"analysis.tasks.compute_report")
OTHER = {"cct": "waitlist", "waitlist": "cct"}


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
    with own_redis() as redis:
        yield redis


def make_team(trial: Trial) -> Team:
    """Somebody of each role, and somebody who holds all those that are masked."""
    team: Team = {role: factories.make_member(trial, role) for role in Role}
    *_, holder = [factories.make_member(trial, role, email="together@example.org") for role in MASKED]
    return {**team, TOGETHER: holder}


def live(entropy, lines: list[str], queue: Redis, moments: int) -> Worlds:
    """One world; at the last so many of its moments each role looks around by itself."""
    factories.empty_database()
    connection.close()
    entropy()
    queue.delete("celery")  # not the bindings of queues, which a process declares once
    lines.clear()
    mail.outbox.clear()
    worlds = Worlds()
    with at(-1):
        trial = factories.make_model_trial()
        team = make_team(trial)
        load_pack(data=factories.pack_file(PACK), file_name="pack.csv")
    seen = []
    for moment in go_through(trial, team):
        worlds.look(moment, trial, team, one_by_one=moment in MOMENTS[-moments:])
        held = {key: RANDOM_ID.sub(b"(random)", value) for key, value in everything_in(queue).items()}
        worlds.masked.obtained |= {f"{moment} Redis {key}": value for key, value in held.items()}
        seen.append(moment)
    assert tuple(seen) == MOMENTS
    addresses = {user.email for user in team.values()}
    for number, message in enumerate(each for each in mail.outbox if set(each.to) & addresses):
        headers = {**message.extra_headers, "Message-ID": MESSAGE_ID.fullmatch(message.extra_headers["Message-ID"])[1]}
        parts = (message.to, message.subject, message.body, message.alternatives, message.attachments, headers)
        worlds.masked.obtained[f"mail {number}"] = repr(parts).encode()
    worlds.masked.obtained["log"] = "\n".join(lines).encode()
    return worlds


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


@small_or_full(1, 5, minutes=5)
def test_swapping_the_arms_changes_0_bytes_of_what_each_masked_role_obtains_at_n_and_all_together_at_5_moments(
    committed_db, entropy, swapped, lines, queue, settings, n
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    here = live(entropy, lines, queue, n)
    swapped()
    there = live(entropy, lines, queue, n)

    if found := differences(here.masked, there.masked) | differences(here.committee, there.committee):
        pytest.fail("\n\n".join(f"{place}\n{lines}" for place, lines in found.items()))
    assert here.masked.reached == there.masked.reached
    wanted = {role.value: set(answers_to(role.value).items()) for role in MASKED}
    missed = {who: sorted(urls - here.masked.reached[who]) for who, urls in wanted.items()}
    assert {who: urls for who, urls in missed.items() if urls} == {}
    assert sum("report/closed-1/" in place for place in here.committee.obtained) > 8
    assert not any("closed-1" in place for place in here.masked.obtained)
    assert [task in here.masked.obtained["locked Redis celery"] for task in QUEUED] == [True] * len(QUEUED)
    assert {place.split()[0] for place in differences(here.programme, there.programme)} == {"crossed"}
