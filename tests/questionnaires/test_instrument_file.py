"""A bad instrument file is refused with every mistake at once, each a sentence with its place."""

import copy
import json
import re
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.catalogue import FOLDER, InstrumentError, read, slugs

SMALL = """
slug = "mood"
abbreviation = "M"
title = { en = "Mood", es = "Ánimo" }
construct = { en = "Mood", es = "Estado de ánimo" }
minutes = 1
[missing]
share = 0.75
rule = "One of two."
[scales.much]
codes = [0, 3]
labels = { 0 = { en = "Not", es = "Nada" }, 3 = { en = "Much", es = "Mucho" } }
[[parts]]
key = "all"
scale = "much"
recall = { en = "Today", es = "Hoy" }
instructions = { en = "How is it?", es = "¿Cómo va?" }
items = [{ key = "1", en = "Glad", es = "Alegría" }, { key = "2", en = "Sad", es = "Pena" }]
[[scores]]
name = "mood"
label = { en = "Mood", es = "Ánimo" }
kind = "sum"
items = "1 2r"
range = [0, 6]
higher_is = "better"
certainty = "own"
[licence]
status = "own"
terms = "Free."
"""


def _mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(InstrumentError) as refused:
        read(text.encode(), name="mood")
    return refused.value.mistakes


def test_small_file_is_read() -> None:
    assert [item.key for item in read(SMALL.encode(), name="mood").items] == ["1", "2"]


CHANGES = [
    ('slug = "mood"', 'slug = "mud"', "slug: found 'mud'; the file's name says 'mood'."),
    ("minutes = 1", "", "minutes: is missing; write a number."),
    ("minutes = 1", "minutes = true", "minutes: found True; write a number."),
    ("minutes = 1", "minutes = nan", "minutes: found nan; write a finite number."),
    (', es = "Alegría"', "", "parts[1].items[1].es: is missing; write a text in quotes."),
    ('es = "Hoy"', 'es = " "', "parts[1].recall.es: is empty; write a text or leave the field out."),
    (
        '"Not", es',
        '"Not", fr = "Pas", es',
        "scales.much.labels.0.fr: is not a field here; the fields are en, es.",
    ),
    ("minutes = 1", "minutes = 1\ncolour = 3", "colour: is not a field here"),
    (
        "codes = [0, 3]",
        "codes = [3, 0]",
        "scales.much.codes: found [3, 0]; write the lowest",
    ),
    ("codes = [0, 3]", "codes = [0, 4]", "scales.much.labels: has none for 4; both ends need one."),
    ("codes = [0, 3]", "codes = [0, 2.5]", "scales.much.codes: found [0, 2.5]"),
    ('key = "2"', 'key = "1"', "parts[1].items[2].key: '1' is the key of an earlier item too"),
    ('key = "2"', 'key = "01"', "parts[1].items[2].key: found '01'; write a number such as 7"),
    ('key = "2"', 'key = "two"', "parts[1].items[2].key: found 'two'; write a number such as 7"),
    ('scale = "much"', 'scale = "often"', "parts[1].scale: found 'often'; write one of much."),
    ('"1 2r"', '"1 2r 3"', "scores[1].items: '3' is no item of this file."),
    ('"1 2r"', '"1 2r 2"', "scores[1].items: names an item twice."),
    ('"1 2r"', '"1"', "scores: item 2 belongs to no score."),
    ("range = [0, 6]", "range = [0, 3]", "scores[1].range: found 0 to 3; its items give 0 to 6."),
    ('kind = "sum"', 'kind = "median"', "scores[1].kind: found 'median'; write one of sum, mean, count."),
    ('kind = "sum"', 'kind = "sum"\ndivisor = 2', "scores[1].divisor: found 2; only a sum of scores has one"),
    ('kind = "sum"', 'kind = "sum"\nmade_of = "x"', "scores[1].made_of: 'x' is no score above this one."),
    (
        'kind = "sum"',
        'kind = "sum"\nmin_answered = 3',
        "scores[1].min_answered: found 3; write a number from 1",
    ),
    (
        'kind = "sum"',
        'kind = "sum"\ncount = 4',
        "scores[1].count: says 4 items, but 2 of its items are asked.",
    ),
    ('kind = "sum"', 'kind = "sum"\nalert_at = 7', "scores[1].alert_at: found 7; write a value from 0 to 6."),
    ('"own"\n[lic', '"C"\n[lic', "scores[1].certainty: a fact nobody has checked (C) is not shipped"),
    ("share = 0.75", "share = 75", "missing.share: found 75"),
    ('status = "own"', 'status = "stolen"', "licence.status: found 'stolen'; write one of free"),
    ("minutes = 1", 'minutes = 1\nasked = "1 1 9"', "asked: '9' is no item of this file."),
    ("minutes = 1", 'minutes = 1\nasked = "1 1"', "asked: '1' is there 2 times; name each item once."),
]


