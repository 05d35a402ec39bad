"""Items 17 to 20 of CONSORT 2025 (sequence, mechanism, implementation, masking), written from the trial's own facts.

Not for those who enrol or assign: it states the restriction of the design.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trial.allocation.services.record_facts import LEARN_ARMS, MASKED, AllocationFacts, allocation_facts
from trial.people.models import Role
from trial.protocol.models import ProtocolVersion, Trial


@dataclass(frozen=True)
class Item:
    number: str
    heading: str
    text: str


def consort_items(trial: Trial, version: ProtocolVersion, language: str) -> tuple[Item, ...]:
    """One paragraph an item, in that language."""
    facts = allocation_facts(trial, version)
    with translation.override(language):
        return (
            Item("17a", _("Who generated the sequence, and how"), _generated(facts)),
            Item("17b", _("Type of randomisation, and restrictions"), _type(facts)),
            Item("18", _("How the sequence was concealed"), _concealed(facts)),
            Item("19", _("Access of those who enrolled and assigned"), _access(facts)),
            Item("20a", _("Who was masked"), _masked(facts)),
            Item("20b", _("How they were masked"), _how_masked(facts)),
        )


def _said(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _listed(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)


def _is_drawn_at_once(facts: AllocationFacts) -> bool:
    return facts.version.protocol.randomisation.method == "cohort_draw"


def _days(facts: AllocationFacts) -> str:
    return _listed(date_format(made.on, _("j F Y")) for made in facts.made)


def _generated(facts: AllocationFacts) -> str:
    if not facts.made:
        return _("No allocation sequence has been generated yet.")
    asked = ""
    if facts.asked_by:
        asked = _("It was asked for by: %(roles)s.") % {"roles": _listed(role.label for role in facts.asked_by)}
    if _is_drawn_at_once(facts):
        drawn = _(
            "The program (Equipoise) generated the allocation of each closed cohort from a secret of 256 bits, drawn "
            "from the random source of the operating system when the cohort was closed (%(days)s)."
        )
        return _said(drawn % {"days": _days(facts)}, asked)
    drawn = _(
        "The program (Equipoise) drew the allocation list from the random source of the operating system, without a "
        "seed, and sealed it in the same moment (%(days)s). Nobody saw it."
    )
    before = _("That was before the first participant consented.") if facts.before_first_consent else ""
    return _said(drawn % {"days": _days(facts)}, before, asked)


def _type(facts: AllocationFacts) -> str:
    plan, arms = facts.version.protocol.randomisation, facts.version.protocol.arms
    words = {
        "ratio": " : ".join(str(arm.ratio) for arm in arms),
        "mti": plan.mti,
        "sizes": _listed(plan.block_sizes),
    }
    said = {
        "cohort_draw": _(
            "Everybody of a closed cohort was randomised at once, in the ratio %(ratio)s; a place that could not be "
            "divided went to an arm by chance."
        ),
        "maximal": _(
            "Maximal procedure in the ratio %(ratio)s: every list in which the numbers of the arms never differ by "
            "more than %(mti)s was equally likely."
        ),
        "big_stick": _(
            "Big stick design in the ratio %(ratio)s: by a coin, except where the numbers of the arms differed by "
            "%(mti)s; there the smaller arm was next."
        ),
        "permuted_blocks": _("Permuted blocks in the ratio %(ratio)s; sizes of the blocks: %(sizes)s."),
        "simple": _("Simple randomisation in the ratio %(ratio)s, without any restriction."),
    }
    return _said(said[plan.method] % words, _("There was no stratification."))


def _concealed(facts: AllocationFacts) -> str:
    numbers = {"randomised": facts.randomised, "places": facts.places}
    published = _("Published before use: %(values)s.") % {"values": _listed(made.published for made in facts.made)}
    if _is_drawn_at_once(facts):
        return _said(
            _(
                "The members of a cohort were settled when it was closed: consent, eligibility and baseline were "
                "checked by the program. A commitment to the list of its members, the protocol and the secret was "
                "published before the draw, which followed from them. Groups were told after a receipt had been "
                "stored in two places, to all of a cohort at once."
            ),
            _("Randomised so far: %(randomised)s.") % numbers,
            published if facts.made else "",
        )
    return _said(
        _(
            "Each place of the list was encrypted by itself, under a key outside of the database, and bound by its "
            "position to a published hash (the root of a Merkle tree). The program gave the next place to one person "
            "at a time, in the order in which they were ready, after it had checked consent, eligibility and "
            "baseline; nobody could choose, skip, see or free a place. Groups were told after a receipt had been "
            "stored in two places."
        ),
        _("Randomised so far: %(randomised)s, of %(places)s places.") % numbers,
        published if facts.made else "",
    )


def _access(facts: AllocationFacts) -> str:
    enrolled = ngettext(
        "%(count)s person was %(role)s, and so invited participants and had them assigned by pressing a button.",
        "%(count)s people were %(role)s, and so invited participants and had them assigned by pressing a button.",
        facts.enrollers,
    ) % {"count": facts.enrollers, "role": Role.RECRUITER.label}
    return _said(
        enrolled,
        _("No page, export, mail or log gave them, or anybody else, access to the sequence before it was used."),
        _(
            "Whoever ran the site held the key of the encryption, apart from the database; both together would open "
            "what was sealed."
        ),
        _knew_earlier_arms(facts),
    )


def _knew_earlier_arms(facts: AllocationFacts) -> str:
    if not facts.both:
        return _("None of those who enrolled held a role that learns groups after they are told.")
    return ngettext(
        "%(count)s of those who enrolled also held a role that learns groups after they are told, and so knew earlier "
        "allocations: concealment of the next one rested on the design.",
        "%(count)s of those who enrolled also held roles that learn groups after they are told, and so knew earlier "
        "allocations: concealment of the next one rested on the design.",
        facts.both,
    ) % {"count": facts.both}


def _masked(facts: AllocationFacts) -> str:
    masked = [role.label for role in MASKED if role in facts.roles_held]
    learned = [role.label for role in LEARN_ARMS if role in facts.roles_held]
    said = [_("Participants knew their own group once they were told.")]
    if learned:
        said.append(_("Not masked, from then on: %(roles)s.") % {"roles": _listed(learned)})
    if masked:
        said.append(
            _("Masked until the data were locked and the trial unmasked: %(roles)s.") % {"roles": _listed(masked)}
        )
    if Role.COMMITTEE in facts.roles_held:
        said.append(_("The data monitoring committee could read results with the groups under letters."))
    if Role.STATISTICIAN in facts.roles_held:
        said.append(_("Before that, the program gave those who analyse the data shuffled labels only."))
    return _said(*said)


def _how_masked(facts: AllocationFacts) -> str:
    emergencies = ngettext(
        "The group of %(count)s participant was opened in an emergency.",
        "The groups of %(count)s participants were opened in an emergency.",
        facts.emergencies,
    ) % {"count": facts.emergencies}
    flagged = ngettext(
        "%(count)s participant was randomised in error, and is analysed as randomised.",
        "%(count)s participants were randomised in error, and are analysed as randomised.",
        facts.flagged,
    ) % {"count": facts.flagged}
    return _said(
        _(
            "Pages, exports, mails and the audit trail of masked roles were the same whatever the group. "
            "Questionnaires, their times and their reminders were equal in all groups."
        ),
        _("The trial is unmasked.") if facts.is_unmasked else _("The trial is not unmasked yet."),
        emergencies if facts.emergencies else _("No group was opened in an emergency."),
        flagged if facts.flagged else "",
    )
