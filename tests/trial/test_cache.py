"""The cache counts right, keeps its times, and can hold nothing but data."""

import base64
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DataError, connection, transaction
from django.urls import reverse

from analysis.demo_trial import code_now
from tests import factories
from trial.cache import NotJsonError
from trial.people.encryption import decrypt
from trial.people.tasks import remove_ended_sessions


class Harmful:
    def __reduce__(self):
        return os.abort, ()


def sql(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def lasts(key: str) -> timedelta:
    return sql("SELECT expires_at - now() FROM cache_entry WHERE key = %s", cache.make_key(key))[0][0]


def let_pass(seconds: int) -> None:
    sql("UPDATE cache_entry SET expires_at = expires_at - make_interval(secs => %s)", seconds)


@pytest.mark.parametrize("value", [None, True, 3, -2.5, 1727778000.123456, "ñ", [1.5, 2], {"a": [None, "b"]}])
def test_value_comes_back_as_it_was(db, value):
    cache.set("it", value)

    assert (cache.get("it", "missing"), type(cache.get("it"))) == (value, type(value))


@pytest.mark.parametrize("value", [object(), {1}, (1, 2), {1: "x"}, float("nan"), b"x", "\0", "\ud800", [(1,)]])
def test_value_that_is_not_json_is_refused_and_the_transaction_goes_on(db, value):
    with pytest.raises(NotJsonError, match="The cache stores JSON only"):
        cache.set("it", value)

    assert cache.get("it", "missing") == "missing"


def test_counter_of_an_hour_keeps_its_hour(db):
    cache.add("tries", 0, timeout=3600)
    let_pass(1200)

    counted = [cache.incr("tries"), cache.incr("tries", 2), cache.add("tries", 0, timeout=3600)]

    assert counted == [1, 3, False]
    assert lasts("tries") == timedelta(minutes=40)


def test_counter_begins_anew_after_its_hour(db):
    cache.add("tries", 5, timeout=3600)
    let_pass(3600)

    with pytest.raises(ValueError, match="no number"):
        cache.incr("tries")
    assert cache.add("tries", 0, timeout=3600) is True
    assert cache.incr("tries") == 1


def test_times_of_an_entry(db):
    for name, timeout in {"hour": 3600, "half": 0.5, "never": None, "past": -1, "now": 0}.items():
        cache.set(name, name, timeout)
    cache.set("default", "default")

    assert cache.get_many(["hour", "half", "never", "past", "now"]).keys() == {"hour", "half", "never"}
    assert (lasts("half"), lasts("default")) == (timedelta(seconds=0.5), timedelta(seconds=300))
    assert (cache.touch("hour", 60), cache.touch("past", 60), lasts("hour")) == (True, False, timedelta(minutes=1))


def in_parallel(work, times: int) -> list:
    def once(_: int):
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(once, range(times)))


def test_60_parallel_increments_count_60(committed_db):
    cache.add("tries", 0, timeout=3600)

    counted = in_parallel(lambda: cache.incr("tries"), 60)

    assert sorted(counted) == list(range(1, 61))


def test_of_60_parallel_additions_1_is_told_that_it_was_the_first(committed_db):
    assert sorted(in_parallel(lambda: cache.add("mark", "y"), 60)) == [False] * 59 + [True]


def test_pickle_written_by_raw_sql_is_refused_or_stays_text(db):
    pickled = base64.b64encode(pickle.dumps(Harmful())).decode()
    cache.set("it", "harmless")
    with pytest.raises(DataError), transaction.atomic():
        sql("UPDATE cache_entry SET value = %s::jsonb", pickled)

    sql("UPDATE cache_entry SET value = to_jsonb(%s::text)", pickled)

    assert cache.get("it") == pickled


def test_1000_entries_stay_and_only_the_ended_are_removed(db):
    for number in range(1000):
        cache.set(f"entry-{number}", number, 3600)
    cache.set_many({"ended-1": 1, "ended-2": 2}, 0)

    remove_ended_sessions()

    assert sql("SELECT count(*) FROM cache_entry") == [(1000,)]
    assert cache.get("entry-0") == 0


def test_entry_can_be_removed_and_all_of_them(db):
    cache.set_many({"one": 1, "two": 2, "three": 3})

    assert (cache.delete("one"), cache.delete("one")) == (True, False)
    cache.delete_many(["two"])
    assert cache.get_many(["one", "two", "three"]) == {"three": 3}
    cache.clear()
    assert cache.get("three") is None


# What django-allauth keeps in it.
def try_password(client, email: str) -> int:
    return client.post(reverse("account_login"), {"login": email, "password": "wrong"}).status_code


def test_eleventh_wrong_password_of_one_address_is_not_looked_at(client, pi):
    tries = [try_password(client, pi.email) for _ in range(10)]
    let_in = client.post(reverse("account_login"), {"login": pi.email, "password": factories.PASSWORD})

    assert tries == [200] * 10
    assert (let_in.status_code, "_auth_user_id" in client.session) == (200, False)


def test_wrong_passwords_are_forgotten_after_five_minutes(client, pi):
    for _ in range(10):
        try_password(client, pi.email)
    let_pass(300)

    let_in = client.post(reverse("account_login"), {"login": pi.email, "password": factories.PASSWORD})

    assert let_in.headers["Location"] == reverse("mfa_authenticate")


def test_code_of_the_second_factor_works_once(client, pi):
    secret = decrypt(pi.authenticator_set.get(type="totp").data["secret"])
    code = code_now(secret)

    def sign_in() -> int:
        client.post(reverse("account_login"), {"login": pi.email, "password": factories.PASSWORD})
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
        client.post(reverse("account_logout"))
        return answer.status_code

    assert [sign_in(), sign_in()] == [302, 200]
