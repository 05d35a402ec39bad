"""Whether an answer meets a criterion that is judged by one."""

from datetime import date

from trial.protocol.schema_enrolment import Criterion

Answer = str | float | date


def meets(criterion: Criterion, answer: Answer, *, on: date) -> bool:
    """Whether a participant with this answer may go on, as far as this criterion is concerned.

    A choice is compared with the passing answers, a number with the range; of a date the full years up to
    `on`, a local day, count. Raises ValueError without an answer, or for a criterion that none judges.
    """
    if criterion.passes is None:
        raise ValueError(f"The criterion {criterion.id} is not judged by an answer.")
    if answer is None or answer == "":
        raise ValueError(f"The criterion {criterion.id} needs an answer.")
    if isinstance(answer, str):
        return answer in criterion.passes.answers
    number = full_years(answer, on) if isinstance(answer, date) else answer
    lowest, highest = criterion.passes.at_least, criterion.passes.at_most
    return (lowest is None or number >= lowest) and (highest is None or number <= highest)


def full_years(since: date, until: date) -> int:
    """Birthdays passed; who was born on 29 February completes a year on 1 March of a common year."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))
