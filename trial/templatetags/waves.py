"""Waves and their mails in words."""

from datetime import datetime

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trial.messages.models import Kind, OutgoingMail
from trial.protocol.schema import Protocol
from trial.waves import timing

register = template.Library()


@register.filter
def last_moment(end: datetime) -> datetime:
    """The last moment before an end: its day is the one that people are told."""
    return timing.last_moment(end)


@register.filter
def mail_name(kind: str, number: int) -> str:
    """What a mail is called: “reminder of questionnaires 2”."""
    label = str(Kind(kind).label)
    return _("%(mail)s %(number)s") % {"mail": label, "number": number} if number else label


@register.filter
def coming_name(number: int) -> str:
    """What a mail of a wave is called before it is one."""
    return mail_name(Kind.WAVE_REMINDER if number else Kind.WAVE_OPEN, number)


@register.filter
def wave_name(mail: OutgoingMail, protocol: Protocol | None) -> str:
    """What the wave of a mail is called in the protocol, in the language of the page."""
    found = next((wave for wave in protocol.waves if wave.id == mail.wave), None) if protocol else None
    return found.name.in_language(get_language() or "en") if found else mail.wave
