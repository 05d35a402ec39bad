"""What a wave is for one person at one moment: the one answer for the desk, the flow and the person's own pages."""

from datetime import datetime
from enum import StrEnum

from questionnaires.windows import Window, is_late


class WaveState(StrEnum):
    """It says nothing of an arm, nor from what somebody withdrew."""

    DONE = "done"
    DONE_LATE = "done_late"
    UNDER_WAY = "under_way"
    NOT_STARTED = "not_started"
    EXTENDED = "extended"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    NOT_OPEN = "not_open"
    NOT_ASKED = "not_asked"


DONE = frozenset({WaveState.DONE, WaveState.DONE_LATE})
TO_BEGIN = frozenset({WaveState.NOT_STARTED, WaveState.EXTENDED})
OPEN = TO_BEGIN | {WaveState.UNDER_WAY}
# Nobody waits for these any more.
OUT = frozenset({WaveState.WITHDRAWN, WaveState.NOT_ASKED})


def wave_state(
    window: Window | None,
    now: datetime,
    *,
    opened_at: datetime | None = None,
    submitted_at: datetime | None = None,
    left_at: datetime | None = None,
    may_begin: bool = True,
) -> WaveState:
    """The state at `now` of a wave that is asked of this person.

    Parameters
    ----------
    window
        The person's own, which an extension may have changed; None while the date that it hangs on is not known.
    left_at
        Their first withdrawal, from whatever it was. What is done after it would tell from what, so it does not count.
    may_begin
        False once the draw has gone by for which the wave was asked.
    """
    if submitted_at and not (left_at and submitted_at > left_at):
        return WaveState.DONE_LATE if window and is_late(window, submitted_at) else WaveState.DONE
    if left_at and not (window and _is_over(window, opened_at, left_at)):
        return WaveState.WITHDRAWN
    if window is None or now < window.opens_at:
        return WaveState.NOT_OPEN
    if _is_over(window, opened_at, now):
        return WaveState.MISSED
    if opened_at:
        return WaveState.UNDER_WAY
    if not may_begin:
        return WaveState.MISSED
    return WaveState.EXTENDED if now >= window.closes_at else WaveState.NOT_STARTED


def _is_over(window: Window, opened_at: datetime | None, now: datetime) -> bool:
    """Whether it can no longer be handed in: it was begun and its grace has ended, or it can no longer be begun."""
    return now >= (window.accepts_until if opened_at else window.ends_at)
