"""The report as PDF, and its figures as pictures. Only what is in the document goes in, and our own fonts."""

import json
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.translation import gettext as _

HERE = Path(__file__).parent
TEMPLATE = HERE / "report.typ"
FONTS = [str(HERE / "fonts")]
DOTS_PER_INCH = 300
# An SVG's user unit is a CSS pixel, of which typst takes 96 for an inch.
PICTURE = '#set page(width: auto, height: auto, margin: 8pt)\n#image("picture.svg", format: "svg")\n'


def report_pdf(document: dict[str, Any]) -> bytes:
    """A PDF of a stored document. The same document gives the same bytes."""
    with translation.override(document["language"]):
        words = document | {"note_word": _("Note.")}
    return _compiled(TEMPLATE.read_bytes(), "pdf", {"document.json": json.dumps(words).encode()})


def picture(svg: str) -> bytes:
    """A drawing as PNG, for programs that take no SVG."""
    return _compiled(PICTURE.encode(), "png", {"picture.svg": svg.encode()})


def _compiled(source: bytes, kind: Any, files: dict[str, bytes]) -> bytes:
    made: Any = typst.compile(
        {"main.typ": source, **files},  # type: ignore[call-overload]  # its stubs know one file only
        format=kind,
        ppi=DOTS_PER_INCH,
        font_paths=FONTS,
        ignore_system_fonts=True,
        timestamp=0,
    )
    return made if isinstance(made, bytes) else bytes(made[0])
