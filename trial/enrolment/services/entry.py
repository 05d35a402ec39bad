"""The way in: asking for one's link, signing up, signing a consent document."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import record
from trial.enrolment import guards
from trial.enrolment.guards import EnrolmentRefused, refusals_recorded
from trial.enrolment.models import Consent, ConsentSignature, name_hash, new_salt
from trial.enrolment.wording import Wording, wording
from trial.messages.services import ask_for_consent_copy, ask_for_personal_link
from trial.people.encryption import blind_index
from trial.people.models import ContactDetails, Participant
from trial.people.services import register_participant
from trial.protocol.models import ProtocolVersion, Trial

# Enough for a person who mistypes and tries again; too few to search for addresses or to flood a mailbox.
LINKS_PER_ADDRESS_AND_HOUR = 3
REQUESTS_PER_PLACE_AND_HOUR = 30
# A lecture hall behind one network address may sign up together.
SIGN_UPS_PER_PLACE_AND_HOUR = 300


@dataclass(frozen=True, slots=True)
class Signed:
    """What a person hands in under a consent document: the text as it was shown, the ticks and the typed name."""

    document: str
    text_sha256: str
    statements: tuple[str, ...]
    name: str


@transaction.atomic
def ask_for_link_by_email(email: str, *, asked_from: str) -> int:
    """Queue a mail with a fresh link for each study that knows this address; returns how many.

    `asked_from` is the network address of the request, counted for an hour and not stored elsewhere.
    """
    if _too_often(f"link-from:{blind_index(asked_from)}", REQUESTS_PER_PLACE_AND_HOUR):
        return 0
    if _too_often(f"link-to:{blind_index(email)}", LINKS_PER_ADDRESS_AND_HOUR):
        return 0
    contacts = list(ContactDetails.objects.with_email(email).select_related("participant__trial"))
    for contact in contacts:
        ask_for_personal_link(contact.participant)
    return len(contacts)


def _too_often(key: str, allowed: int) -> bool:
    cache.add(key, 0, timeout=3600)
    return cache.incr(key) > allowed


@refusals_recorded
def sign_up(*, trial: Trial, email: str, signed: Signed, asked_from: str) -> None:
    """Take up a person who has read and signed, and mail the personal link.

    Says nothing: whoever is in the study already gets a mail with the own link instead, and the page that
    follows is the same. Their signature is not stored, since nobody knows yet who wrote the address.
    """
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    guards.must_recruit(trial)
    version = guards.version_in_force(trial)
    _check(signed, wording_in_force(version, signed.document))
    if _too_often(f"sign-up-from:{blind_index(asked_from)}", SIGN_UPS_PER_PLACE_AND_HOUR):
        raise EnrolmentRefused(
            "too_many", _("Very many people sign up from your network. Try again in an hour; nothing was stored.")
        )
    known = ContactDetails.objects.with_email(email).filter(trial=trial).select_related("participant__trial").first()
    if known:
        if not _too_often(f"link-to:{blind_index(email)}", LINKS_PER_ADDRESS_AND_HOUR):
            ask_for_personal_link(known.participant)
        return
    participant = register_participant(
        trial=trial, email=email, name=signed.name, language=get_language() or "en", actor=None
    )
    _sign(participant, version, signed)
    ask_for_personal_link(participant)


def wording_in_force(version: ProtocolVersion, document: str = "") -> Wording:
    """A consent document of the protocol, the first if none is named, in the language of the page."""
    documents = version.protocol.consent_documents
    found = next((each for each in documents if each.id == document or not document), None)
    if found is None:
        raise EnrolmentRefused("text", _("There is no such document in this study. Load the page again."))
    return wording(version.protocol, found, get_language() or "en")


@refusals_recorded
def give_consent(*, participant: Participant, version: ProtocolVersion, signed: Signed) -> Consent:
    """Store a signature under the document in force; signing the same version twice is signing once."""
    participant = guards.locked(participant)
    guards.must_be_of(version.trial, participant)
    facts = guards.facts_of(participant, guards.version_in_force(participant.trial))
    guards.must_still_take_part(facts)
    if not facts.given:
        guards.must_recruit(participant.trial)
    shown = wording_in_force(guards.version_in_force(participant.trial), signed.document)
    earlier = participant.consents.filter(document=shown.document, version=shown.version).first()
    if earlier:
        return earlier
    _check(signed, shown)
    return _sign(participant, guards.version_in_force(participant.trial), signed)


def _check(signed: Signed, shown: Wording) -> None:
    if signed.text_sha256 != shown.sha256:
        raise EnrolmentRefused("text", _("The text has changed while you were reading. Please read it once more."))
    if not shown.required <= set(signed.statements):
        raise EnrolmentRefused("statements", _("There is no consent without each sentence that is not optional."))
    if not signed.name.strip():
        raise EnrolmentRefused("name", _("Type your name. It is your signature."))


def _sign(participant: Participant, version: ProtocolVersion, signed: Signed) -> Consent:
    shown, salt, name = wording_in_force(version, signed.document), new_salt(), signed.name.strip()
    ticked = [tick.id for tick in shown.ticks if tick.id in signed.statements]
    consent = Consent.objects.create(
        participant=participant,
        protocol_version=version,
        document=shown.document,
        version=shown.version,
        language=shown.language,
        text_sha256=shown.sha256,
        statements=ticked,
        name_sha256=name_hash(salt, name),
        given_at=clock.now(),
    )
    ConsentSignature.objects.create(consent=consent, name=name, salt=salt)
    ask_for_consent_copy(consent, participant)
    record(
        "consent.given",
        trial=participant.trial,
        participant=participant,
        by_participant=True,
        document=shown.document,
        version=shown.version,
        text_sha256=shown.sha256,
    )
    return consent
