"""What a closed report says of itself before its results: what is in it, and what can give the letters away."""

from django.utils.translation import gettext as _

from analysis.closed import has_unequal_ratio
from trial.protocol.schema import Protocol


def closed_words(stamp: str, protocol: Protocol) -> list[tuple[str, str]]:
    """Paragraphs, each with its first words in bold."""
    apart = _(
        "The groups are truly apart and stand under letters, the same ones in every closed report of this trial. Which "
        "letter is which group stands nowhere in it. Whatever follows a group is left out: sessions, attendance, the "
        "programme received, crossing over. The first letter is the reference and all letters are compared, whatever "
        "the plan calls its comparator."
    )
    results = _(
        "A large difference can suggest which group is which, and so can how many did not answer. Nobody outside of "
        "the committee may see these figures while the groups are masked."
    )
    ratio = _(
        "The protocol puts more people into one group than into another. The numbers of people in this report can tell "
        "which letter is which."
    )
    told = [(stamp + ".", apart), (_("What can give the groups away."), results)]
    return [*told, (_("The groups are of unequal size by plan."), ratio)] if has_unequal_ratio(protocol) else told
