"""The codes of an arm, a time or a category: their lawful order, and how they are written."""

from collections.abc import Hashable, Sequence
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from analysis.stats.errors import BadInput

Level = Hashable


def level_order(values: pd.Series, reference: Level | None = None) -> tuple[Level, ...]:
    """Order the levels of a factor, the reference first.

    Parameters
    ----------
    values : Series, shape (n,)
        Numbers, texts, dates or a categorical; missing values are passed over. Its name stands in the sentences.
    reference : level, optional
        Comes first; the others keep their order.

    Returns
    -------
    tuple
        Numbers and dates by size, texts by first appearance, a categorical by its categories; levels that
        nobody has are left out.

    Raises
    ------
    BadInput
        The reference is not among the values, a value is no single code, or two look the same ("1" and 1).

    Examples
    --------
    >>> level_order(pd.Series([2, 1, 3, 1]), reference=3)
    (3, 1, 2)
    >>> level_order(pd.Series(["WL", "ACT", "WL"]))
    ('WL', 'ACT')
    """
    present = values.dropna()
    if isinstance(values.dtype, pd.CategoricalDtype):
        used = set(present.unique())
        levels = [level for level in values.cat.categories.tolist() if level in used]
    else:
        refuse_ambiguous(present)
        levels = present.unique().tolist()
        if _has_size(values, levels):
            levels.sort()
    if reference is None:
        return tuple(levels)
    if reference not in levels:
        raise BadInput(f"{shown(reference)} is not a value of {values.name}, which has: {listed(levels)}.")
    first = levels.pop(levels.index(reference))
    return (first, *levels)


def _has_size(values: pd.Series, levels: list[Level]) -> bool:
    dates = pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values)
    return dates or all(isinstance(level, (Real, Decimal)) for level in levels)


def refuse_ambiguous(values: pd.Series) -> None:
    """Refuse a column of codes in which one cannot tell who is who.

    Raises
    ------
    BadInput
        A value is a list, complex or the like, or two that differ are written the same.

    Examples
    --------
    >>> refuse_ambiguous(pd.Series([1, 2, "3b"]))
    """
    if pd.api.types.is_complex_dtype(values):
        raise BadInput(f"{values.name} has complex numbers; use numbers or text.")
    if values.dtype != object:
        return
    strange = [value for value in values if not pd.api.types.is_scalar(value) or isinstance(value, complex)]
    if strange:
        raise BadInput(f"{values.name} has {strange[0]!r}, which is no single code; use numbers or text.")
    written: dict[str, Level] = {}
    for level in values.unique().tolist():
        twin = written.setdefault(code_text(level), level)
        if twin != level:
            raise BadInput(f"{values.name} has both {twin!r} and {level!r}, which look the same; write one of them.")


def code_text(code: Level) -> str:
    """Write a code as people do: 1.0 is "1".

    Examples
    --------
    >>> code_text(1.0), code_text(1.5), code_text("WL")
    ('1', '1.5', 'WL')
    """
    if isinstance(code, (float, np.floating)) and code.is_integer():
        return str(int(code))
    return str(code)


def shown(code: Level) -> str:
    """Write a code as a sentence shows it: a number plain, text in quotes.

    Examples
    --------
    >>> shown(2.0), shown("WL")
    ('2', "'WL'")
    """
    return repr(code) if isinstance(code, str) else code_text(code)


def listed(codes: Sequence[Level]) -> str:
    """Write codes as a list for a sentence.

    Examples
    --------
    >>> listed(["WL", "ACT"])
    "'WL', 'ACT'"
    """
    return ", ".join(shown(code) for code in codes)
