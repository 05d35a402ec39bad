"""When a cohort's waves are open. What somebody answers in one is a sitting, in `questionnaires`."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from questionnaires.windows import Window
from trial.enrolment.models import Cohort
from trial.enrolment.triggers import guard

MOMENTS = ("opens_at", "due_at", "closing_at", "closes_at", "ends_at", "accepts_until")


# Once it has opened, people count on its end.
ENDS_NO_EARLIER = guard(
    "ends_no_earlier",
    (
        "OLD.opens_at > now() OR (NEW.ends_at >= OLD.ends_at AND NEW.accepts_until >= OLD.accepts_until)",
        "a window that has opened may only end later",
    ),
    operation=pgtrigger.Update,
)


class CohortWave(models.Model):
    """The window of one wave for everybody of a cohort, whatever the arm, as stored moments.

    Moving the cohort's dates computes the windows that have not opened yet anew; the others stay as they are.
    """

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="waves")
    wave = models.CharField(max_length=60)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closing_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    accepts_until = models.DateTimeField()

    class Meta:
        ordering = ["cohort", "opens_at"]
        constraints = [
            models.UniqueConstraint(name="wave_once_a_cohort", fields=["cohort", "wave"]),
            models.CheckConstraint(
                name="wave_window_in_order",
                condition=Q(
                    opens_at__lt=F("closes_at"),
                    opens_at__lte=F("due_at"),
                    closing_at__gte=F("opens_at"),
                    closing_at__lte=F("closes_at"),
                    closes_at__lte=F("ends_at"),
                    ends_at__lte=F("accepts_until"),
                ),
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete), ENDS_NO_EARLIER]

    def __str__(self) -> str:
        return f"{self.wave} of cohort {self.cohort_id}"

    @property
    def window(self) -> Window:
        return Window(**{name: getattr(self, name) for name in MOMENTS})
