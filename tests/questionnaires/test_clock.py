from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from questionnaires import clock

LATE = datetime(2026, 10, 5, 23, 30, tzinfo=UTC)


def test_now_is_the_databases_time(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        before = cursor.fetchone()[0]

    assert timedelta(0) <= clock.now() - before < timedelta(seconds=5)


def test_now_moves_on_inside_a_transaction(db):
    with transaction.atomic():
        assert clock.now() < clock.now()


def test_fixed_moment_holds_inside_and_ends_outside(db):
    with clock.fixed(LATE):
        inside = (clock.now(), clock.is_fixed())

    assert inside == (LATE, True)
    assert clock.is_fixed() is False
    assert clock.now() != LATE


def test_fixed_moments_nest():
    with clock.fixed(LATE):
        with clock.fixed(LATE + timedelta(days=1)):
            assert clock.now() == LATE + timedelta(days=1)
        assert clock.now() == LATE


def test_today_is_the_local_day():
    with clock.fixed(LATE):
        assert clock.today(ZoneInfo("Europe/Madrid")) == date(2026, 10, 6)
        assert clock.today(ZoneInfo("America/Bogota")) == date(2026, 10, 5)


def test_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone; give an aware moment"), clock.fixed(datetime(2026, 1, 1)):
        pass
