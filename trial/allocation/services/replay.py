"""After the database was set back to an older copy: what was given out since is done again, to the letter.

The receipts outside say what was done; the sealed part of a commitment's receipt says to whom, and from which secret
the draw follows. Whatever does not fit the database as it is now is refused, and then nothing is replayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from trial.allocation import proofs
from trial.allocation.guards import AllocationRefused, facts_in_force, refusals_recorded, refused_as
from trial.allocation.models import Draw
from trial.allocation.receipts import MOMENT, Event, Receipt
from trial.allocation.sealing import AllocationKey, open_replay
from trial.allocation.services import chain
from trial.allocation.services.cohorts import allocate, commit, committed_draw, tell
from trial.allocation.services.list_records import give_again
from trial.allocation.services.readiness import candidates
from trial.audit.services import record
from trial.enrolment.models import Cohort
from trial.protocol.models import ProtocolVersion, Trial


@dataclass(frozen=True, slots=True)
class Replayed:
    """One receipt that the database has again."""

    of: str
    event: Event
    at: str


@refusals_recorded
def replay_receipts(*, trial: Trial) -> list[Replayed]:
    """Do again, in order, everything of which the database has lost the receipts. All of it or nothing."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    done = []
    with refused_as("replay"):
        for of, receipts in chain.missing(trial).items():
            for receipt in receipts:
                chain.keep(trial, receipt)
                _again(trial, receipt)
                done.append(Replayed(of, receipt.event, receipt.at))
    if done:
        record("receipts.replayed", trial=trial, receipts=len(done))
    return done


def _again(trial: Trial, receipt: Receipt) -> None:
    at = datetime.strptime(receipt.at, MOMENT).replace(tzinfo=UTC)
    if receipt.event == "allocated":
        give_again(trial, receipt)
        return
    if receipt.event == "committed":
        _commit_again(trial, receipt, at)
        return
    draw = Draw.objects.filter(commitment=receipt.of, cohort__trial=trial).select_related("cohort").first()
    if draw is None:
        raise AllocationRefused(
            "replay", _("There is no closed cohort with the commitment %(of)s.") % {"of": receipt.of[:12]}
        )
    draw.cohort.trial = trial
    held = committed_draw(draw.cohort)
    if receipt.event == "drawn":
        allocate(held, at=at, actor=None)
    else:
        tell(held, at=at, actor=None)


def _commit_again(trial: Trial, receipt: Receipt, at: datetime) -> None:
    sealed = open_replay(AllocationKey(settings.ALLOCATION_KEY), receipt.of, receipt.sealed)
    cohort, version = _cohort(trial, sealed["cohort"]), _version(trial, sealed["protocol_sha256"])
    _check_people(cohort, version, sealed["people"])
    codes = tuple(code for code, _key in sealed["people"])
    committed = proofs.Cohort(facts_in_force(version), codes, sealed["secret"])
    committed.check(receipt.of)
    commit(cohort, version, committed, at=at, actor=None)


def _cohort(trial: Trial, number: int) -> Cohort:
    cohort = Cohort.objects.select_for_update().filter(trial=trial, number=number).first()
    if cohort is None or cohort.closed_at is not None:
        found = _("which is closed without it") if cohort else _("which this database does not have")
        raise AllocationRefused(
            "replay", _("A receipt is of cohort %(number)s, %(found)s.") % {"number": number, "found": found}
        )
    cohort.trial = trial
    return cohort


def _version(trial: Trial, sha256: str) -> ProtocolVersion:
    version = trial.protocol_versions.filter(sha256=sha256, in_force_from__isnull=False).first()
    if version is None:
        raise AllocationRefused(
            "replay",
            _("The cohort was closed under the protocol %(sha)s, which was never in force in this database.")
            % {"sha": sha256[:12]},
        )
    return version


def _check_people(cohort: Cohort, version: ProtocolVersion, people: Sequence[Any]) -> None:
    """The same people must be here, by more than their code, with everything that the draw asked of them."""
    here = {each.code: each for each in candidates(cohort, version)}
    strangers = [code for code, key in people if code not in here or str(here[code].respondent_key) != key]
    unfinished = [code for code, _key in people if code in here and here[code].lacks not in ("", "withdrawn")]
    if strangers:
        raise AllocationRefused(
            "replay",
            _("These people of cohort %(number)s are not in this database, or are others: %(codes)s.")
            % {"number": cohort.number, "codes": ", ".join(strangers)},
        )
    if unfinished:
        raise AllocationRefused(
            "replay",
            _("These people of cohort %(number)s have not finished what comes before the draw: %(codes)s.")
            % {"number": cohort.number, "codes": ", ".join(unfinished)},
        )
