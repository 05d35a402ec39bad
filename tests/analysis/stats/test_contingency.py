"""Chi-square against R 4.2.2 `chisq.test` and the paper; refusals of what is no table of counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.contingency import chi_square, counts_without_empties
from analysis.stats.errors import BadInput, TooFewObservations

# table, correct=, X-squared, df, p-value
R_CHISQ = [
    ([[5, 2, 6, 3], [2, 0, 4, 16]], False, 11.9305194805194805, 3, 0.00762500103443882),
    ([[1, 5], [4, 4], [7, 1]], False, 7.0430555555555570, 2, 0.0295542483351164),
    ([[3, 1], [1, 3]], True, 0.5, 1, 0.479500122186953),
    ([[120, 80], [90, 110]], True, 8.43107769423559006, 1, 0.00368861664278366),
    ([[120, 80], [90, 110]], False, 9.0225563909774422, 1, 0.0026666817936141),
]
tables = st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=3), min_size=2, max_size=4)


@pytest.mark.parametrize(("table", "correction", "statistic", "df", "p"), R_CHISQ)
def test_chi_square_agrees_with_r_to_1e_12(table, correction, statistic, df, p):
    found = chi_square(table, correction=correction)

    assert found.df == df
    assert [found.statistic, found.p] == pytest.approx([statistic, p], rel=1e-12)


@pytest.mark.parametrize(
    ("table", "statistic", "p"), [([[17, 1], [20, 2]], 0.18, 0.67), ([[9, 9], [15, 7]], 1.36, 0.24)]
)
def test_chi_square_gives_the_papers_gender_and_marital_status(table, statistic, p):
    # counts inferred: the only ones with 18 and 22 people, 92.5 % women and 60 % single that print so
    found = chi_square(table)

    assert [round(found.statistic, 2), found.df, round(found.p, 2)] == [statistic, 1, p]


def test_chi_square_drops_empty_categories_and_shows_the_df_left():
    found = chi_square([[3, 0, 5, 0], [6, 0, 2, 0]])

    assert found == chi_square([[3, 5], [6, 2]])
    assert found.df == 1


def test_chi_square_tells_the_smallest_expected_count():
    assert chi_square([[3, 1], [1, 3]]).smallest_expected == 2.0


@given(tables, st.randoms(use_true_random=False))
def test_chi_square_knows_no_order_and_no_side(table, random):
    mixed = [list(row) for row in table]
    random.shuffle(mixed)

    assert chi_square(np.transpose(mixed)).statistic == pytest.approx(chi_square(table).statistic, abs=1e-9)


@given(tables, st.integers(2, 9))
def test_chi_square_grows_with_the_number_of_people(table, times):
    more = chi_square(np.array(table) * times).statistic

    assert more == pytest.approx(times * chi_square(table).statistic, abs=1e-9)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ([1, 2, 3], "A table of counts has rows and columns; 1 dimension"),
        ([[0.5, 1], [1, 1]], "A table of counts holds whole numbers only"),
        ([[np.nan, 1], [1, 1]], "A table of counts holds whole numbers only"),
        ([[np.inf, 1], [1, 1]], "A table of counts holds whole numbers only"),
        ([["a", "b"], ["c", "d"]], "A table of counts holds whole numbers only"),
        ([[-1, 1], [1, 1]], "A count cannot be negative; the smallest is -1"),
    ],
)
def test_counts_refuse_what_is_no_count(table, sentence):
    with pytest.raises(BadInput, match=sentence):
        counts_without_empties(table)


def test_counts_refuse_a_single_category():
    with pytest.raises(TooFewObservations, match="everybody in the same category"):
        chi_square([[5, 0], [7, 0]])


def test_correction_is_refused_beyond_two_by_two():
    with pytest.raises(BadInput, match="this one is 2 x 3"):
        chi_square([[1, 2, 3], [3, 2, 1]], correction=True)
