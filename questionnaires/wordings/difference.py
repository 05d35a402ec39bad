"""What a wording pack would change, text by text. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from questionnaires.instrument import Instrument
from questionnaires.wordings.pack import Texts
from questionnaires.wordings.texts import Wording, texts_of


@dataclass(frozen=True)
class Change:
    key: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """Of one instrument in one language: the wording in force (its id), what changes, and how many texts stay."""

    instrument: Instrument
    language: str
    before: str
    changes: tuple[Change, ...]
    same: int


def differences(
    texts: Texts,
    load: Callable[[str], Instrument],
    in_force: Callable[[str, str], tuple[str, Wording]],
) -> list[Difference]:
    """Compare the texts of a pack with those in force, whose id and texts `in_force` gives."""
    found = []
    for slug, languages in texts.items():
        instrument = load(slug)
        for language, wording in languages.items():
            name, now = in_force(slug, language)
            keys = [key for key in texts_of(instrument) if key in wording]
            changes = tuple(Change(key, now.get(key, ""), wording[key]) for key in keys if now.get(key) != wording[key])
            found.append(Difference(instrument, language, name, changes, len(keys) - len(changes)))
    return found
