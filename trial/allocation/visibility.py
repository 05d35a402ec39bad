"""The one door to arms. Who passes is the table in the design's section 4; everybody else learns nothing.

Nothing outside of this room reads `Allocation.arm`. Each function says for whom it is, and gives arms only of those
who may be known there.
"""

import hmac
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from trial.allocation.masks import letters_for
from trial.allocation.models import Allocation, Unmasking
from trial.enrolment.models import Cohort, CohortPlace
from trial.people.models import Participant, User
from trial.protocol.models import Stage, Trial
from trial.protocol.schema_enrolment import Arm


@dataclass(frozen=True, slots=True)
class Labels:
    """An arm's id for each participant's code: the real ones, shuffled ones for a rehearsal, or letters."""

    kind: Literal["real", "shuffled", "closed"]
    by_code: dict[str, str]


def labels_for_analysis(trial: Trial) -> Labels:
    """For a report: real arms once the trial is unmasked; before, labels that know nothing of the arms.

    Shuffled labels follow from the participants' codes and the protocol's ratio alone, so that they are the same
    whatever was drawn: not even the number of people in each arm is told by them.
    """
    if Trial.objects.filter(pk=trial.pk, stage=Stage.UNMASKED).exists():
        pairs = Allocation.objects.filter(trial=trial).values_list("participant__code", "arm")
        return Labels("real", dict(pairs))
    randomised = CohortPlace.objects.filter(participant__trial=trial, randomised_at__isnull=False)
    return Labels("shuffled", _shuffled(trial, list(randomised.values_list("participant__code", flat=True))))


def labels_for_committee(trial: Trial) -> Labels:
    """For a closed report, which the data monitoring committee alone may have: the real groups under letters.

    A group has the same letter in every report of its trial. Which one says nothing: it follows from the arm's id
    by a key that is not in the database. Once the trial is unmasked there are no letters any more.
    """
    if Trial.objects.filter(pk=trial.pk, stage=Stage.UNMASKED).exists():
        return labels_for_analysis(trial)
    letter = _letters(trial)
    pairs = Allocation.objects.filter(trial=trial).values_list("participant__code", "arm")
    return Labels("closed", {code: letter[arm] for code, arm in pairs})


def arms_once_unmasked(trial: Trial) -> dict[str, str] | None:
    """For the flow of participants: the arm of each code, once the trial is unmasked for everybody.

    Before, None, and whoever asks counts everybody together: totals of an arm are an oracle for the next draw.
    """
    if not Trial.objects.filter(pk=trial.pk, stage=Stage.UNMASKED).exists():
        return None
    return dict(Allocation.objects.filter(trial=trial).values_list("participant__code", "arm"))


def _shuffled(trial: Trial, codes: list[str]) -> dict[str, str]:
    version = trial.version_in_force()
    if version is None:
        return {}
    round_of_arms = [arm.id for arm in version.protocol.arms for _ in range(arm.ratio)]
    key = settings.SECRET_KEY.encode()
    order = sorted(codes, key=lambda code: hmac.digest(key, f"shuffled {trial.slug} {code}".encode(), "sha256"))
    return {code: round_of_arms[place % len(round_of_arms)] for place, code in enumerate(order)}


def _letters(trial: Trial) -> dict[str, str]:
    """A letter for each arm of the protocol in force, in the order of their digests."""
    version = trial.version_in_force()
    arms = [arm.id for arm in version.protocol.arms] if version else []
    key = settings.ALLOCATION_KEY.encode()
    order = sorted(arms, key=lambda arm: hmac.digest(key, f"letter {trial.slug} {arm}".encode(), "sha256"))
    return dict(zip(order, letters_for(len(arms)), strict=True))


def own_arm(participant: Participant) -> Arm | None:
    """For the participant alone, once told: the arm with the words that they read."""
    told = Allocation.objects.filter(participant=participant, told_at__isnull=False).values_list("arm", flat=True)
    version = participant.trial.version_in_force()
    return version.protocol.arm(told[0]) if told and version else None


def arm_opened_in_emergency(participant: Participant, user: User) -> Arm | None:
    """For the clinician who has opened this one participant's group in an emergency, and nobody else."""
    opened = Unmasking.objects.filter(participant=participant, asked_by=user)
    arms = Allocation.objects.filter(participant=participant).values_list("arm", flat=True)
    version = participant.trial.version_in_force()
    return version.protocol.arm(arms[0]) if opened.exists() and arms and version else None


def takes_programme(cohort: Cohort, programme: str) -> list[Participant]:
    """For the programme's own people: those of a cohort whose arm has this programme, once they were told."""
    version = cohort.trial.version_in_force()
    arms = [arm.id for arm in version.protocol.arms if arm.programme == programme] if version else []
    return _told(cohort, arms)


def crosses_over_to(cohort: Cohort, programme: str) -> list[Participant]:
    """For the programme's own people: those whose arm waits and receives this programme later, once told."""
    version = cohort.trial.version_in_force()
    if version is None:
        return []
    protocol = version.protocol
    waiting = [arm for arm in protocol.arms if arm.crosses_over_to]
    arms = [arm.id for arm in waiting if protocol.arm(arm.crosses_over_to or "").programme == programme]
    return _told(cohort, arms)


def _told(cohort: Cohort, arms: list[str]) -> list[Participant]:
    allocations = Allocation.objects.filter(
        participant__place__cohort=cohort, arm__in=arms, told_at__isnull=False
    ).select_related("participant")
    return [allocation.participant for allocation in allocations.order_by("participant__pk")]
