"""Who has handed in everything that comes before randomisation, for trials that take people up one by one."""

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from questionnaires.models import Sitting
from trial.enrolment.models import CohortPlace, Consent, Outcome, Screening, SociodemographicAnswers, Withdrawal
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_conduct import Wave


def waves_still_open(participant: Participant, version: ProtocolVersion) -> list[Wave]:
    """The waves before randomisation that this person has not handed in.

    Holds the rows of their sittings until the transaction ends, like `settled_places`, and wants the trial's row
    locked for the same reason.
    """
    before = version.protocol.waves_before_randomisation
    held = Sitting.objects.select_for_update().filter(
        respondent=participant.respondent_key, wave__in=[wave.id for wave in before]
    )
    done = {sitting.wave for sitting in held.order_by("pk") if sitting.submitted_at is not None}
    return [wave for wave in before if wave.id not in done]


def ready_one_by_one(trial: Trial, version: ProtocolVersion) -> QuerySet[CohortPlace]:
    """Who can be randomised now, whoever has waited longest first: consent in force, eligible, everything handed
    in, nothing withdrawn (one query, no lock; `ready_at` is when the last wave was handed in)."""
    own = {"participant": OuterRef("participant")}
    handed_in = Sitting.objects.filter(
        respondent=OuterRef("participant__respondent_key"), submitted_at__isnull=False
    ).order_by("-submitted_at")
    before = [wave.id for wave in version.protocol.waves_before_randomisation]
    places = CohortPlace.objects.filter(
        ~Exists(Withdrawal.objects.filter(**own)),
        Exists(Screening.objects.filter(**own, outcome=Outcome.PASSED, reopened_at__isnull=True)),
        Exists(SociodemographicAnswers.objects.filter(**own)),
        *(
            Exists(Consent.objects.filter(**own, document=document.id, version=document.version))
            for document in version.protocol.consent_documents
        ),
        *(Exists(handed_in.filter(wave=wave)) for wave in before),
        participant__trial=trial,
        randomised_at__isnull=True,
    )
    last = handed_in.filter(wave__in=before).values("submitted_at")[:1]
    return places.annotate(ready_at=Subquery(last)).order_by("ready_at", "participant").select_related("participant")
