"""Designs and their figures in words."""

from django import template
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.allocation.advice import Sentence
from trial.allocation.designs import CohortDraw
from trial.allocation.lists import ListDesign

register = template.Library()

NAMES = {
    "cohort_draw": gettext_lazy("cohort draw"),
    "maximal": gettext_lazy("maximal procedure"),
    "big_stick": gettext_lazy("big stick"),
    "permuted_blocks": gettext_lazy("permuted blocks"),
    "simple": gettext_lazy("simple randomisation"),
}


@register.filter
def advised(sentence: Sentence) -> str:
    """A sentence about a design in the language of the page, its numbers written as there."""
    return _(sentence.text) % {name: _written(value) for name, value in sentence.values}


def _written(value: float) -> str:
    return str(formats.localize(int(value) if value == int(value) else value))


@register.filter
def design_name(design: CohortDraw | ListDesign) -> str:
    """“permuted blocks of 4, 8”, “maximal procedure, tolerance 4”."""
    said = {"name": str(NAMES[design.method])}
    if sizes := getattr(design, "sizes", ()):
        return _("%(name)s of %(sizes)s") % {**said, "sizes": ", ".join(map(str, sizes))}
    if mti := getattr(design, "mti", 0):
        return _("%(name)s, tolerance %(mti)s") % {**said, "mti": mti}
    return said["name"]
