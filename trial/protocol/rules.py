"""What must agree across the parts of a protocol. A rule is written as if everything had been read."""

from collections.abc import Iterator

from trial.protocol import rules_analysis, rules_conduct, rules_enrolment
from trial.protocol.kinds import InstrumentScores
from trial.protocol.mistakes import Mistake
from trial.protocol.schema import Protocol
from trial.protocol.unread import until_unread


def broken_rules(protocol: Protocol, instruments: InstrumentScores) -> Iterator[Mistake]:
    """Every mistake that no single value shows; `protocol` may contain UNREAD."""
    for rule in rules_enrolment.RULES + rules_conduct.RULES:
        yield from until_unread(rule, protocol)
    for rule_of_scores in rules_analysis.RULES:
        yield from until_unread(rule_of_scores, protocol, instruments)
