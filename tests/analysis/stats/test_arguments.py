"""What a number given by the caller must be."""

import pytest

from analysis.stats.arguments import confidence_level, number_between, whole_number
from analysis.stats.errors import BadInput


@pytest.mark.parametrize("value", [1, 2.0, "2", True, None])
def test_whole_number_refuses(value):
    with pytest.raises(BadInput, match="total_n must be a whole number of at least 2"):
        whole_number(value, "total_n", least=2)


@pytest.mark.parametrize("value", [0, 1, -0.1, float("nan"), "0.5", True, None])
def test_number_between_refuses_ends_and_what_is_no_number(value):
    with pytest.raises(BadInput, match=r"alpha must be a number in \(0, 1\)"):
        number_between(value, "alpha", 0, 1)


def test_number_between_takes_the_ends_when_closed():
    assert number_between(1, "epsilon", 0, 1, closed="both") == 1.0


def test_number_between_closed_below_refuses_the_upper_end():
    assert number_between(0, "reliability", 0, 1, closed="low") == 0.0
    with pytest.raises(BadInput, match=r"reliability must be a number in \[0, 1\); 1 was given"):
        number_between(1, "reliability", 0, 1, closed="low")


def test_a_percentage_is_no_confidence_level():
    with pytest.raises(BadInput) as caught:
        confidence_level(95)

    assert str(caught.value) == "The confidence level must be a number in (0, 1); 95 was given."
