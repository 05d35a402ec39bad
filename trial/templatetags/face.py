"""Small pieces of the face that templates say often."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from django import template
from django.db.models import Choices
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from questionnaires import windows
from questionnaires.catalogue import load
from trial.protocol.kinds import Text
from trial.protocol.schema_conduct import Wave

register = template.Library()

# Spanish says "e" for "y" before this sound: "bloques e iconos", but "agua y hielo".
SOUNDS_LIKE_I = re.compile(r"h?[ií](?![aeou])", re.IGNORECASE)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """An icon of icons.svg. It decorates: the word beside it says what is meant."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#i-{}"/></svg>', static("trial/icons.svg"), name
    )


@register.filter
def spoken(text: Text | None) -> str:
    """A protocol's text in the language of the page."""
    return text.in_language(get_language() or "en") if text else ""


@register.filter
def in_words(names: list[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    *most, last = [str(name) for name in names]
    if not most:
        return last
    if SOUNDS_LIKE_I.match(last):
        joined = pgettext("before the sound i", "%(most)s and %(last)s")
    else:
        joined = _("%(most)s and %(last)s")
    return joined % {"most": ", ".join(most), "last": last}


@register.filter
def labels(choices: Iterable[Choices]) -> list[str]:
    """The words of some choices of one kind."""
    return [str(choice.label) for choice in choices]


@register.filter
def hours(minutes: int) -> str:
    """“45 minutes”, “16 hours”, “1 hour 45 minutes”."""
    whole, rest = divmod(minutes, 60)
    said = []
    if whole:
        said.append(ngettext("%(n)d hour", "%(n)d hours", whole) % {"n": whole})
    if rest or not whole:
        said.append(ngettext("%(n)d minute", "%(n)d minutes", rest) % {"n": rest})
    return " ".join(said)


@register.filter
def opening(wave: Wave) -> str:
    """When a wave opens, in words: “10 days before the start of the programme”."""
    anchors = {
        "consent": pgettext("after a preposition", "consent"),
        "allocation": pgettext("after a preposition", "allocation"),
        "programme_start": pgettext("after a preposition", "the start of the programme"),
        "programme_end": pgettext("after a preposition", "the end of the programme"),
    }
    days, anchor = abs(wave.opens_days), anchors[wave.anchor]
    if days == 0:
        return _("on the day of %(anchor)s") % {"anchor": anchor}
    if wave.opens_days < 0:
        said = ngettext("%(days)d day before %(anchor)s", "%(days)d days before %(anchor)s", days)
    else:
        said = ngettext("%(days)d day after %(anchor)s", "%(days)d days after %(anchor)s", days)
    return said % {"days": days, "anchor": anchor}


@register.filter
def last_day(end: datetime) -> str:
    """“Wednesday 23 December”, where all of that day counts; else with the hour. In the time zone of the page."""
    zone = timezone.get_current_timezone()
    day = windows.last_day(end, zone)
    if windows.ends_with_the_day(end, zone):
        return date_format(day, pgettext("after until", "l j F"))
    return date_format(timezone.localtime(end), pgettext("after until", "l j F, H:i"))


@register.filter
def in_fours(secret: str) -> str:
    """A secret in groups of four, to be typed; apps ignore the spaces."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@register.filter
def instrument_title(slug: str) -> str:
    """What an instrument is called, in the language of the page."""
    return load(slug).title.in_language(get_language() or "en")


@register.filter
def grouped(digest: str) -> str:
    """A hash in groups of eight, so that two people can compare it aloud."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
