"""The signed consent as PDF. The same consent gives the same bytes: only stored facts go in, and own fonts."""

import json
from datetime import datetime
from pathlib import Path

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from trial.enrolment.models import Consent
from trial.enrolment.wording import Block, Wording

TEMPLATE = Path(__file__).with_name("consent_copy.typ")


class SignatureChanged(Exception):
    """The stored name is not the one that was signed with."""


def consent_copy(consent: Consent) -> bytes:
    """A PDF of the text, the ticks and the signature, in the language that was signed."""
    if not consent.signature.is_the_signed_one:
        raise SignatureChanged(f"The name under consent {consent.pk} does not match its hash; look into the trail.")
    with translation.override(consent.language):
        words = _words(consent, consent.wording)
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"copy": json.dumps(words)},
        timestamp=int(consent.given_at.timestamp()),
    )


def _words(consent: Consent, shown: Wording) -> dict[str, object]:
    protocol = consent.protocol_version.protocol
    given_at = consent.given_at.astimezone(consent.protocol_version.zone)
    return {
        "study": protocol.short_name.in_language(shown.language),
        "simulated": _("Simulated") if consent.participant.trial.is_simulated else "",
        "full_title": protocol.title.in_language(shown.language),
        "language": shown.language.split("-")[0],
        "title": shown.title,
        "version": _("version %(version)s of %(day)s")
        % {"version": shown.version, "day": date_format(shown.dated, _("j F Y"))},
        "day": {"year": given_at.year, "month": given_at.month, "day": given_at.day},
        "blocks": [_block(block) for block in shown.blocks],
        "ticks": [{"words": tick.words, "ticked": tick.id in consent.statements} for tick in shown.ticks],
        "signed": _signature(consent, given_at),
        "sha256": " ".join(shown.sha256[start : start + 8] for start in range(0, 64, 8)),
        "labels": {
            "statements": _("What you ticked"),
            "not_ticked": _("not ticked"),
            "sha256": _("SHA-256 of the text that was signed"),
        },
    }


def _block(block: Block) -> dict[str, object]:
    lines = [[{"words": span.words, "strong": span.is_strong} for span in line] for line in block.lines]
    return {"kind": block.kind, "lines": lines}


def _signature(consent: Consent, given_at: datetime) -> list[tuple[str, str]]:
    day = date_format(given_at, _("j F Y"))
    when = f"{day}, {given_at:%H:%M:%S} ({consent.protocol_version.protocol.time_zone})"
    return [
        (_("Signed by typing"), consent.signature.name),
        (_("On"), when),
        (_("Code in the study"), consent.participant.code),
    ]
