"""One simulated trial under way, on a clock of its own."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from questionnaires import clock
from trial.people.models import Participant, Role, User
from trial.people.services import add_member
from trial.protocol import services as protocols
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.waves import services as waves

Team = Mapping[Role, User]

SEED = "the twin"
REASON = "simulated"  # in the audit trail
# Days from the start of the programme.
CREATED, OPENED = -60, -50


@dataclass
class Story:
    """One simulated trial under way. `starts_on` is the first day of its programme."""

    trial: Trial
    starts_on: date
    team: Team
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311  a simulation
    people: dict[str, Participant] = field(default_factory=dict)
    totals: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def version(self) -> ProtocolVersion:
        version = self.trial.version_in_force()
        if version is None:
            raise ValueError(f"{self.trial.slug} has no protocol in force.")
        return version

    @contextmanager
    def at(self, day: int, hour: float = 12) -> Iterator[None]:
        """Everything inside happens on that day of the programme, counted from its first, at that local hour."""
        local = datetime.combine(self.starts_on + timedelta(days=day), time(), tzinfo=self.version.zone)
        with clock.fixed(local + timedelta(hours=hour)):
            yield


def new_story(source: bytes, *, starts_on: date, team: Team) -> Story:
    """A simulated trial that has just begun to recruit into its first cohort."""
    began = datetime.combine(starts_on, time(9), tzinfo=ZoneInfo(protocols.check(source).time_zone))
    with clock.fixed(began + timedelta(days=CREATED)):
        trial = protocols.create_trial(source=source, is_simulated=True)
        protocols.put_in_force(version=trial.protocol_versions.get(), actor=None)
        for role, user in team.items():
            add_member(trial=trial, email=user.email, name=user.name, role=role, actor=None)
        trial = protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None, reason=REASON)
    story = Story(trial, starts_on, team)
    with story.at(OPENED):
        waves.open_cohort(trial=trial, programme_starts_on=starts_on, actor=None)
    return story
