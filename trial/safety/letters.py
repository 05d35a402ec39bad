"""Mails to those who answer for safety. No code, no score, no answer: a mailbox is read by others."""

from django.urls import reverse

from trial.messages.letters import Letter
from trial.messages.models import OutgoingMail
from trial.safety.models import SafetyCase, SafetyCaseQuerySet


def safety_case(mail: OutgoingMail) -> Letter | None:
    """Due while any case of the trial is without an owner; it names the nearest deadline."""
    return _to_staff(mail, SafetyCase.objects.open().filter(owner__isnull=True))


def safety_escalation(mail: OutgoingMail) -> Letter | None:
    """Due while a case that is late is without an owner."""
    return _to_staff(mail, SafetyCase.objects.open().filter(owner__isnull=True, escalated_at__isnull=False))


def _to_staff(mail: OutgoingMail, waiting: SafetyCaseQuerySet) -> Letter | None:
    first = waiting.filter(trial=mail.trial).first()
    if mail.user is None or first is None:
        return None
    words: dict[str, object] = {"name": mail.user.name, "answer_by": first.answer_by}
    return Letter(mail.user.email, mail.user.language, reverse("desk:safety", args=[mail.trial.slug]), words)
