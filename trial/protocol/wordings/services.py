"""A trial takes up wording packs, and signs for what none of them words.

A trial may go live once each of its instruments has, in each of its languages, a wording of a pack, or is our own, or
is signed for. A provisional instrument is always to be signed for: its list of items is not confirmed.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import catalogue, clock
from questionnaires.instrument import LANGUAGES, Instrument
from questionnaires.wordings import services as wordings
from questionnaires.wordings.models import WordingPack
from trial.audit.services import record
from trial.protocol.models import Stage, Trial
from trial.protocol.schema import Protocol
from trial.protocol.wordings.models import AdoptedPack, WordingSignature

CLOSED_STAGES = (Stage.LOCKED, Stage.UNMASKED)


class WordingRefused(Exception):
    """A pack cannot be used, or nothing can be signed; the message says why and what to do."""


@dataclass(frozen=True)
class WordingInForce:
    """How a trial words one instrument in one language. `pack` is the number, None for our working wording."""

    instrument: Instrument
    language: str
    pack: int | None
    is_signed: bool

    @property
    def name(self) -> str:
        return wordings.name_of({} if self.pack is None else {self.language: self.pack}, self.language)

    @property
    def needs_signature(self) -> bool:
        is_ours = self.instrument.licence.status == "own"
        return bool(self.instrument.provisional) or (self.pack is None and not is_ours)

    @property
    def is_settled(self) -> bool:
        return self.is_signed or not self.needs_signature


def instruments_of(protocol: Protocol) -> tuple[str, ...]:
    """The instruments that anybody of the trial is asked, in the order of the protocol."""
    asked = [slug for wave in protocol.waves for slug in wave.instruments]
    asked += [sheet.instrument for programme in protocol.programmes for sheet in programme.sheets]
    return tuple(dict.fromkeys(asked))


def languages_of(protocol: Protocol) -> tuple[str, ...]:
    """Those of the trial's languages that instruments can be shown in."""
    return tuple(language for language in LANGUAGES if language in protocol.languages)


def packs_of(trial: Trial) -> list[int]:
    """The numbers of the packs that the trial uses, in the order in which it took them up (one query).

    This is what `new_sitting(packs=...)` takes.
    """
    return list(trial.adopted_packs.order_by("pk").values_list("pack__number", flat=True))


def wordings_of(trial: Trial) -> list[WordingInForce]:
    """How the trial words each of its instruments in each of its languages (five queries, however many)."""
    version = trial.latest_version()
    if version is None:
        return []
    chosen = wordings.in_force(packs_of(trial))
    signed = {tuple(pair) for signature in trial.wording_signatures.all() for pair in signature.wordings}
    return [
        WordingInForce(
            catalogue.load(slug), language, chosen.get(slug, {}).get(language), is_signed=(slug, language) in signed
        )
        for slug in instruments_of(version.protocol)
        for language in languages_of(version.protocol)
    ]


def wordings_are_settled(trial: Trial) -> bool:
    """Whether the trial may go live, as far as its wordings go."""
    return all(wording.is_settled for wording in wordings_of(trial))


def why_wordings_are_not_settled(trial: Trial) -> str:
    """The sentence for the checklist; "" when they are."""
    unsettled: dict[str, list[str]] = {}
    for wording in wordings_of(trial):
        if not wording.is_settled:
            unsettled.setdefault(wording.instrument.abbreviation, []).append(wording.language)
    if not unsettled:
        return ""
    listed = ", ".join(f"{name} ({', '.join(languages)})" for name, languages in unsettled.items())
    return _("Load a wording pack or sign for these, under Instruments: %(listed)s.") % {"listed": listed}


@transaction.atomic
def adopt_pack(*, trial: Trial, pack: WordingPack, actor: Any, reason: str = "") -> AdoptedPack:
    """The trial uses the pack in sittings made from now on. Taking up the last one again changes nothing."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if trial.stage in CLOSED_STAGES:
        raise WordingRefused(_("The data are locked. Nothing is asked any more, so no wording can change."))
    last = trial.adopted_packs.order_by("-pk").first()
    if last is not None and last.pack_id == pack.pk:
        return last
    if trial.stage != Stage.DRAFT and not reason.strip():
        raise WordingRefused(_("The trial is running. Give the reason why its wordings change."))
    adopted = AdoptedPack.objects.create(
        trial=trial, pack=pack, reason=reason.strip(), adopted_at=clock.now(), adopted_by=actor
    )
    record(
        "wordings.pack_adopted",
        trial=trial,
        actor=actor,
        reason=reason.strip(),
        number=pack.number,
        sha256=pack.sha256,
    )
    return adopted


@transaction.atomic
def load_pack_in(*, trial: Trial, data: bytes, file_name: str, actor: Any) -> WordingPack:
    """Store a pack from the trial's page, which its trail keeps. It is used by nobody yet."""
    pack = wordings.load_pack(data=data, file_name=file_name)
    record("wordings.pack_loaded", trial=trial, actor=actor, number=pack.number, sha256=pack.sha256)
    return pack


@transaction.atomic
def sign_for_wordings(*, trial: Trial, actor: Any, reason: str) -> WordingSignature:
    """The principal investigator answers for every wording that is not settled at this moment."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    unsettled = [(each.instrument.slug, each.language) for each in wordings_of(trial) if not each.is_settled]
    if not unsettled:
        raise WordingRefused(_("Every wording is settled already. There is nothing to sign for."))
    if not reason.strip():
        raise WordingRefused(_("Write why these wordings may be used. It stands in the audit trail."))
    signature = WordingSignature.objects.create(
        trial=trial, wordings=unsettled, reason=reason.strip(), signed_at=clock.now(), signed_by=actor
    )
    listed = [" ".join(pair) for pair in unsettled]
    record("wordings.signed_for", trial=trial, actor=actor, reason=reason.strip(), wordings=listed)
    return signature
