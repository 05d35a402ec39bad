"""Holm's adjustment against R 4.2.2 `p.adjust(p, "holm")` and its laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.errors import BadInput, TooFewObservations
from analysis.stats.multiplicity import holm

families = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_agrees_with_r():
    assert holm(pd.Series([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(families)
def test_holm_lies_between_p_and_bonferroni(family):
    found = holm(pd.Series(family)).to_numpy()

    assert (found >= np.array(family)).all()
    assert (found <= np.minimum(np.array(family) * len(family), 1)).all()


@given(families, st.randoms(use_true_random=False))
def test_holm_keeps_each_p_with_its_name(family, random):
    series = pd.Series(family)
    order = list(series.index)
    random.shuffle(order)

    assert holm(series.loc[order]).sort_index().equals(holm(series))


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1, "p < .05"])
def test_holm_names_what_is_no_p_value(wrong):
    with pytest.raises(BadInput, match="p-values lie between 0 and 1; 'anxiety' has"):
        holm(pd.Series({"stress": 0.1, "anxiety": wrong}))


def test_holm_refuses_an_empty_family():
    with pytest.raises(TooFewObservations):
        holm(pd.Series([], dtype=float))
