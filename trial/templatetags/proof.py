"""What everybody may know of a trial's draws, for pages of rooms that know nothing of allocation."""

from django import template

from trial.allocation import services as allocation
from trial.protocol.models import Trial

register = template.Library()


@register.inclusion_tag("includes/published_draws.html")
def published_draws(trial: Trial) -> dict[str, object]:
    """Commitments and heads of receipts, as soon as there are any (three queries)."""
    return {"trial": trial, "proofs": allocation.published(trial), "is_opened": allocation.is_opened(trial)}
