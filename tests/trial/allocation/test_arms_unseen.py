"""What a database administrator learns of arms that are still to come: nothing, from tables, a dump and Redis.

Of a list, the places that nobody has yet; of a cohort, everything between its closing and its draw.
"""

import base64
import json
import math

import pytest
from django.conf import settings
from django.db import connections

from tests import factories
from tests.backups import dumped
from tests.redis_contents import everything_in, own_redis
from tests.soak import small_or_full
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList, Draw, SealedSlot, StoredReceipt
from trial.allocation.proofs import new_cohort
from trial.allocation.sealing import AllocationKey, open_replay, open_salt, open_slot, seal_cohort, seal_replay
from trial.allocation.services.cohorts import opened
from trial.people.models import Role

ARMS = ("cct", "waitlist")
OVERHEAD = 8 + 12 + 16  # fingerprint of the key, nonce of AES-GCM, tag


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
    with own_redis() as redis:
        held = everything_in(redis)
    return b"\n".join(part for key, value in held.items() for part in (key.encode(), value))


def spellings(content: bytes) -> set[bytes]:
    """A content as it is and in every usual encoding; in base64 also wherever it may stand in a longer text."""
    found = {content, content.hex().encode(), content.hex().upper().encode(), json.dumps(content.hex()).encode()}
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(bytes(before) + content)
            cut = whole[[0, 2, 3][before] :]
            found.add(cut[: (len(content) + before) * 8 // 6 - [0, 2, 3][before]])
    return found


def found_in(haystack: bytes, contents: list[bytes]) -> list[bytes]:
    """Which contents stand there, in whatever spelling."""
    return [each for each in contents if any(spelling in haystack for spelling in spellings(each))]


def what_he_has() -> bytes:
    """All that the administrator can read: a dump, every row as JSON, and Redis with the queue in it."""
    queued = everything_queued()
    assert b"trial.messages.tasks" in queued
    return b"\n".join([dumped("--format", "plain"), "\n".join(everything_stored().values()).encode(), queued])


def knowing_tables() -> set[str]:
    """Where an arm stands as a value by itself; the quotes of a protocol's source are escaped."""
    return {table for table, rows in everything_stored().items() if any(f'"{arm}"' in rows for arm in ARMS)}


def press(client, trial, way: str, **form: str) -> None:
    assert client.post(f"/t/{trial.slug}/{way}/", form).status_code == 302


@pytest.mark.parametrize("place", range(3))
def test_secret_is_found_in_every_spelling_and_at_every_place_of_a_longer_text(place):
    secret, before = bytes(range(200, 232)), b"ab"[:place]
    texts = [
        before + secret + b"more",
        (before + secret).hex().encode(),
        base64.b64encode(before + secret + b"more"),
        base64.urlsafe_b64encode(before + secret + b"m"),
        base64.b64encode(b"x" * place + secret.hex().encode() + b"}"),
    ]

    assert [found_in(text, [secret, secret.hex().encode()]) != [] for text in texts] == [True] * 5
    assert found_in(b"".join(texts), [bytes(range(100, 132))]) == []


def test_nothing_stored_holds_an_arm_a_nonce_or_the_salt_of_a_lists_places_to_come(committed_db, client):
    trial = factories.make_list_trial(slug="rolling")
    people = factories.make_ready(trial, 3)
    factories.sign_in(client, factories.make_member(trial, Role.RECRUITER))
    for person in people:
        press(client, trial, "allocation/next", code=person.code)
    sealed, key = AllocationList.objects.get(), AllocationKey(settings.ALLOCATION_KEY)
    rows = list(SealedSlot.objects.all())
    slots = [open_slot(key, sealed.list_id, row.index, bytes(row.sealed)) for row in rows]

    whole = what_he_has()

    nonces = [bytes.fromhex(slot.nonce) for slot in slots]
    salt = bytes.fromhex(open_salt(key, sealed.list_id, bytes(sealed.sealed_salt)))
    contents = [bytes([len(slot.arm)]) + slot.arm.encode().ljust(64, b"\0") for slot in slots]
    assert found_in(whole, [*nonces, *_as_text(nonces), salt, *_as_text([salt]), *contents, *keys()]) == []
    assert found_in(whole, [bytes(row.sealed) for row in rows]) == [bytes(row.sealed) for row in rows]
    assert knowing_tables() == {"trial_allocation"}  # those who have their place
    assert everything_stored()["trial_allocation"].count('"arm"') == 3
    assert found_in(everything_queued(), [arm.encode() for arm in ARMS]) == []


def _as_text(contents: list[bytes]) -> list[bytes]:
    return [each.hex().encode() for each in contents]


def keys() -> list[bytes]:
    """The key itself, and what is in it."""
    return [settings.ALLOCATION_KEY.encode(), base64.urlsafe_b64decode(settings.ALLOCATION_KEY)]


def test_nothing_stored_holds_the_secret_or_an_arm_of_a_cohort_between_closing_and_draw(committed_db, client):
    trial = factories.make_model_trial("drawing")
    cohort = factories.make_cohort(trial)
    factories.make_ready(trial, 6)
    factories.sign_in(client, factories.make_member(trial, Role.RECRUITER))
    press(client, trial, f"cohorts/{cohort.number}/close", settled="on", for_good="on")
    draw, key = Draw.objects.get(), AllocationKey(settings.ALLOCATION_KEY)
    receipt = StoredReceipt.objects.get()
    committed = opened(draw)
    replay = open_replay(key, draw.commitment, receipt.sealed)

    whole = what_he_has()

    secret = bytes.fromhex(committed.secret)
    contents = [secret, *_as_text([secret]), json.dumps(replay, sort_keys=True).encode()]
    assert replay["secret"] == committed.secret
    assert found_in(whole, [*contents, *keys()]) == []
    assert found_in(whole, [bytes(draw.sealed), receipt.sealed.encode()]) == [
        bytes(draw.sealed),
        receipt.sealed.encode(),
    ]
    assert (knowing_tables(), Allocation.objects.count()) == (set(), 0)
    assert found_in(everything_queued(), [arm.encode() for arm in ARMS]) == []
    allocation.draw_cohort(cohort=cohort, actor=None)
    assert knowing_tables() == {"trial_allocation"}


def bits_of(content: bytes) -> list[bool]:
    return [bool(byte >> place & 1) for byte in content for place in range(8)]


def assert_guessed_half_right(stored: list[bytes], arms: list[str]) -> None:
    """He knows the arms of one half, finds the bit that tells them best, and guesses the other half by it."""
    bits, truth, half = [bits_of(content) for content in stored], [arm == ARMS[0] for arm in arms], len(arms) // 2

    def right(bit: int, at: range) -> int:
        return sum(bits[place][bit] == truth[place] for place in at)

    known, unknown = range(half), range(half, len(arms))
    best = max(range(len(bits[0])), key=lambda bit: abs(right(bit, known) - half / 2))
    guessed = right(best, unknown) / len(unknown)

    assert len({len(content) for content in stored}) == 1
    assert abs(guessed - 0.5) < 4.5 * math.sqrt(0.25 / len(unknown))


@small_or_full(1_000, 10_000)
def test_best_bit_of_n_sealed_places_guesses_50_percent_right_within_its_error(db, n):
    trial = factories.make_list_trial(randomisation=f'method = "simple"\nlist_length = {n}')
    sealed, key = AllocationList.objects.get(trial=trial), AllocationKey(settings.ALLOCATION_KEY)
    rows = list(SealedSlot.objects.filter(list=sealed))
    arms = [open_slot(key, sealed.list_id, row.index, bytes(row.sealed)).arm for row in rows]

    assert {len(bytes(row.sealed)) for row in rows} == {OVERHEAD + 1 + 64 + 32}
    assert_guessed_half_right([bytes(row.sealed) + bytes.fromhex(row.leaf) for row in rows], arms)


@small_or_full(1_000, 10_000)
def test_best_bit_of_n_closed_cohorts_guesses_the_first_ones_arm_50_percent_right_within_its_error(facts, n):
    """What a draw's row and its receipt hold once a cohort is closed, for cohorts of the same four people."""
    key, codes = AllocationKey(settings.ALLOCATION_KEY), ["P-001", "P-002", "P-003", "P-004"]
    stored, arms = [], []
    for _ in range(n):
        cohort = new_cohort(facts, codes)
        sealed = seal_cohort(key, cohort)
        record = {"cohort": 1, "protocol_sha256": facts.protocol_sha256, "people": codes, "secret": cohort.secret}
        replay = base64.b64decode(seal_replay(key, cohort.commitment, record))
        assert len(sealed) == OVERHEAD + 32
        stored.append(sealed + bytes.fromhex(cohort.commitment) + replay)
        arms.append(dict(cohort.allocations)[codes[0]])

    assert_guessed_half_right(stored, arms)
