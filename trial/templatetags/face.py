"""Small pieces of the face that templates say often."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from trial.protocol.schema import Text

register = template.Library()


@register.simple_tag
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
def grouped(digest: str) -> str:
    """A hash in groups of eight, so that two people can compare it aloud."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
