"""How numbers and names are written in a report: APA's way, in the language that is active."""

import math
from dataclasses import dataclass, field

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from analysis.frames import TrialFrames
from analysis.plan import Plan
from analysis.results import SetResults
from trial.flow import counts
from trial.flow.counts import FlowCounts
from trial.protocol.kinds import Text
from trial.protocol.schema import Protocol
from trial.protocol.schema_analysis import Outcome

MINUS = "−"


@dataclass
class Numbering:
    """Tables and figures are counted apart, in the order in which they stand."""

    tables: int = 0
    figures: int = 0

    def table(self) -> str:
        self.tables += 1
        return _("Table %(number)s") % {"number": self.tables}

    def figure(self) -> str:
        self.figures += 1
        return _("Figure %(number)s") % {"number": self.figures}


@dataclass(frozen=True)
class Material:
    """What every part of a report is written from."""

    protocol: Protocol
    plan: Plan
    frames: TrialFrames
    results: SetResults
    flow: FlowCounts
    numbering: Numbering = field(default_factory=Numbering)

    @property
    def is_rehearsal(self) -> bool:
        return self.frames.labels == "shuffled"

    @property
    def is_closed(self) -> bool:
        return self.frames.labels == "closed"

    @property
    def is_masked(self) -> bool:
        """Whether no arm may be known by its colour."""
        return self.frames.labels != "real"

    @property
    def simulated(self) -> str:
        return _("Simulated: none of these people exist") if self.frames.is_simulated else ""

    @property
    def warning(self) -> str:
        """What a report is that is not the final one."""
        if self.is_closed:
            return _("Closed report: for the data monitoring committee only")
        return _("Rehearsal: shuffled labels") if self.is_rehearsal else ""

    @property
    def stamp(self) -> str:
        """What stands on every page, table and figure of a report that must not be taken for a trial's final one."""
        return ". ".join(part for part in (self.simulated, self.warning) if part)

    @property
    def level(self) -> str:
        """The confidence level, such as "95"."""
        return f"{100 * (1 - self.plan.analysis.significance_level):g}"

    @property
    def interval_head(self) -> str:
        return _("%(level)s %% CI") % {"level": self.level}

    def arm(self, id: str) -> str:
        return self.plan.arm(id).short

    def arm_name(self, id: str) -> str:
        """The arm's whole name; a letter is told to be that of a group."""
        name = spoken(self.plan.arm(id).name)
        return _("Group %(letter)s") % {"letter": name} if self.is_closed else name

    def wave(self, id: str) -> str:
        return spoken(self.plan.wave(id).name)

    def in_set(self) -> str:
        """“*N* = 40 (CCT 18, WL 22)”."""
        people = self.results.people
        arms = ", ".join(f"{arm.short} {people[arm.id]}" for arm in self.plan.arms)
        return f"*N* = {sum(people.values())} ({arms})"

    def abbreviations(self) -> str:
        """“CCT = Compassion Cultivation Training, WL = Waiting list.”"""
        pairs = [f"{arm.short} = {spoken(arm.name)}" for arm in self.plan.arms if arm.short != spoken(arm.name)]
        return f"{', '.join(pairs)}." if pairs else ""

    def note(self, *sentences: str) -> str:
        """The note under a table; that of a rehearsal or a closed report says first what it is."""
        said = [self.stamp + "."] if self.stamp else []
        return " ".join([*said, *(sentence for sentence in sentences if sentence)])


def spoken(text: Text) -> str:
    return text.in_language(get_language() or "en")


def number(value: float, decimals: int = 2) -> str:
    """“−2.83”; a zero has no sign, and what does not exist is a dash."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def interval(low: float, high: float, decimals: int = 2) -> str:
    return f"[{number(low, decimals)}, {number(high, decimals)}]"


def p_value(p: float) -> str:
    """“.022”, “< .001”."""
    if not math.isfinite(p):
        return "–"
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def share(count: int, out_of: int) -> str:
    """“12 (71 %)”."""
    return f"{count} ({100 * count / out_of:.0f} %)" if out_of else str(count)


def decimals_for(se: float) -> int:
    """Two, or as many as give a small standard error two digits."""
    if not math.isfinite(se) or se <= 0:
        return 2
    return min(max(2, 1 - math.floor(math.log10(2 * se))), 6)


def within_sentence(name: str) -> str:
    """“Self-kindness” as it stands in the middle of a sentence; an abbreviation keeps its capitals."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def direction(outcome: Outcome) -> str:
    return {
        "better": _("higher is better"),
        "worse": _("lower is better"),
        "neither": pgettext("a scale without a good end", "neither end is better"),
    }[outcome.higher_is]


def reason(id: str, protocol: Protocol) -> str:
    """Why somebody left, in words: the protocol's own, or ours."""
    ours = {
        counts.DECLINED: _("withdrew before randomisation"),
        counts.UNDER_WAY: _("still under way"),
        counts.BASELINE_UNFINISHED: _("first questionnaires unfinished"),
        counts.WITHDREW: _("withdrew"),
        counts.DID_NOT_ANSWER: _("did not answer"),
        counts.NOT_IN_THE_SET: _("not in this set"),
        counts.DATA_WITHDRAWN: _("took back the use of the data"),
        counts.TOO_FEW_SESSIONS: _("too few sessions"),
    }
    return ours[id] if id in ours else spoken(protocol.criterion(id).reason)


def unavailable(why: str) -> str:
    """Why an analysis set is not there."""
    words = {
        "masked": _(
            "It follows from records of the programme, which follow the groups. It is computed once they are opened."
        ),
        "hints": _(
            "It follows from what people did besides, which hints at the groups. It is computed once they are opened."
        ),
        "not_recorded": _("It follows from answers or measurements that this version does not collect yet."),
    }
    return words[why]
