"""A trial's own words for a mail: what may stand in them, and how they become a text and a page. Pure."""

import html
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from questionnaires.catalogue import load
from trial.protocol.schema import Protocol

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
ADDRESS = re.compile(r"https?://[^\s<]+[^\s<.,;:!?)]")

Kind = Literal["unknown", "brace", "no_link", "arm", "score"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and what was found."""

    kind: Kind
    found: str


def mistakes(subject: str, body: str, *, known: Collection[str], protocol: Protocol) -> tuple[Mistake, ...]:
    """What must not leave: a placeholder nobody fills, a mail without its link, a word for an arm or a score."""
    text = f"{subject}\n{body}"
    found = [Mistake("unknown", name) for name in PLACEHOLDER.findall(text) if name not in known]
    plain = PLACEHOLDER.sub(" ", text)
    found += [Mistake("brace", brace) for brace in "{}" if brace in plain]
    if "link" in known and "{link}" not in body:
        found.append(Mistake("no_link", "{link}"))
    found += [Mistake("arm", word) for word in said(plain, arm_words(protocol))]
    found += [Mistake("score", word) for word in said(plain, score_words(protocol))]
    return tuple(dict.fromkeys(found))


def arm_words(protocol: Protocol) -> frozenset[str]:
    """Every name that the protocol gives to an arm, in every language."""
    arms = protocol.arms
    names = {text for arm in arms for _code, text in arm.name.versions}
    return frozenset({*names, *(arm.short for arm in arms), *(arm.id.replace("_", " ") for arm in arms)})


def score_words(protocol: Protocol) -> frozenset[str]:
    """Every name of an outcome, and of a questionnaire that a wave asks, in every language."""
    instruments = [load(slug) for slug in sorted({slug for wave in protocol.waves for slug in wave.instruments})]
    titles = {text for each in instruments for text in (each.title.en, each.title.es, each.abbreviation)}
    outcomes = {text for outcome in protocol.outcomes for _code, text in outcome.name.versions}
    return frozenset({*titles, *outcomes})


def said(text: str, words: Collection[str]) -> Iterator[str]:
    """Those of the words that the text says, whatever their case and accents."""
    folded = _folded(text)
    for word in sorted(words):
        if re.search(rf"(?<!\w){re.escape(_folded(word))}(?!\w)", folded):
            yield word


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"\s+", " ", "".join(sign for sign in apart if not unicodedata.combining(sign)))


def filled(text: str, words: Mapping[str, object]) -> str:
    """The text with its placeholders filled. What is unknown stays as it stands."""
    return PLACEHOLDER.sub(lambda place: str(words.get(place.group(1), place.group(0))), text)


def as_page(text: str) -> str:
    """Paragraphs of HTML, in which addresses are links."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return "\n".join(f"<p>{_with_links(part)}</p>" for part in paragraphs)


def _with_links(part: str) -> str:
    pieces, end = [], 0
    for found in ADDRESS.finditer(part):
        address = html.escape(found.group())
        pieces += [html.escape(part[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*pieces, html.escape(part[end:])]).replace("\n", "<br>\n")
