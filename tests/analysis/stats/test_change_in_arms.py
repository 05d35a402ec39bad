"""Reliable change in the arms of the published data, against R 4.2.2 and by laws.

R: w <- reshape(<pre and post of DASS_Anxiety>, direction = "wide"); S <- sd(pre) * sqrt(2 * (1 - .81));
g <- (pre - post) / S; counts by nested ifelse() on g and post < 7.78; chisq.test(t, correct = FALSE) and
fisher.test(t) of the people with both scores. Reliability and cut-off are the test's own, not the paper's.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.change_in_arms import compare_arms, pretest_sd, reliable_change
from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations
from analysis.stats.reliable_change import CATEGORIES, Criteria

SHARED = Path(__file__).parents[3].parent / "shared"
NAMES = {"participant": "id", "arm": "Group", "time": "Time", "outcome": "DASS_Anxiety", "pre": 1, "post": 2}
SMALL = Criteria(sd=np.sqrt(2), reliability=0, higher_is="worse", cutoff=8)

# WL then CCT, in the order of CATEGORIES; chi-square, df, p and the exact p
R_COUNTS = {
    "default": ([[2, 0, 16, 2, 2], [5, 0, 12, 0, 1]], 3.6378151260504, 0.16220285057255, 0.15495377063786),
    "rojas": ([[2, 0, 7, 11, 2], [5, 0, 10, 2, 1]], 7.8542872352561, 0.019699862604999, 0.021370686225356),
}

people = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.integers(0, 21), st.integers(0, 21)), min_size=2, max_size=20
).filter(lambda found: {arm for arm, _, _ in found} == {0, 1})


def cct():
    return pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]


def published(rule):
    frame = cct()
    sd = pretest_sd(frame, participant="id", time="Time", outcome="DASS_Anxiety", pre=1)
    criteria = Criteria(sd=sd, reliability=0.81, higher_is="worse", cutoff=7.78, rule=rule)
    return reliable_change(frame, criteria, **NAMES)


def long(found):
    rows = [
        (who, arm, time, score)
        for who, (arm, *pair) in enumerate(found)
        for time, score in zip((1, 2), pair, strict=True)
    ]
    return pd.DataFrame(rows, columns=["id", "Group", "Time", "DASS_Anxiety"])


def counts(frame):
    found = reliable_change(frame, SMALL, **NAMES).counts
    return found.pivot(index="arm", columns="category", values="count")[list(CATEGORIES)]


def test_pretest_sd_and_s_diff_agree_with_r_to_1e_12():
    change = published("default")

    assert [change.criteria.sd, change.s_diff] == pytest.approx([3.8088123190899, 2.3479095994479], rel=1e-12)


@pytest.mark.parametrize("rule", R_COUNTS)
def test_counts_of_anxiety_agree_with_r(rule):
    found = published(rule).counts

    assert found["count"].to_numpy().reshape(2, 5).tolist() == R_COUNTS[rule][0]


@pytest.mark.parametrize("rule", R_COUNTS)
def test_comparison_of_arms_agrees_with_r_to_1e_10_on_2_degrees_of_freedom(rule):
    _, statistic, p, exact = R_COUNTS[rule]

    found = compare_arms(published(rule))

    assert found.chi_square.df == 2
    assert [found.chi_square.statistic, found.chi_square.p, found.exact.p] == pytest.approx(
        [statistic, p, exact], rel=1e-10
    )


def test_sixteen_people_have_no_category_in_the_words_of_the_paper():
    assert published("rojas").persons["outside_rule"].sum() == 16


def test_denominators_are_pairs_and_all_people_for_the_not_classifiable():
    found = published("default").counts

    assert found["out_of"].tolist() == [20, 20, 20, 20, 22, 17, 17, 17, 17, 18]
    assert found["proportion"].tolist() == (found["count"] / found["out_of"]).tolist()


def test_a_participant_without_a_row_at_post_is_not_classifiable():
    frame = long([(0, 15, 3), (0, 9, 9), (1, 9, 9)]).drop(index=1)

    persons = reliable_change(frame, SMALL, **NAMES).persons

    assert persons["category"].tolist() == ["not classifiable", "unchanged", "unchanged"]


@given(people, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_count(found, random):
    frame = long(found)
    order = list(frame.index)
    random.shuffle(order)

    assert counts(frame.loc[order]).equals(counts(frame))


@given(people)
def test_relabelling_the_arms_moves_their_counts(found):
    frame = long(found)

    turned = counts(frame.assign(Group=1 - frame["Group"]))

    assert turned.to_numpy().tolist() == counts(frame).to_numpy()[::-1].tolist()


@given(people)
def test_one_participant_more_is_one_count_more(found):
    more = counts(long([*found, (1, 15, 3)])) - counts(long(found))

    assert more.loc[1].tolist() == [1, 0, 0, 0, 0]
    assert more.loc[0].tolist() == [0, 0, 0, 0, 0]


def test_everybody_unchanged_gives_counts_and_refuses_the_comparison():
    change = reliable_change(long([(0, 9, 9), (1, 9, 9)]), SMALL, **NAMES)

    assert change.counts.loc[change.counts["category"] == "unchanged", "proportion"].tolist() == [1, 1]
    with pytest.raises(TooFewObservations, match="everybody in the same category"):
        compare_arms(change)


def test_one_arm_gives_counts_and_refuses_the_comparison():
    change = reliable_change(long([(0, 9, 9), (0, 15, 3)]), SMALL, **NAMES)

    with pytest.raises(TooFewObservations, match=r"arm has 1 arm \(0\); a comparison needs two"):
        compare_arms(change)


def test_an_arm_without_a_pair_is_refused():
    with pytest.raises(TooFewObservations, match="DASS_Anxiety: nobody of 1 participant in arm 1 has both"):
        reliable_change(long([(0, 9, 9), (1, 9, np.nan)]), SMALL, **NAMES)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"post": 4}, "4 is not a value of Time, which has: 1, 2"),
        ({"post": 1}, "pre and post are the same time, 1"),
        ({"outcome": "stress"}, "There is no column stress"),
    ],
)
def test_unknown_times_and_columns_are_refused(change, sentence):
    with pytest.raises(BadInput, match=sentence):
        reliable_change(long([(0, 9, 9), (1, 9, 9)]), SMALL, **(NAMES | change))


def test_two_rows_of_one_time_are_refused():
    frame = long([(0, 9, 9), (1, 9, 9)])

    with pytest.raises(BadInput, match="Participant 0 has two rows at time 1"):
        reliable_change(pd.concat([frame, frame.head(1)]), SMALL, **NAMES)


def test_a_participant_who_changes_arm_is_refused():
    frame = long([(0, 9, 9), (1, 9, 9)])
    frame.loc[0, "Group"] = 1

    with pytest.raises(BadInput, match="Participant 0 is in two arms, 1 and 0"):
        reliable_change(frame, SMALL, **NAMES)


@pytest.mark.parametrize(
    ("scores", "error"),
    [([3, np.nan], TooFewObservations), ([3, 3], ConstantOutcome), ([3, np.inf], BadInput)],
)
def test_pretest_sd_is_refused_without_spread(scores, error):
    frame = pd.DataFrame({"id": [7, 8], "Time": [1, 1], "stress": scores})

    with pytest.raises(error):
        pretest_sd(frame, participant="id", time="Time", outcome="stress", pre=1)