@pytest.mark.parametrize(("old", "new", "sentence"), CHANGES, ids=[change[2][:40] for change in CHANGES])
def test_one_mistake_is_told_with_its_place(old: str, new: str, sentence: str) -> None:
    assert SMALL.count(old) == 1

    told = _mistakes(SMALL.replace(old, new))

    assert [mistake for mistake in told if mistake.startswith(f"mood: {sentence}")] != []


def test_bands_must_rise_from_the_bottom_and_name_their_source() -> None:
    band = '[[scores.bands]]\nname = "some"\nlower = 1\nen = "Some"\nes = "Algo"\n'

    assert _mistakes(SMALL.replace("[licence]", band + "[licence]")) == (
        "mood: scores[1].bands: begin at [1]; they must rise from 0 and stay up to 6.",
        "mood: scores[1].bands_source: is missing; say where the bands come from.",
    )


def test_norm_of_an_unknown_score_is_refused() -> None:
    norm = '[[norms]]\npopulation = "All"\nn = 9\nrole = "reference"\ncertainty = "B"\nvalues.mud = [1, 1]\n'

    assert _mistakes(SMALL + norm) == ("mood: norms[1].values.mud: is no score; the scores are mood.",)


def test_all_mistakes_come_at_once() -> None:
    broken = SMALL.replace("minutes = 1", "").replace("[0, 6]", "[0, 3]").replace('"own"', '"C"')

    assert len(_mistakes(broken)) == 4


def test_file_that_is_not_toml_is_refused_with_the_line() -> None:
    (mistake,) = _mistakes('slug = "mood"\nminutes =')

    assert re.fullmatch(r"mood: is not TOML: .*(line 2|end of document).*", mistake)


def test_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InstrumentError) as refused:
        read("es = 'Ánimo'".encode("latin-1"), name="mood")

    assert refused.value.mistakes == ("mood: byte 6 is not UTF-8; save the file as UTF-8.",)


# --- Mutations: any field of a shipped file removed or replaced ------------------------------------------


def _told(document: bytes, slug: str) -> tuple[str, ...]:
    try:
        read(document, name=slug)
    except InstrumentError as refused:
        return refused.mistakes
    return ()


def _paths(node: object, path: tuple = ()) -> list[tuple]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(*path, key) for key, _ in children] + [
        deeper for key, child in children for deeper in _paths(child, (*path, key))
    ]


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _document(fields: dict) -> bytes:
    return "\n".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in fields.items()).encode()


SHIPPED = {slug: tomllib.loads((FOLDER / f"{slug}.toml").read_text(encoding="utf-8")) for slug in slugs()}
JUNK = st.one_of(
    st.booleans(),
    st.integers(-5, 2000),
    st.floats(-9, 9),
    st.text("aé r1EX", max_size=6),
    st.just([]),
    st.just({}),
    st.just([[1], "x", {}]),
    st.just({"en": 3, "x": {"y": []}}),
)


@pytest.mark.parametrize("slug", slugs())
def test_file_written_out_anew_reads_the_same(slug: str) -> None:
    assert read(_document(SHIPPED[slug]), name=slug) == read((FOLDER / f"{slug}.toml").read_bytes(), name=slug)


@given(st.sampled_from(sorted(SHIPPED)), st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_file_is_read_or_refused_in_sentences(slug: str, data: st.DataObject) -> None:
    fields = copy.deepcopy(SHIPPED[slug])
    *way, last = data.draw(st.sampled_from(_paths(fields)))
    node = fields
    for step in way:
        node = node[step]
    if data.draw(st.booleans()):
        del node[last]
    else:
        node[last] = data.draw(JUNK)

    told = _told(_document(fields), slug)

    assert [each for each in told if not re.fullmatch(rf"{slug}: .+\.", each, re.DOTALL)] == []
