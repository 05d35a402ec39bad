"""When the mails of a wave leave: days and hours of the trial's zone, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.factories import ROOT
from trial.messages.hours import end_of_quiet, hours_to_choose, quiet_at, sending_time
from trial.protocol.reading import read_stored
from trial.protocol.schema_conduct import Messages, Wave
from trial.waves.planning import last_due, mails_of
from trial.waves.timing import window_from

MADRID = ZoneInfo("Europe/Madrid")
CCT = read_stored((ROOT / "trial" / "protocols" / "cct.toml").read_bytes())
POST = CCT.wave("post")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ENDS_ON = date(2026, 11, 2)


def plan(wave: Wave = POST, *, at: time = time(10), since: datetime = LONG_AGO, **more) -> list[tuple[int, str]]:
    window = window_from(wave, ENDS_ON, "Europe/Madrid", **more)
    mails = mails_of(wave, window, sent_at=at, zone=MADRID, since=since)
    return [(each.number, f"{each.at.astimezone(MADRID):%d %B %H:%M}") for each in mails]


def test_opening_and_reminders_leave_at_the_hour_on_their_days():
    assert plan() == [(0, "03 November 10:00"), (1, "06 November 10:00"), (2, "08 November 10:00")]


def test_opening_does_not_leave_before_the_wave_opens():
    assert plan(at=time(8))[0] == (0, "03 November 09:00")


def test_who_comes_later_gets_the_opening_at_the_next_hour_and_no_reminder_of_before():
    since = datetime(2026, 11, 6, 12, 0, tzinfo=MADRID)

    assert plan(since=since) == [(0, "07 November 10:00"), (2, "08 November 10:00")]


def test_who_comes_on_the_last_day_after_the_hour_gets_none():
    window = window_from(POST, ENDS_ON, "Europe/Madrid")
    since = window.ends_at - timedelta(minutes=1)

    assert mails_of(POST, window, sent_at=time(10), zone=MADRID, since=since) == ()


def test_extension_moves_the_last_reminder_and_no_other():
    *others, last = plan(extended_to=date(2026, 11, 20))

    assert others == plan()[:2]
    assert last == (2, "19 November 10:00")


@given(
    anchor=some.dates(date(2026, 1, 1), date(2028, 12, 31)),
    hour=some.sampled_from(hours_to_choose(CCT.messages)),
    zone=some.sampled_from(["Europe/Madrid", "Australia/Lord_Howe", "America/New_York", "Africa/Casablanca"]),
    wave=some.sampled_from(CCT.waves),
    late_by=some.integers(0, 20 * 24),
)
def test_every_mail_leaves_once_inside_the_window_at_its_hour_and_never_in_quiet_hours(
    anchor, hour, zone, wave, late_by
):
    window, place = window_from(wave, anchor, zone), ZoneInfo(zone)
    since = window.opens_at + timedelta(hours=late_by) - timedelta(days=1)

    mails = mails_of(wave, window, sent_at=time(hour), zone=place, since=since)

    assert sorted(mails) == list(mails)
    assert len({each.number for each in mails}) == len(mails)
    for each in mails:
        assert max(window.opens_at, since) <= each.at < window.ends_at
        assert end_of_quiet(each.at, CCT.messages, place) is None
        assert each.at.astimezone(place).time() == (
            window.opens_at.astimezone(place).time() if each.at == window.opens_at else time(hour)
        )


def test_of_mails_that_are_overdue_only_the_last_one_is_sent():
    window = window_from(POST, ENDS_ON, "Europe/Madrid")
    mails = mails_of(POST, window, sent_at=time(10), zone=MADRID, since=LONG_AGO)

    assert last_due(mails, window.opens_at) is None
    assert last_due(mails, mails[0].at) == mails[0]
    assert last_due(mails, mails[2].at + timedelta(hours=1)) == mails[2]


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-03 20:59", None),
        ("2026-11-03 21:00", "2026-11-04 08:00"),
        ("2026-11-04 03:00", "2026-11-04 08:00"),
        ("2026-11-04 08:00", None),
        ("2026-10-24 23:00", "2026-10-25 08:00"),  # the night in which clocks go back
    ],
)
def test_quiet_hours_pass_midnight_and_end_at_their_local_hour(at, until):
    now = datetime.fromisoformat(at).replace(tzinfo=MADRID)

    ends = end_of_quiet(now, CCT.messages, MADRID)

    assert (ends and f"{ends.astimezone(MADRID):%Y-%m-%d %H:%M}") == until


def messages(quiet_from: time, quiet_until: time) -> Messages:
    return Messages(
        sender=CCT.messages.sender,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        send_at=time(10),
        mails=("wave_open",),
    )


def test_quiet_hours_within_a_day_and_of_no_length():
    assert [quiet_at(time(hour), messages(time(12), time(14))) for hour in (11, 12, 13, 14)] == [
        False,
        True,
        True,
        False,
    ]
    assert hours_to_choose(messages(time(0), time(0))) == tuple(range(24))


def test_preferred_hour_holds_unless_it_is_quiet():
    assert [sending_time(CCT.messages, hour) for hour in (None, 18, 22, 8)] == [time(10), time(18), time(10), time(8)]
