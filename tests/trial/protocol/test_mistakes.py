"""What is wrong with a protocol is said in one sentence each, with place, finding and what is allowed."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from trial.protocol.mistakes import Mistake, ProtocolInvalid, listed
from trial.protocol.reading import read

CASES = tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8"))["cases"]


def mistakes_in(text, instruments):
    with pytest.raises(ProtocolInvalid) as caught:
        read(text.encode(), instruments=instruments)
    return caught.value.mistakes


def without_lines(mistakes):
    return [str(dataclasses.replace(mistake, line=None)) for mistake in mistakes]


@pytest.mark.parametrize("case", CASES, ids=[case["mistake"] for case in CASES])
def test_mistake_is_told_in_exactly_these_sentences(case, cct_text, instruments, edit):
    text = edit(cct_text, case["after"], case["old"], case["new"])

    mistakes = mistakes_in(text, instruments)

    assert without_lines(mistakes) == case["sentences"]


def test_table_of_mistakes_has_more_than_thirty_different_ones():
    assert len({case["mistake"] for case in CASES}) == len(CASES) == 93


def test_mistake_names_the_line(cct_text, instruments, edit):
    text = edit(cct_text, 'id = "post"\nname', "window_days = 7", "window_days = 0")
    line = text.split("\n").index("window_days = 0") + 1

    mistakes = mistakes_in(text, instruments)

    allowed = "a whole number from 1 to 365"
    assert mistakes == (Mistake("waves[2].window_days", "0", allowed, line),)
    assert str(mistakes[0]) == f"Line {line}, waves[2].window_days: found 0; allowed is {allowed}."


def test_missing_key_has_the_line_of_its_table(cct_text, instruments, edit):
    text = edit(cct_text, "[retention]", "backups_days = 35", "")
    line = [row.startswith("[retention]") for row in text.split("\n")].index(True) + 1

    mistakes = mistakes_in(text, instruments)

    assert [(mistake.place, mistake.line) for mistake in mistakes] == [("retention.backups_days", line)]


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file(cct_text, instruments, edit):
    text = edit(cct_text, "[analysis]", 'reference_arm = "waitlist"', 'reference_arm = "control"')
    text = edit(text, '[[waves]]\nid = "post"', '"csp_24", ', '"csp_25", ')
    text = edit(text, '[[waves]]\nid = "follow_up"', "opens_days = 61", "opens_days = 9")
    text = edit(text, "[[arms]]", "ratio = 1", "ratio = 0")
    text = edit(text, "title.es", "title.es", "# title.es")
    text = edit(text, "version", "dated = 2020-12-01", "dated = 2020-12-32")

    mistakes = mistakes_in(text, instruments)

    slugs = listed(instruments)
    assert without_lines(mistakes) == [
        "dated: found 2020-12-32; allowed is a date that the calendar has.",
        "title.es: found nothing; allowed is a text in this language, like the others.",
        "arms[1].ratio: found 0; allowed is a whole number from 1 to 20.",
        f'waves[2].instruments[1]: found "csp_25"; allowed is the slug of an instrument: {slugs}.',
        "waves[3].opens_days: found 9; allowed is 10 or more, when the wave post is over, grace included.",
        'outcomes[1].instrument: found "csp_24", which the wave post does not collect; '
        "allowed is one that every analysed wave collects.",
        'analysis.reference_arm: found "control"; allowed is the id of one of the arms: cct or waitlist.',
    ]
    lines = [mistake.line for mistake in mistakes]
    assert lines == sorted(lines)


def test_missing_arm_is_missed_wherever_it_is_named(cct_text, instruments):
    start, end = cct_text.index('[[arms]]\nid = "waitlist"'), cct_text.index("[randomisation]")
    text = cct_text[:start] + cct_text[end:]

    mistakes = mistakes_in(text, instruments)

    only = 'found "waitlist"; allowed is the id of one of the arms: cct'
    assert without_lines(mistakes) == [
        "arms: found a list of 1; allowed is a list of 2 to 10 entries.",
        f"analysis.reference_arm: {only}.",
        f"analysis.contrasts[1].against: {only}.",
        f"analysis.contrasts[2].against: {only}.",
    ]


def test_trial_without_anybody_to_ask_is_refused(cct_text, instruments, edit):
    text = edit(cct_text, "[[support.contacts]]", 'id = "questions"', 'id = "data_protection"')
    text = text[: text.rindex("[[support.contacts]]")] + text[text.index("[[rewards]]") :]

    mistakes = mistakes_in(text, instruments)

    assert without_lines(mistakes) == ["support.contacts: found no contact whose id is questions; allowed is one."]


def test_file_of_nonsense_stops_at_five_hundred_mistakes(instruments):
    text = "\n".join(f"key_{number} = {number}" for number in range(600))

    assert len(mistakes_in(text, instruments)) == 500


def test_error_lists_one_sentence_a_line(instruments):
    with pytest.raises(ProtocolInvalid) as caught:
        read(b"slug = 1\nversion = 1", instruments=instruments)

    assert len(str(caught.value).split("\n")) == len(caught.value.mistakes)
