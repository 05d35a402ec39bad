"""The baseline table against R 4.2.2 and by laws.

R, on the rows of the published file with Time 1 (x ~ Group):
    t.test(x ~ Group, var.equal = TRUE / FALSE)   its t is first minus second: turned here
    (mean(g1) - mean(g0)) / sqrt((var(g1) + var(g0)) / 2)
    chisq.test(t, correct = FALSE), fisher.test(t) of table(Group, COVID_1)
    P <- prop.table(t, 1); a <- P["1", ]; b <- P["0", ]; S <- (diag(a) - a %o% a + diag(b) - b %o% b) / 2
    D <- (a - b)[-1]; sqrt(sum(D * solve(S[-1, -1], D)))
The last two lines also on the am x vs, gear and carb tables of R's mtcars.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.balance import categorical_difference, continuous_difference
from analysis.stats.baseline import baseline_table
from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations

SHARED = Path(__file__).parents[3].parent / "shared"

R_TESTS = [
    ("DASS_Anxiety", "student", 1.143487007516197, 38, 0.259989228792418),
    ("DASS_Anxiety", "welch", 1.111346846645039, 30.999328822639658, 0.274964604855538),
    ("COVID_1", "chi_square", 3.269054178145087, 2, 0.195044588209377),
]
R_CATEGORICAL = [
    ([6, 7], [12, 7], 0.346657862769248),
    ([0, 8, 5], [15, 4, 0], 2.95803989154981),
    ([4, 4, 0, 3, 1, 1], [3, 6, 3, 7, 0, 0], 0.986958245300704),
]

scores = st.lists(st.integers(0, 21), min_size=3, max_size=12).filter(lambda found: len(set(found)) > 1)
levels = st.lists(st.integers(1, 20), min_size=3, max_size=3)


def cct():
    frame = pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]
    return frame[frame["Time"] == 1]


def people(first, second, **more):
    arms = ["WL"] * len(first) + ["CCT"] * len(second)
    return pd.DataFrame({"id": range(len(arms)), "arm": arms, "age": [*first, *second]} | more)


def table(frame, **named):
    return baseline_table(frame, participant="id", arm="arm", **({"continuous": ["age"]} | named))


def published(**named):
    return baseline_table(
        cct(), participant="id", arm="Group", continuous=["DASS_Anxiety"], categorical=["COVID_1"], **named
    )


@pytest.mark.parametrize(("variable", "test", "statistic", "df", "p"), R_TESTS)
def test_baseline_tests_agree_with_r_to_1e_12(variable, test, statistic, df, p):
    found = published(tests={variable: [test]}).tests.iloc[0]

    assert found[["variable", "test"]].tolist() == [variable, test]
    assert found[["statistic", "df", "p"]].tolist() == pytest.approx([statistic, df, p], rel=1e-12)


def test_fisher_agrees_with_r_to_1e_12_and_has_no_statistic():
    found = published(tests={"COVID_1": ["fisher"]}).tests.iloc[0]

    assert found["p"] == pytest.approx(0.227533455457234, rel=1e-12)
    assert found["statistic"] is pd.NA
    assert found["df"] is pd.NA


def test_standardised_differences_agree_with_r_to_1e_12():
    found = published().differences

    assert found["variable"].tolist() == ["DASS_Anxiety", "COVID_1"]
    assert found["difference"].tolist() == pytest.approx([0.35807661216229, 0.592328113435668], rel=1e-12)


@pytest.mark.parametrize(("a", "b", "expected"), R_CATEGORICAL)
def test_categorical_difference_agrees_with_r_to_1e_12(a, b, expected):
    assert categorical_difference(a, b) == pytest.approx(expected, rel=1e-12)


def test_description_agrees_with_r():
    found = published().continuous.set_index("arm")

    assert found["n"].to_dict() == {0.0: 22, 1.0: 18, "everybody": 40}
    assert found.loc[[0.0, 1.0], "mean"].tolist() == pytest.approx([3.95454545454545, 5.33333333333333])
    assert found.loc[[0.0, 1.0], "sd"].tolist() == pytest.approx([3.27293770367253, 4.35214619131621])


def test_counts_and_shares_of_categories():
    found = published().categorical

    assert found["count"].tolist() == [4, 2, 6, 14, 8, 22, 4, 8, 12]
    assert found["proportion"].tolist() == (found["count"] / found["n"]).tolist()


def test_papers_gender_is_tested_as_printed():
    gender = ["woman"] * 20 + ["man"] * 2 + ["woman"] * 17 + ["man"]
    frame = people(range(22), range(18), gender=gender)

    found = table(frame, categorical=["gender"], tests={"gender": ["chi_square", "chi_square_corrected"]})

    assert found.tests["statistic"].round(2).tolist() == [0.18, 0.0]
    assert found.tests["p"].round(2).tolist() == [0.67, 1.0]


def test_no_test_is_done_unless_asked():
    assert len(published().tests) == 0


def test_missing_values_are_counted_and_left_out():
    frame = people([20, 22, np.nan], [21, 25], year=[1, 2, 1, None, 2])

    found = table(frame, categorical=["year"])

    assert found.continuous[["n", "missing"]].to_numpy().tolist() == [[2, 1], [2, 0], [4, 1]]
    assert found.categorical.loc[found.categorical["arm"] == "CCT", ["count", "n", "missing"]].to_numpy().tolist() == [
        [0, 1, 1],
        [1, 1, 1],
    ]


def test_three_arms_are_compared_pair_by_pair():
    frame = pd.DataFrame({"id": range(6), "arm": [0, 0, 1, 1, 2, 2], "age": [1, 2, 3, 5, 4, 9]})

    found = table(frame).differences

    assert found[["arm", "versus"]].to_numpy().tolist() == [[1, 0], [2, 0], [2, 1]]


@given(scores, scores)
def test_swapping_the_arms_flips_the_sign(first, second):
    frame = people(first, second)

    here, there = (table(frame, reference_arm=arm).differences["difference"].item() for arm in ("WL", "CCT"))

    assert here == pytest.approx(-there, abs=1e-12)


@given(scores, scores, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_shift_and_scale_change_no_difference(first, second, scale, shift):
    moved = [np.array(side) * scale + shift for side in (first, second)]

    assert continuous_difference(*moved) == pytest.approx(continuous_difference(first, second), abs=1e-6)


@given(levels, levels, st.permutations(range(3)))
def test_the_order_of_levels_and_arms_changes_no_distance(a, b, order):
    mixed = categorical_difference(np.array(b)[order], np.array(a)[order])

    assert mixed == pytest.approx(categorical_difference(a, b), abs=1e-9)


@given(levels, levels, st.integers(2, 5))
def test_distance_depends_on_shares_alone(a, b, times):
    assert categorical_difference(np.array(a) * times, b) == pytest.approx(categorical_difference(a, b))


def test_two_levels_are_the_difference_of_proportions_over_their_spread():
    expected = (0.75 - 0.5) / np.sqrt((0.75 * 0.25 + 0.5 * 0.5) / 2)

    assert categorical_difference([3, 1], [2, 2]) == pytest.approx(expected)


def test_one_level_for_everybody_is_no_distance():
    assert categorical_difference([5, 0], [7, 0]) == 0.0


@given(scores, scores, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(first, second, random):
    frame = people(first, second)
    order = list(frame.index)
    random.shuffle(order)

    mixed, plain = table(frame.loc[order], reference_arm="WL"), table(frame, reference_arm="WL")

    assert mixed.continuous["sd"].tolist() == pytest.approx(plain.continuous["sd"].tolist())


@given(scores, scores)
def test_one_participant_more_is_counted_in_the_arm_and_in_everybody(first, second):
    more = table(people([*first, 10], second)).continuous["n"] - table(people(first, second)).continuous["n"]

    assert more.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"continuous": []}, "No variable is named"),
        ({"continuous": ["weight"]}, "There is no column weight in the table, which has: id, arm"),
        ({"categorical": ["age"]}, "The column age is named for two roles"),
        ({"continuous": ["name"]}, "name has text in row 1"),
        ({"tests": {"weight": ["student"]}}, "A test is asked for weight, which is not in the table"),
        ({"tests": {"age": ["fisher"]}}, "'fisher' is no test for age; it can have 'student', 'welch'"),
        ({"reference_arm": "TAU"}, "'TAU' is not a value of arm, which has: 'WL', 'CCT'"),
    ],
)
def test_bad_requests_are_refused(named, sentence):
    with pytest.raises(BadInput, match=sentence):
        table(people([20, 22], [21, 25], name=list("abcd")), **named)


def test_two_rows_of_a_participant_are_refused():
    frame = people([20, 22], [21, 25]).assign(id=[1, 1, 2, 3])

    with pytest.raises(BadInput, match="Participant 1 has two rows"):
        table(frame)


def test_an_infinite_value_is_refused():
    with pytest.raises(BadInput, match="age has an infinite value in row 2"):
        table(people([20, np.inf], [21, 25]))


def test_an_arm_called_everybody_is_refused():
    with pytest.raises(BadInput, match="An arm is called 'everybody'"):
        table(people([20, 22], [21, 25]).replace({"arm": {"WL": "everybody"}}))


def test_a_t_test_of_three_arms_is_refused():
    frame = pd.DataFrame({"id": range(6), "arm": [0, 0, 1, 1, 2, 2], "age": [1, 2, 3, 5, 4, 9]})

    with pytest.raises(BadInput, match="A t test compares two arms; age has 3"):
        table(frame, tests={"age": ["welch"]})


@pytest.mark.parametrize(
    ("frame", "named", "error", "sentence"),
    [
        (people([20, 22], []), {}, TooFewObservations, "arm has 1 arm"),
        (people([20, np.nan], [21, 25]), {}, TooFewObservations, "age has 1 value in arm 'WL'"),
        (people([20, 20], [30, 30]), {}, ConstantOutcome, "age is the same for everybody within each arm"),
        (
            people([20, 22], [21, 25], year=[1, 2, None, None]),
            {"categorical": ["year"]},
            TooFewObservations,
            "year has no value in arm 'CCT'",
        ),
        (
            people([20, 22], [21, 25], year=[1, 2, 3, 3]),
            {"categorical": ["year"]},
            BadInput,
            "year: the arms have no category in common",
        ),
        (
            people([20, 22], [21, 25], year=[1, 1, 1, 1]),
            {"categorical": ["year"], "tests": {"year": ["chi_square"]}},
            TooFewObservations,
            "everybody in the same category",
        ),
    ],
)
def test_too_little_to_describe_is_refused(frame, named, error, sentence):
    with pytest.raises(error, match=sentence):
        table(frame, **named)
