"""A participant's way into the study and through it."""

from django.core.cache import cache
from django.db import transaction

from trial.messages.services import ask_for_personal_link
from trial.people.encryption import blind_index
from trial.people.models import ContactDetails

# Enough for a person who mistypes and tries again; too few to search for addresses or to flood a mailbox.
LINKS_PER_ADDRESS_AND_HOUR = 3
REQUESTS_PER_PLACE_AND_HOUR = 30


@transaction.atomic
def ask_for_link_by_email(email: str, *, asked_from: str) -> int:
    """Queue a mail with a fresh link for each study that knows this address; returns how many.

    `asked_from` is the network address of the request, counted for an hour and not stored elsewhere.
    """
    key = blind_index(email)
    if _too_often(f"link-from:{blind_index(asked_from)}", REQUESTS_PER_PLACE_AND_HOUR):
        return 0
    if _too_often(f"link-to:{key}", LINKS_PER_ADDRESS_AND_HOUR):
        return 0
    contacts = list(ContactDetails.objects.with_email(email).select_related("participant__trial"))
    for contact in contacts:
        ask_for_personal_link(contact.participant)
    return len(contacts)


def _too_often(key: str, allowed: int) -> bool:
    cache.add(key, 0, timeout=3600)
    return cache.incr(key) > allowed
