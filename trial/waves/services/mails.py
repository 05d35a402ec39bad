"""Which mails of the waves are due, and which come next. A row of the outbox is written; the outbox sends.

Nothing here is remembered between two runs: each asks what is due and not there yet, so that a run that was missed,
killed or done twice changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from questionnaires import clock
from questionnaires.models import Sitting
from trial.messages.hours import sending_time
from trial.messages.models import Kind, OutgoingMail
from trial.messages.services import OfWave, ask_for_wave_mails
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Trial
from trial.waves.planning import Planned, last_due, mails_of
from trial.waves.services.duties import Duty, duties, versions_at_work

# A receipt that comes later than this surprises more than it says.
RECEIPT_WITHIN = timedelta(days=7)
LOOKS_AHEAD = timedelta(days=14)


def ask_for_due_mails() -> int:
    """Write what is due now to the outbox, once; returns how many rows are new (ten queries)."""
    now, versions = clock.now(), versions_at_work()
    wanted = [*_due(versions, now), *_receipts(now)]
    return ask_for_wave_mails(wanted)


def _due(versions: dict[int, ProtocolVersion], now: datetime) -> Iterator[OfWave]:
    for duty in duties(versions, opened_by=now, open_after=now):
        planned = last_due(_plan(duty), now)
        if planned:
            yield OfWave(duty.place.participant, _kind(planned), duty.wave.id, planned.number)


def _kind(planned: Planned) -> Kind:
    return Kind.WAVE_REMINDER if planned.number else Kind.WAVE_OPEN


def _plan(duty: Duty) -> tuple[Planned, ...]:
    """The mails of one duty that the protocol wants, at the hour that the person prefers."""
    messages = duty.version.protocol.messages
    own = getattr(duty.place.participant, "mail_hour", None)
    plan = mails_of(
        duty.wave,
        duty.window,
        sent_at=sending_time(messages, own.hour if own else None),
        zone=duty.version.zone,
        since=duty.since,
    )
    return tuple(each for each in plan if _kind(each) in messages.mails)


def _receipts(now: datetime) -> Iterator[OfWave]:
    """Of every sitting that was handed in and has no receipt yet, whoever handed it in and how often (two queries)."""
    people = Participant.objects.filter(respondent_key=OuterRef("respondent"))
    written = OutgoingMail.objects.filter(
        kind=Kind.WAVE_RECEIPT, participant__respondent_key=OuterRef("respondent"), wave=OuterRef("wave")
    )
    recent = Sitting.objects.filter(submitted_at__gt=now - RECEIPT_WITHIN, submitted_at__lte=now)
    handed_in = recent.filter(Exists(people), ~Exists(written)).values_list("respondent", "wave")
    by_key = {
        person.respondent_key: person
        for person in Participant.objects.filter(respondent_key__in=[key for key, _wave in handed_in])
    }
    for key, wave in handed_in:
        yield OfWave(by_key[key], Kind.WAVE_RECEIPT, wave)


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail that goes to some people at one moment, unless they have handed in or left by then."""

    at: datetime
    version: ProtocolVersion
    wave: str
    number: int
    codes: tuple[str, ...]

    @property
    def wave_name(self) -> object:
        return self.version.protocol.wave(self.wave).name


def coming_mails(trial: Trial) -> list[Coming]:
    """What goes to whom in the next 14 days, as it looks now. It is worked out again when the time has come.

    Those who have left anything are not named: from what they left is nobody's business.
    """
    now, until = clock.now(), clock.now() + LOOKS_AHEAD
    versions = {pk: version for pk, version in versions_at_work().items() if pk == trial.pk}
    found: dict[tuple[datetime, str, int], list[str]] = {}
    for duty in duties(versions, opened_by=until, open_after=now):
        for planned in _plan(duty):
            if now < planned.at <= until and not duty.has_left_something:
                found.setdefault((planned.at, duty.wave.id, planned.number), []).append(duty.place.participant.code)
    return [
        Coming(at, versions[trial.pk], wave, number, tuple(sorted(codes)))
        for (at, wave, number), codes in sorted(found.items())
    ]
