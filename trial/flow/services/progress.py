"""In which state each participant is, told by the database, so that a list of thousands is filtered and paged there."""

from django.db import models
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from trial.enrolment.models import CohortPlace, with_progress
from trial.people.models import Participant


class Progress(models.TextChoices):
    """The first that is true of a person, in this order. Nobody learns from what somebody withdrew."""

    WITHDRAWN = "withdrawn", _("Withdrawn")
    NOT_ELIGIBLE = "not_eligible", _("Not eligible")
    WAITING = "waiting", _("Waits for a judgement")
    RANDOMISED = "randomised", _("Randomised")
    READY = "ready", _("Ready for the questionnaires")
    ELIGIBLE = "eligible", _("Eligible")
    CONSENTED = "consented", _("Consent given")
    NEW = "new", _("No consent yet")


def with_state(participants: QuerySet[Participant], only: str = "") -> QuerySet[Participant]:
    """Adds `progress` to what `with_progress` adds, without a further query; `only` those in one state, if given."""
    is_randomised = CohortPlace.objects.filter(participant=OuterRef("pk"), randomised_at__isnull=False)
    known = with_progress(participants).annotate(
        progress=Case(
            When(has_withdrawn=True, then=Value(Progress.WITHDRAWN)),
            When(screening_outcome="failed", then=Value(Progress.NOT_ELIGIBLE)),
            When(screening_outcome="waiting", then=Value(Progress.WAITING)),
            When(Exists(is_randomised), then=Value(Progress.RANDOMISED)),
            When(has_sheet=True, then=Value(Progress.READY)),
            When(screening_outcome="passed", then=Value(Progress.ELIGIBLE)),
            When(has_consented=True, then=Value(Progress.CONSENTED)),
            default=Value(Progress.NEW),
            output_field=models.CharField(),
        )
    )
    return known.filter(progress=only) if only else known
