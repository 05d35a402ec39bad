"""Whatever is done to a protocol file, the reader answers with a protocol or with its mistakes."""

import copy
import datetime
import json
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trial.protocol.mistakes import ProtocolInvalid
from trial.protocol.reading import read

NO_SURROGATES = st.characters(exclude_categories=("Cs",))
PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(NO_SURROGATES, max_size=20),
    st.dates(),
    st.times(),
    st.sampled_from(["pre", "start", "cct", "walking", "yes", "dass_21", "programme", "", "es"]),
)
ODD = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(NO_SURROGATES, max_size=8), inner, max_size=3),
    max_leaves=6,
)


def written(value):
    """A value in TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(inner) for inner in value) + "]"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    # A delete character is the one that JSON leaves as it is and TOML does not.
    return json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan").replace("\x7f", "\\u007f")


def file_of(protocol):
    rows = (f"{json.dumps(key)} = {written(value)}" for key, value in protocol.items())
    return "\n".join(rows).encode()


def places(value, path=()):
    """The way to every key and entry."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from places(item, (*path, key))


def parent_of(protocol, path):
    for key in path[:-1]:
        protocol = protocol[key]
    return protocol


def outcome(data, instruments):
    """The mistakes; empty when it is read."""
    try:
        read(data, instruments=instruments)
    except ProtocolInvalid as error:
        return error.mistakes
    return ()


def test_both_files_are_read_as_written_anew(cct_text, three_arms_text, instruments):
    assert outcome(file_of(tomllib.loads(cct_text)), instruments) == ()
    assert outcome(file_of(tomllib.loads(three_arms_text)), instruments) == ()


def test_any_key_left_out_gives_a_protocol_or_mistakes(three_arms_text, instruments):
    whole = tomllib.loads(three_arms_text)
    required = 0

    for path in list(places(whole)):
        damaged = copy.deepcopy(whole)
        del parent_of(damaged, path)[path[-1]]
        required += outcome(file_of(damaged), instruments) != ()

    assert required > 300


ODD_VALUES = [0, -1, 1.5, True, "", "x", [], {}, [[]], datetime.date(2026, 1, 1)]


@pytest.mark.parametrize("first", range(10))
def test_any_value_replaced_gives_a_protocol_or_mistakes(first, three_arms_text, instruments):
    whole = tomllib.loads(three_arms_text)

    for at, path in enumerate(list(places(whole))[first::10]):
        damaged = copy.deepcopy(whole)
        parent_of(damaged, path)[path[-1]] = ODD_VALUES[(first + at) % 10]
        outcome(file_of(damaged), instruments)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_many_values_replaced_or_left_out_give_a_protocol_or_mistakes(data, three_arms_text, instruments):
    damaged = tomllib.loads(three_arms_text)

    for _ in range(data.draw(st.integers(1, 6))):
        path = data.draw(st.sampled_from(list(places(damaged)) or [()]))
        if path and data.draw(st.booleans()):
            del parent_of(damaged, path)[path[-1]]
        elif path:
            parent_of(damaged, path)[path[-1]] = data.draw(ODD)

    for mistake in outcome(file_of(damaged), instruments):
        assert str(mistake).endswith(".")
        assert "\n" not in str(mistake)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, 57_000), length=st.integers(1, 300), new=st.binary(max_size=30))
def test_any_bytes_overwritten_give_a_protocol_or_mistakes(start, length, new, cct_text, instruments):
    whole = cct_text.encode()

    mistakes = outcome(whole[:start] + new + whole[start + length :], instruments)

    assert all(mistake.place and mistake.found and mistake.allowed for mistake in mistakes)
