"""What a sheet's page is made of."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from questionnaires.forms import SKIP
from questionnaires.pages import Question, Section

register = template.Library()


@register.simple_tag
def items_on_page(section: Section, say_open: bool) -> SafeString:
    """A section's items with their buttons."""
    part, language = section.part.key, get_language() or "en"
    return SafeString("".join(_written(each, part, say_open and each.is_open, language) for each in section.questions))


@lru_cache(maxsize=4096)
def _written(question: Question, part_key: str, has_note: bool, language: str) -> SafeString:
    """Written once for each wording, language and answer, since a page of 28 took half its time for this.

    It holds an item and a code and nothing of a person.
    """
    words = {"question": question, "part_key": part_key, "has_note": has_note, "skip": SKIP}
    return SafeString(render_to_string("questionnaires/item.html", words))
