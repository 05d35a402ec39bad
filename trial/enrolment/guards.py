"""What must be true before a step of enrolment. A refusal is a sentence for the person, and a row of the trail."""

from typing import Any, cast

from django.utils.translation import gettext as _

from trial.audit.services import Refused, recording_refusals
from trial.enrolment.journey import Facts
from trial.enrolment.models import Screening
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Stage, Trial


class EnrolmentRefused(Refused):
    """A guard of enrolment held."""


refusals_recorded = recording_refusals("enrolment")


def locked(participant: Participant) -> Participant:
    """The participant's row, held until the end of the transaction, and the trial's, whose stage is then fixed.

    Always in this order: trial, participant.
    """
    trial = Trial.objects.select_for_update(no_key=True).get(pk=participant.trial_id)
    held = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    held.trial = trial
    return held


def version_in_force(trial: Trial) -> ProtocolVersion:
    version = trial.version_in_force()
    if version is None:
        raise EnrolmentRefused("protocol", _("This study has not begun yet."))
    return version


def facts_of(participant: Participant, version: ProtocolVersion) -> Facts:
    """Everything that decides what is open to the person (four queries)."""
    zone = version.zone
    screening = current_screening(participant)
    sheet = participant.__class__.objects.filter(pk=participant.pk).values_list("sociodemographic__submitted_at").get()
    consents = participant.consents.values_list("document", "version", "given_at")
    return Facts(
        is_recruiting=participant.trial.stage == Stage.RECRUITING,
        needed=tuple((each.id, each.version) for each in version.protocol.consent_documents),
        given={(document, number): given_at.astimezone(zone).date() for document, number, given_at in consents},
        screening=cast(Any, screening.outcome) if screening else None,
        screened_on=screening.submitted_at.astimezone(zone).date() if screening else None,
        sheet_on=sheet[0].astimezone(zone).date() if sheet[0] else None,
        left=frozenset(participant.withdrawals.values_list("level", flat=True)),
    )


def current_screening(participant: Participant) -> Screening | None:
    return participant.screenings.filter(reopened_at__isnull=True).first()


def must_recruit(trial: Trial) -> None:
    if trial.stage != Stage.RECRUITING:
        raise EnrolmentRefused("recruiting", _("This study takes nobody up at present. Nothing was stored."))


def must_be_of(trial: Trial, participant: Participant) -> None:
    if participant.trial_id != trial.pk:
        raise EnrolmentRefused("trial", _("This person is not in this study. Nothing was stored."))


def must_still_take_part(facts: Facts) -> None:
    if facts.has_left_study:
        raise EnrolmentRefused("withdrawn", _("You have left the study, so nothing more is asked of you."))


def must_not_have_withdrawn(participant: Participant) -> None:
    """For the doors of staff, who must not find out from what somebody withdrew: any withdrawal closes them."""
    if participant.withdrawals.exists():
        raise EnrolmentRefused("withdrawn", _("This person has withdrawn. Nothing was changed."))


def must_answer_questionnaires(facts: Facts) -> None:
    must_still_take_part(facts)
    if "questionnaires" in facts.left:
        raise EnrolmentRefused("withdrawn", _("You have left the questionnaires, so nothing more is asked of you."))


def must_have_consented(facts: Facts) -> None:
    if facts.missing is not None:
        raise EnrolmentRefused("consent", _("First read the information and decide. Nothing was stored."))


def must_be_eligible(facts: Facts) -> None:
    if facts.screening != "passed":
        raise EnrolmentRefused(
            "eligibility", _("First we have to know whether the study is right for you. Nothing was stored.")
        )
