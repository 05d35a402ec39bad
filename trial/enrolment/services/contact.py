"""Correcting how somebody is reached. Whoever reads their mails can open their pages, and with them their group."""

from django.utils.translation import gettext as _

from trial.enrolment.guards import EnrolmentRefused, refusals_recorded
from trial.enrolment.models import CohortPlace
from trial.people import services as people
from trial.people.models import Participant, Role, User


@refusals_recorded
def correct_contact(*, participant: Participant, email: str, name: str, actor: User, reason: str) -> None:
    """Put a mistyped address or name right; once the person is randomised, only a safety clinician does."""
    is_randomised = CohortPlace.objects.filter(participant=participant, randomised_at__isnull=False).exists()
    if is_randomised and Role.CLINICIAN not in actor.roles_in(participant.trial):
        raise EnrolmentRefused(
            "randomised",
            _("This person is randomised, and whoever gets their mails learns the group. Ask the safety clinician."),
        )
    people.correct_contact(participant=participant, email=email, name=name, actor=actor, reason=reason)
