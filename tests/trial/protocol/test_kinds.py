"""Texts in several languages, quiet hours, and values that could not be read."""

from datetime import time

import pytest

from trial.protocol.kinds import Text
from trial.protocol.rules_conduct import is_quiet
from trial.protocol.schema_conduct import Reminder
from trial.protocol.unread import UNREAD, NotRead, until_unread

HELLO = Text((("en", "Hello"), ("es", "Hola")))


@pytest.mark.parametrize(("code", "said"), [("en", "Hello"), ("es", "Hola"), ("es-mx", "Hola"), ("de", "Hello")])
def test_text_falls_back_to_the_main_language_then_to_the_default(code, said):
    assert HELLO.in_language(code) == said


def test_text_is_itself_in_the_default_language():
    assert str(HELLO) == "Hello"
    assert HELLO.languages == ("en", "es")


@pytest.mark.parametrize(("hour", "quiet"), [(20, False), (21, True), (23, True), (0, True), (7, True), (8, False)])
def test_quiet_hours_run_over_midnight_and_end_before_their_last(hour, quiet):
    assert is_quiet(time(hour), time(21), time(8)) == quiet


def test_quiet_hours_of_no_length_are_none():
    assert not is_quiet(time(9), time(9), time(9))


def test_reminder_counts_from_the_opening_or_the_close(cct):
    post = cct.wave("post")

    assert Reminder(days_after_opening=3).day(post) == 4
    assert Reminder(days_before_closing=0).day(post) == 7


@pytest.mark.parametrize(
    "use", [str, bool, len, list, hash, int, float, lambda u: u.id, lambda u: u == 1, lambda u: u > 1]
)
def test_unread_value_refuses_every_use(use):
    with pytest.raises(NotRead):
        use(UNREAD)


def test_rule_tells_what_it_found_before_the_unread_value():
    def rule(value):
        yield "first"
        yield value + 1

    assert list(until_unread(rule, UNREAD)) == ["first"]
    assert list(until_unread(rule, 1)) == ["first", 2]


@pytest.mark.parametrize("part", ["arm", "criterion", "outcome", "programme", "question", "wave"])
def test_part_that_does_not_exist_is_a_key_error(part, cct):
    with pytest.raises(KeyError, match="nothing_of_this_name"):
        getattr(cct, part)("nothing_of_this_name")
