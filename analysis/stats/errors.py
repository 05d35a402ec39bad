"""What can go wrong in a statistic, each with a sentence that says what was found and what to do."""


class StatisticsError(ValueError):
    """Base of all refusals: the message is one or two sentences fit to stand in a report."""


class BadInput(StatisticsError):
    """The data do not have the shape, type or range that the method needs."""


class TooFewObservations(StatisticsError):
    """There is not enough information for this method: arms, times, people or pairs are missing."""


class ConstantOutcome(StatisticsError):
    """Every value is the same, so there is no variance to explain."""


class DidNotConverge(StatisticsError):
    """An iteration reached its limit; nothing is returned rather than something half right."""


def counted(number: int, thing: str) -> str:
    """Write a number of things as a sentence does.

    Examples
    --------
    >>> counted(1, "value"), counted(0, "value")
    ('1 value', '0 values')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
