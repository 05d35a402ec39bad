"""What stands in a mail. Each kind has a writer, named in settings.MAIL_WRITERS, in the room that knows the matter.

A writer is called at the moment of sending. It returns None when the mail is no longer due, and Later when it is not
due yet. What it locks stays locked until the mail has left, so that nothing makes it untrue in between.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from trial.messages.models import OutgoingMail
from trial.people.models import Participant
from trial.people.services import issue_link


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail needs besides its template. `link` is a path of this site."""

    to: str
    language: str
    link: str = ""
    words: dict[str, object] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """The mail is due, and must not leave before this moment."""

    not_before: datetime


Writer = Callable[[OutgoingMail], Letter | Later | None]


def letter(mail: OutgoingMail) -> Letter | Later | None:
    writer = cast(Writer, import_string(settings.MAIL_WRITERS[mail.kind]))
    return writer(mail)


def with_link(participant: Participant) -> Letter:
    """A letter to a participant that brings a new personal link."""
    link = reverse("enrolment:link", args=[issue_link(participant=participant)])
    return Letter(participant.contact.email, participant.language, link)


def staff_invitation(mail: OutgoingMail) -> Letter | None:
    user = mail.user
    if user is None:
        return None
    key = default_token_generator.make_token(user)
    link = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
    return Letter(user.email, user.language, link, {"name": user.name})


def test(mail: OutgoingMail) -> Letter | None:
    user = mail.user
    if user is None:
        return None
    return Letter(user.email, user.language, reverse("desk:move_stage", args=[mail.trial.slug]), {"name": user.name})
