"""What must agree in the parts about programmes, waves, messages, safety and support."""

from collections.abc import Iterator
from datetime import time
from math import inf

from trial.protocol.mistakes import Mistake, entry
from trial.protocol.reader import shown
from trial.protocol.rules_enrolment import asked_in_every_wave, before_randomisation
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import (
    Contact,
    Messages,
    Programme,
    Wave,
    last_day,
    last_day_of_grace,
)
from trial.protocol.unread import of_each


@of_each("programmes")
def each_programme(protocol: Protocol, place: str, programme: Programme) -> Iterator[Mistake]:
    """Somebody follows it, and its own sheets are in no wave: they would tell the arms apart."""
    followed = [arm.programme for arm in protocol.arms]
    in_waves = {slug for wave in protocol.waves for slug in wave.instruments}
    if programme.id not in followed:
        yield Mistake(f"{place}.id", shown(programme.id), "a programme that an arm follows")
    for number, sheet in enumerate(programme.sheets, start=1):
        if sheet.instrument in in_waves:
            where = f"{entry(f'{place}.sheets', number)}.instrument"
            yield Mistake(where, shown(sheet.instrument), "an instrument that no wave asks")
        if sheet.opens_days < 0:
            where = f"{entry(f'{place}.sheets', number)}.opens_days"
            yield Mistake(where, f"{sheet.opens_days}", "0 or more days after the end of the programme")
    yield from _materials_once(place, programme)


def _materials_once(place: str, programme: Programme) -> Iterator[Mistake]:
    seen: set[str] = set()
    for number, session in enumerate(programme.sessions, start=1):
        for at, material in enumerate(session.materials, start=1):
            if material.id in seen:
                where = entry(f"{entry(f'{place}.sessions', number)}.materials", at)
                found = f"{shown(material.id)} a second time"
                yield Mistake(f"{where}.id", found, "each once in a programme")
            seen.add(material.id)


@of_each("waves")
def each_wave(protocol: Protocol, place: str, wave: Wave) -> Iterator[Mistake]:
    """No wave opens before its anchor could be known: before consent, allocation or the programme's end."""
    if wave.anchor != "programme_start" and wave.opens_days < 0:
        allowed = f"0 or more days from {wave.anchor}"
        yield Mistake(f"{place}.opens_days", f"{wave.opens_days}", allowed)


@of_each("waves")
def waves_and_randomisation(protocol: Protocol, place: str, wave: Wave) -> Iterator[Mistake]:
    """Up to `after_wave` all is over before allocation and the first session; what follows hangs on those."""
    before = before_randomisation(protocol)
    is_before = wave.id in before
    if is_before and wave.anchor not in ("consent", "programme_start"):
        yield Mistake(f"{place}.anchor", wave.anchor, "consent or programme_start before randomisation")
    elif is_before and wave.anchor == "programme_start" and last_day_of_grace(wave) >= 0:
        found = f"an end on day {last_day_of_grace(wave)} with grace"
        yield Mistake(f"{place}.opens_days", found, "an end before day 0, the start of the programme")
    elif not is_before and wave.anchor == "consent":
        allowed = "allocation, programme_start or programme_end after randomisation"
        yield Mistake(f"{place}.anchor", wave.anchor, allowed)


def waves_apart(protocol: Protocol) -> Iterator[Mistake]:
    """Waves stand in the order of time, and one is over, grace included, before the next opens."""
    ends: dict[str, tuple[str, float]] = {}
    for number, wave in enumerate(protocol.waves, start=1):
        axis, zero = _axis(protocol, wave)
        earlier, end = ends.get(axis, ("", -inf))
        if zero + wave.opens_days <= end:
            allowed = f"{end - zero + 1} or more, when the wave {earlier} is over, grace included"
            yield Mistake(f"{entry('waves', number)}.opens_days", f"{wave.opens_days}", allowed)
        ends[axis] = (wave.id, zero + last_day_of_grace(wave))


def _axis(protocol: Protocol, wave: Wave) -> tuple[str, int]:
    """Anchors that can be compared share an axis; day 0 of the programme is its first session."""
    if wave.anchor == "programme_end":
        return "programme", max(programme.days for programme in protocol.programmes)
    return ("programme" if wave.anchor == "programme_start" else wave.anchor), 0


@of_each("waves")
def reminders(protocol: Protocol, place: str, wave: Wave) -> Iterator[Mistake]:
    """Each between the day after the opening and the close, no two on one day."""
    days: list[int] = []
    for number, reminder in enumerate(wave.reminders, start=1):
        where, day = entry(f"{place}.reminders", number), reminder.day(wave)
        if (reminder.days_after_opening is None) == (reminder.days_before_closing is None):
            found = "neither" if reminder.days_after_opening is None else "both"
            yield Mistake(where, found, "one of days_after_opening and days_before_closing")
        elif not wave.opens_days < day <= last_day(wave):
            span = f"day {wave.opens_days + 1} to day {last_day(wave)}"
            allowed = f"one from {span}, after the opening and up to the close"
            yield Mistake(where, f"a reminder on day {day}", allowed)
        elif day in days:
            yield Mistake(where, f"a second reminder on day {day}", "one a day")
        days.append(day)


def sending_hour(protocol: Protocol) -> Iterator[Mistake]:
    """Mails that go out at a fixed hour do not fall into the quiet hours, or they would all be late."""
    yield from _not_quiet(protocol.messages, "messages.send_at", protocol.messages.send_at)


@of_each("waves")
def opening_hour(protocol: Protocol, place: str, wave: Wave) -> Iterator[Mistake]:
    yield from _not_quiet(protocol.messages, f"{place}.opens_at", wave.opens_at)


def _not_quiet(messages: Messages, place: str, at: time) -> Iterator[Mistake]:
    quiet_from, quiet_until = messages.quiet_from, messages.quiet_until
    if is_quiet(at, quiet_from, quiet_until):
        allowed = f"an hour outside {quiet_from:%H:%M} to {quiet_until:%H:%M}, the quiet hours"
        yield Mistake(place, f"{at:%H:%M}", allowed)


def is_quiet(at: time, quiet_from: time, quiet_until: time) -> bool:
    """Whether an hour falls into the quiet ones, which may run over midnight; their end is not quiet."""
    if quiet_from <= quiet_until:
        return quiet_from <= at < quiet_until
    return at >= quiet_from or at < quiet_until


def adverse_events(protocol: Protocol) -> Iterator[Mistake]:
    for question in protocol.safety.adverse_events.asked:
        yield from asked_in_every_wave(protocol, question, "safety.adverse_events")


def support(protocol: Protocol) -> Iterator[Mistake]:
    if "questions" not in [contact.id for contact in protocol.support.contacts]:
        yield Mistake("support.contacts", "no contact whose id is questions", "one")


@of_each("support.contacts")
def each_contact(protocol: Protocol, place: str, contact: Contact) -> Iterator[Mistake]:
    if contact.email is None and contact.phone is None:
        yield Mistake(place, "neither email nor phone", "at least one of them")


RULES = (
    each_programme,
    each_wave,
    waves_and_randomisation,
    waves_apart,
    reminders,
    sending_hour,
    opening_hour,
    adverse_events,
    support,
    each_contact,
)
