"""Where people are, in shapes and words: the same on the matrix and on a person's page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django import template
from django.utils.translation import gettext_lazy as _

from trial.flow.services import Progress
from trial.waves.standing import WaveState

register = template.Library()


class Look(NamedTuple):
    """The icon, the kind of chip or cell, and the word."""

    icon: str
    kind: str
    word: Any


WAVES = {
    WaveState.DONE: Look("done", "done", _("Done")),
    WaveState.DONE_LATE: Look("late", "done", _("Done late")),
    WaveState.UNDER_WAY: Look("half", "now", _("Under way")),
    WaveState.NOT_STARTED: Look("open", "due", _("Not started")),
    WaveState.EXTENDED: Look("clock", "due", _("Extended")),
    WaveState.MISSED: Look("missed", "off", _("Missed")),
    WaveState.WITHDRAWN: Look("left", "off", _("Withdrawn")),
    WaveState.NOT_OPEN: Look("later", "off", _("Not open")),
    WaveState.NOT_ASKED: Look("no", "off", _("Not asked")),
}
PEOPLE = {
    Progress.WITHDRAWN: Look("left", "off", Progress.WITHDRAWN.label),
    Progress.NOT_ELIGIBLE: Look("missed", "off", Progress.NOT_ELIGIBLE.label),
    Progress.WAITING: Look("clock", "due", Progress.WAITING.label),
    Progress.RANDOMISED: Look("done", "done", Progress.RANDOMISED.label),
    Progress.READY: Look("done", "done", Progress.READY.label),
    Progress.ELIGIBLE: Look("half", "now", Progress.ELIGIBLE.label),
    Progress.CONSENTED: Look("half", "now", Progress.CONSENTED.label),
    Progress.NEW: Look("open", "due", Progress.NEW.label),
}


@register.filter
def look(state: str) -> Look:
    """How a wave's state or a person's looks."""
    return WAVES[WaveState(state)] if state in WAVES else PEOPLE[Progress(state)]


@register.simple_tag
def every_wave_state() -> list[Look]:
    """For the key under the matrix."""
    return list(WAVES.values())


@register.filter
def last_moment(end: datetime) -> datetime:
    """The minute before the end, so that a wave that is open to the end of a day names that day, and 23:59."""
    return end - timedelta(minutes=1)


@register.filter
def of_key(numbers: Mapping[Any, int], key: Any) -> int | None:
    return numbers.get(key)
