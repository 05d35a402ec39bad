"""A protocol as a closed report may know it: arms are letters, and nothing is left that tells which is which. Pure.

It is made from the protocol and the number of its arms alone. Which arm a letter stands for is known only behind
`trial.allocation.visibility`, so nothing written from this protocol can say it.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from trial.allocation.masks import letters_for
from trial.protocol.kinds import Text
from trial.protocol.schema import Protocol
from trial.protocol.schema_analysis import Contrast
from trial.protocol.schema_enrolment import Arm


def closed_protocol(protocol: Protocol) -> Protocol:
    """Return the protocol with letters for arms, the first letter as reference, and every pair of letters compared.

    A comparator would be known by being the reference, or by standing in every contrast.
    """
    letters = letters_for(len(protocol.arms))
    contrasts = tuple(_contrasts(protocol, letters))
    analysis = replace(protocol.analysis, reference_arm=letters[0], contrasts=contrasts)
    return replace(protocol, arms=tuple(_arms(protocol, letters)), analysis=analysis)


def has_unequal_ratio(protocol: Protocol) -> bool:
    """Whether the numbers of people can tell the letters apart."""
    return len({arm.ratio for arm in protocol.arms}) > 1


def _arms(protocol: Protocol, letters: tuple[str, ...]) -> Iterator[Arm]:
    """Alike but for the letter. The ratios are sorted: it is kept that they differ, and not whose is which."""
    for letter, ratio in zip(letters, sorted(arm.ratio for arm in protocol.arms), strict=True):
        words = _everywhere(protocol, letter)
        yield Arm(id=letter, short=letter, name=words, role="programme", ratio=ratio, told=words)


def _contrasts(protocol: Protocol, letters: tuple[str, ...]) -> Iterator[Contrast]:
    """The later letter less the earlier one, at each wave at which the plan compares anybody; named by the wave."""
    planned = {contrast.wave for contrast in protocol.analysis.contrasts}
    for wave in (each for each in protocol.waves if each.id in planned):
        for against, arm in combinations(letters, 2):
            yield Contrast(id=f"{arm}-{against}-{wave.id}", name=wave.name, arm=arm, against=against, wave=wave.id)


def _everywhere(protocol: Protocol, word: str) -> Text:
    return Text(tuple((language, word) for language in protocol.languages))
