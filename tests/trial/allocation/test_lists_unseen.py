"""What a database administrator learns of arms that are still to come: nothing, from every table and from Redis."""

import math

import pytest
from django.conf import settings
from django.db import connections

from tests import factories
from tests.processes import queue
from trial.allocation.models import AllocationList, SealedSlot
from trial.allocation.sealing import AllocationKey, open_salt, open_slot
from trial.people.models import Role

ARMS = ("cct", "waitlist")


def everything_stored() -> dict[str, str]:
    """Each table's rows as text, as a dump or a backup has them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables, found = [name for (name,) in cursor.fetchall()], {}
        for table in tables:
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            found[table] = "\n".join(row for (row,) in cursor.fetchall())
    return found


def everything_queued() -> bytes:
    redis = queue(settings.CELERY_BROKER_URL)
    redis.connection_pool.connection_kwargs["decode_responses"] = False
    return b"".join(redis.dump(key) or b"" for key in redis.keys("*"))


def test_no_table_and_no_queue_holds_an_arm_a_nonce_or_the_salt_of_what_is_to_come(committed_db, client):
    trial = factories.make_list_trial(slug="rolling")
    people = factories.make_ready(trial, 3)
    factories.sign_in(client, factories.make_member(trial, Role.RECRUITER))
    for person in people:
        client.post(f"/t/{trial.slug}/allocation/next/", {"code": person.code})
    sealed, key = AllocationList.objects.get(), AllocationKey(settings.ALLOCATION_KEY)
    slots = [open_slot(key, sealed.list_id, row.index, bytes(row.sealed)) for row in SealedSlot.objects.all()]

    stored, queued = everything_stored(), everything_queued().decode("latin-1")

    secrets = [slot.nonce for slot in slots] + [open_salt(key, sealed.list_id, bytes(sealed.sealed_salt))]
    whole = "".join(stored.values()) + queued
    assert [secret for secret in [*secrets, settings.ALLOCATION_KEY] if secret in whole] == []
    knowing = {table for table, rows in stored.items() if any(f'"{arm}"' in rows for arm in ARMS)}
    assert knowing == {"trial_allocation"}  # those who have their place; a protocol's own quotes are escaped
    assert stored["trial_allocation"].count('"arm"') == 3
    assert [arm for arm in ARMS if arm in queued] == []


def bits_of(row: SealedSlot) -> list[bool]:
    content = bytes(row.sealed) + bytes.fromhex(row.leaf)
    return [bool(byte >> place & 1) for byte in content for place in range(8)]


def check_guesses(places: int) -> None:
    """He knows the arms of one half, finds the bit that tells them best, and guesses the other half by it."""
    trial = factories.make_list_trial(randomisation=f'method = "simple"\nlist_length = {places}')
    sealed, key = AllocationList.objects.get(trial=trial), AllocationKey(settings.ALLOCATION_KEY)
    rows = list(SealedSlot.objects.filter(list=sealed))
    arms = [open_slot(key, sealed.list_id, row.index, bytes(row.sealed)).arm == "cct" for row in rows]
    bits, half = [bits_of(row) for row in rows], places // 2

    def right(bit: int, at: range) -> int:
        return sum(bits[place][bit] == arms[place] for place in at)

    known, unknown = range(half), range(half, places)
    best = max(range(len(bits[0])), key=lambda bit: abs(right(bit, known) - half / 2))
    guessed = right(best, unknown) / len(unknown)

    assert len({len(bytes(row.sealed)) for row in rows}) == 1
    assert abs(guessed - 0.5) < 4.5 * math.sqrt(0.25 / len(unknown))


def test_best_bit_of_1000_sealed_places_guesses_50_percent_right_within_its_error(db):
    check_guesses(1_000)


@pytest.mark.soak
def test_best_bit_of_10000_sealed_places_guesses_50_percent_right_within_its_error(db):
    check_guesses(10_000)
