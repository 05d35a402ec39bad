"""The flow in words, in the language that is active."""

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from trial.flow import counts
from trial.flow.counting import before_start_reason
from trial.protocol.schema import Protocol


def reason_words(reason: str, protocol: Protocol) -> str:
    """Why people left at one point: the protocol's own words for a criterion, else ours."""
    ours = {
        counts.DECLINED: _("Declined or withdrew before"),
        counts.UNDER_WAY: _("Still open"),
        counts.BASELINE_UNFINISHED: _("First questionnaires not handed in"),
        counts.WITHDREW: _("Withdrew"),
        counts.DID_NOT_ANSWER: _("Did not answer"),
        counts.NOT_IN_THE_SET: _("Not in this set"),
        counts.DATA_WITHDRAWN: _("Took back the use of the data"),
        counts.NEVER_CAME: _("Came to no session"),
    }
    if reason in ours:
        return ours[reason]
    return protocol.criterion(reason).reason.in_language(get_language() or "en")


def before_start_words(protocol: Protocol) -> str:
    """“Withdrew before the programme started”, or what the protocol calls it."""
    return reason_words(before_start_reason(protocol), protocol)


def box_words(box: str, protocol: Protocol) -> str:
    """What a box of the flow is called; see `trial.flow.counting.members`."""
    if box.startswith("wave-"):
        wave = protocol.wave(box.removeprefix("wave-")).name.in_language(get_language() or "en")
        return _("Answered: %(wave)s") % {"wave": wave}
    return {
        "registered": pgettext("people in the flow", "Registered"),
        "without-consent": _("No consent"),
        "consented": _("Gave consent"),
        "unassessed": _("Not assessed"),
        "assessed": _("Assessed for eligibility"),
        "not-randomised": _("Not randomised"),
        "randomised": _("Randomised"),
        "analysed": _("Analysed"),
    }[box]
