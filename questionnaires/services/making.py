"""Making a sitting: what it asks, when, in which wording and with which thresholds is settled then."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from questionnaires import catalogue
from questionnaires.guards import check_threshold
from questionnaires.models import Respondent, Sheet, Sitting
from questionnaires.own_questions import SLUG, own_sheet
from questionnaires.windows import Window
from questionnaires.wordings.services import in_force


@transaction.atomic
def new_sitting(
    *,
    respondent: Respondent,
    wave: str,
    name: Mapping[str, str],
    zone: str,
    window: Window,
    instruments: Sequence[str],
    questions: Sequence[Mapping[str, Any]] = (),
    thresholds: Sequence[Mapping[str, Any]] = (),
    packs: Sequence[int] = (),
) -> Sitting:
    """Make a respondent's sitting of `wave` with a sheet for each of `instruments`, in their order.

    Parameters
    ----------
    questions
        Own questions, asked on one more sheet at the end: plain dicts as `questionnaires.own_questions` describes
        them. They are stored with the sheet, so that it stays as it was whatever becomes of their source.

    packs
        The numbers of the wording packs that are used, in the order in which they were taken up; the sitting keeps
        the wording that is in force now.

    Raises
    ------
    ValueError
        Without instruments, for one named twice, for questions that cannot be asked, and for a threshold on a
        score that is not asked. LookupError for an unknown instrument or score.
    """
    if not instruments or len(set(instruments)) != len(instruments):
        raise ValueError(f"A sitting needs one or more instruments, each once; found {list(instruments)}.")
    for slug in instruments:
        catalogue.load(slug)
    own_sheet(questions)
    for rule in thresholds:
        check_threshold(rule, instruments)
    sitting = Sitting.objects.create(
        respondent=respondent,
        wave=wave,
        name=dict(name),
        zone=zone,
        thresholds=[dict(rule) for rule in thresholds],
        **asdict(window),
    )
    wordings = in_force(packs)
    sheets = [Sheet(sitting=sitting, instrument=slug, wordings=wordings.get(slug, {})) for slug in instruments]
    if questions:
        sheets.append(Sheet(sitting=sitting, instrument=SLUG, questions=[dict(each) for each in questions]))
    for place, sheet in enumerate(sheets, start=1):
        sheet.position = place
    Sheet.objects.bulk_create(sheets)
    return sitting
