"""What django-allauth asks of us: invitation only, mails in the person's language, secrets encrypted at rest."""

import logging
import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_noop, ngettext_lazy

from trial.people import encryption
from trial.people.models import User
from trial.people.services import record_account_event

logger = logging.getLogger(__name__)

# Sentences of Django and django-allauth that people here meet. Their Spanish is formal or scolds; listed here, they
# come into our catalogue, which wins over the packages' own.
BORROWED = (
    gettext_noop("This field is required."),
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Enter a number."),
    gettext_noop("Enter a valid date."),
    gettext_noop("Enter a valid time."),
    gettext_noop("Enter a valid date/time."),
    gettext_noop("Ensure this value is less than or equal to %(limit_value)s."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    gettext_noop("Select a valid choice. %(value)s is not one of the available choices."),
    gettext_noop("The password is too similar to the %(verbose_name)s."),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    gettext_noop("Your password can’t be a commonly used password."),
    gettext_noop("Forgot your password?"),
    gettext_noop("The email address and/or password you specified are not correct."),
    gettext_noop("Please type your current password."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("Use your password"),
    gettext_noop("Use authenticator app or code"),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made when a principal investigator adds a member to a trial."""
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """In the account's language, with the site's own address: whoever asks may sit anywhere and send any Host.

        Whether the mail server is away must not tell who has an account.
        """
        path = urlsplit(context["password_reset_url"]).path
        try:
            with translation.override(user.language):
                super().send_password_reset_mail(
                    user, email, {**context, "password_reset_url": settings.SITE_URL + path}
                )
        except OSError:
            logger.exception("A password reset mail could not be sent")

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Keep in the trail and tell the owner what was changed about an account.

        The change is done: a mail server that is away must not hide it.
        """
        record_account_event(user, template_prefix.rpartition("/")[2], actor=user)
        try:
            with translation.override(user.language):
                super().send_notification_mail(template_prefix, user, context, email)
        except OSError:
            logger.exception("A notice could not be sent: %s", template_prefix)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """With a second factor set up, only that proves who is asking: a password may have been watched."""
        methods = super().get_reauthentication_methods(user)
        by_code = [method for method in methods if method["id"] == "mfa_reauthenticate"]
        return by_code or methods

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whoever signed in within the last minutes has just proved what would be asked for again."""
        request = current.request
        records = get_authentication_records(request, request.user)
        fresh = bool(records) and time.time() - records[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT
        return not fresh and super().is_reauthentication_required(app=app)


class EncryptedMFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)
