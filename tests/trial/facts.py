"""Somebody at each point of enrolment, as facts."""

from dataclasses import replace
from datetime import date

from trial.enrolment.journey import Facts

DOCUMENT, DAY = ("participation", "1.0"), date(2026, 10, 5)
NEW = Facts(is_recruiting=True, needed=(DOCUMENT,))
SIGNED = replace(NEW, given={DOCUMENT: DAY})
SCREENED = replace(SIGNED, screening="passed", screened_on=DAY)
READY = replace(SCREENED, sheet_on=DAY)
