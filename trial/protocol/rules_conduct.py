"""What must agree in the parts about programmes, waves, messages, safety and support."""

from collections.abc import Iterator
from datetime import time

from trial.protocol.mistakes import Mistake, entry
from trial.protocol.reader import shown
from trial.protocol.rules_enrolment import asked_in_every_wave, before_randomisation
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import (
    Contact,
    Programme,
    Wave,
    last_day,
    last_day_of_grace,
)
from trial.protocol.unread import each


def each_programme(protocol: Protocol) -> Iterator[Mistake]:
    """Somebody follows it, and its own sheets are in no wave: they would tell the arms apart."""
    followed = [arm.programme for arm in protocol.arms]
    in_waves = {slug for wave in protocol.waves for slug in wave.instruments}

    def rule(place: str, programme: Programme) -> Iterator[Mistake]:
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

    return each("programmes", protocol.programmes, rule)


def _materials_once(place: str, programme: Programme) -> Iterator[Mistake]:
    seen: set[str] = set()
    for number, session in enumerate(programme.sessions, start=1):
        for at, material in enumerate(session.materials, start=1):
            if material.id in seen:
                where = entry(f"{entry(f'{place}.sessions', number)}.materials", at)
                yield Mistake(
                    f"{where}.id", f"{shown(material.id)} a second time", "each once in a programme"
                )
            seen.add(material.id)


def each_wave(protocol: Protocol) -> Iterator[Mistake]:
    """No wave opens before its anchor could be known: before consent, allocation or the programme's end."""

    def rule(place: str, wave: Wave) -> Iterator[Mistake]:
        if wave.anchor != "programme_start" and wave.opens_days < 0:
            allowed = f"0 or more days from {wave.anchor}"
            yield Mistake(f"{place}.opens_days", f"{wave.opens_days}", allowed)

    return each("waves", protocol.waves, rule)


def waves_and_randomisation(protocol: Protocol) -> Iterator[Mistake]:
    """Up to `after_wave` all is over before allocation and the first session; what follows hangs on those."""
    before = before_randomisation(protocol)

    def rule(place: str, wave: Wave) -> Iterator[Mistake]:
        is_before = wave.id in before
        if is_before and wave.anchor not in ("consent", "programme_start"):
            yield Mistake(f"{place}.anchor", wave.anchor, "consent or programme_start before randomisation")
        elif is_before and wave.anchor == "programme_start" and last_day_of_grace(wave) >= 0:
            found = f"an end on day {last_day_of_grace(wave)}, grace included,"
            yield Mistake(f"{place}.opens_days", found, "an end before day 0, the start of the programme")
        elif not is_before and wave.anchor == "consent":
            allowed = "allocation, programme_start or programme_end after randomisation"
            yield Mistake(f"{place}.anchor", wave.anchor, allowed)

    yield from each("waves", protocol.waves, rule)


def waves_apart(protocol: Protocol) -> Iterator[Mistake]:
    """Waves stand in the order of time, and one is over, grace included, before the next opens."""
    ends: dict[str, tuple[Wave, int]] = {}
    for number, wave in enumerate(protocol.waves, start=1):
        axis, zero = _axis(protocol, wave)
        opens = zero + wave.opens_days
        if axis in ends and opens <= ends[axis][1]:
            earlier, end = ends[axis]
            found = f"day {opens} of the {axis}" if zero else f"{wave.opens_days}"
            allowed = f"a day after the wave {earlier.id} is over (day {end}, grace included)"
            yield Mistake(f"{entry('waves', number)}.opens_days", found, allowed)
        ends[axis] = (wave, zero + last_day_of_grace(wave))


def _axis(protocol: Protocol, wave: Wave) -> tuple[str, int]:
    """Anchors that can be compared share an axis; day 0 of the programme is its first session."""
    if wave.anchor == "programme_end":
        return "programme", max(programme.days for programme in protocol.programmes)
    return ("programme" if wave.anchor == "programme_start" else wave.anchor), 0


def reminders(protocol: Protocol) -> Iterator[Mistake]:
    """Each between the day after the opening and the close, no two on one day."""

    def of_wave(place: str, wave: Wave) -> Iterator[Mistake]:
        days: list[int] = []
        for number, reminder in enumerate(wave.reminders, start=1):
            where, day = entry(f"{place}.reminders", number), reminder.day(wave)
            if (reminder.days_after_opening is None) == (reminder.days_before_closing is None):
                found = "neither" if reminder.days_after_opening is None else "both"
                yield Mistake(where, found, "one of days_after_opening and days_before_closing")
            elif not wave.opens_days < day <= last_day(wave):
                allowed = (
                    f"a day after the opening (day {wave.opens_days}) up to the close (day {last_day(wave)})"
                )
                yield Mistake(where, f"a reminder on day {day}", allowed)
            elif day in days:
                yield Mistake(where, f"a second reminder on day {day}", "one a day")
            days.append(day)

    return each("waves", protocol.waves, of_wave)


def quiet_hours(protocol: Protocol) -> Iterator[Mistake]:
    """Mails that go out at a fixed hour do not fall into the quiet hours, or they would all be late."""
    quiet = protocol.messages.quiet_from, protocol.messages.quiet_until
    span = f"an hour outside {quiet[0]:%H:%M} to {quiet[1]:%H:%M}, the quiet hours"
    if is_quiet(protocol.messages.send_at, *quiet):
        yield Mistake("messages.send_at", f"{protocol.messages.send_at}", span)

    def rule(place: str, wave: Wave) -> Iterator[Mistake]:
        if is_quiet(wave.opens_at, *quiet):
            yield Mistake(f"{place}.opens_at", f"{wave.opens_at}", span)

    yield from each("waves", protocol.waves, rule)


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

    def rule(place: str, contact: Contact) -> Iterator[Mistake]:
        if contact.email is None and contact.phone is None:
            yield Mistake(place, "neither email nor phone", "at least one of them")

    yield from each("support.contacts", protocol.support.contacts, rule)


RULES = (
    each_programme,
    each_wave,
    waves_and_randomisation,
    waves_apart,
    reminders,
    quiet_hours,
    adverse_events,
    support,
)
