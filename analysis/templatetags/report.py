"""Small pieces of the report's page."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def said(words: str) -> SafeString:
    """Text in which *x* is an italic symbol."""
    parts = [format_html("<i>{}</i>", part) if place % 2 else part for place, part in enumerate(words.split("*"))]
    return format_html_join("", "{}", ((part,) for part in parts))


@register.filter
def drawn(svg: str) -> SafeString:
    """A drawing of a report's document. Our own code drew it and escaped every word in it."""
    return mark_safe(svg)  # noqa: S308


@register.filter
def labelled(row: Sequence[str], columns: Sequence[str]) -> list[tuple[str, str]]:
    """Each figure of a row with the heading of its column, which a phone shows before it."""
    return [(cell, head.replace("*", "")) for cell, head in zip(row[1:], columns[1:], strict=True)]


@register.filter
def short_hash(value: str) -> str:
    """The first eight and the last four characters of a hash; anything else as it is."""
    return f"{value[:8]}…{value[-4:]}" if len(value) == 64 else value


@register.filter
def is_hash(value: str) -> bool:
    return len(value) == 64


@register.filter
def file_words(kind: str) -> str:
    """What a file holds."""
    return {
        "pdf": _("Report"),
        "tables": _("All estimates"),
        "figures": _("Figures"),
        "data": _("Data and plan"),
        "plan": _("Plan"),
    }[kind]


@register.filter
def file_form(kind: str) -> str:
    return {"pdf": "PDF", "tables": "CSV", "figures": "SVG, PNG", "data": "CSV", "plan": "JSON"}[kind]
