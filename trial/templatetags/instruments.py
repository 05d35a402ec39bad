"""What an instrument file says in one word, in the language of the page."""

from django import template
from django.utils.translation import gettext_lazy as _

from questionnaires.instrument import Score, Text

register = template.Library()

LICENCES = {
    "free": _("free to use"),
    "public_domain": _("public domain"),
    "commercial": _("sold: the site needs a licence"),
    "unverified": _("not clear yet: ask the authors"),
    "own": _("our own"),
}
DIRECTIONS = {"better": _("higher is better"), "worse": _("higher is worse"), "neutral": _("neither is better")}
CERTAINTIES = {
    "A": _("two sources agree, or data prove it"),
    "B": _("one source, and it passes a check"),
    "computed": _("computed from public data"),
    "own": _("our own layout"),
}
NORM_ROLES = {
    "functional": _("functional"),
    "dysfunctional": _("dysfunctional"),
    "reference": _("for comparison"),
}
SOURCE_ROLES = {
    "original": _("Original"),
    "translation": _("Translation"),
    "key": _("Scoring key"),
    "norms": _("Norms"),
    "cut_offs": _("Cut-offs"),
    "background": _("Background"),
}
STATISTICS = {"alpha": _("Cronbach's alpha"), "retest": _("retest")}
WORDS = {
    "licence": LICENCES,
    "direction": DIRECTIONS,
    "certainty": CERTAINTIES,
    "norm": NORM_ROLES,
    "source": SOURCE_ROLES,
    "statistic": STATISTICS,
}


@register.filter
def told_as(word: str, kind: str) -> object:
    """The words for `word`, which is of `kind` in an instrument file."""
    return WORDS[kind].get(word, word)


@register.filter
def computed(score: Score) -> object:
    """How a score is computed."""
    if score.kind == "count":
        return _("how many are answered")
    if score.made_of and score.divisor > 1:
        return _("sum divided by %(n)d") % {"n": score.divisor} if score.kind == "sum" else _("mean")
    return _("mean") if score.kind == "mean" else _("sum")


@register.filter
def text_in(text: Text, language: str) -> str:
    return text.in_language(language)


@register.filter
def at(table: dict, key: str) -> object:
    return table.get(key)
