"""The instruments this repository ships, read from `questionnaires/instruments/*.toml`.

Pure: only the standard library, so that protocols can be checked and scores computed without Django.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from questionnaires.instrument import Instrument
from questionnaires.instrument_file import InstrumentError, read

__all__ = ["InstrumentError", "all_instruments", "load", "read", "score_ranges", "slugs"]

FOLDER = Path(__file__).with_name("instruments")


@cache
def slugs() -> tuple[str, ...]:
    """Return the slugs of all instruments, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def load(slug: str) -> Instrument:
    """Return the instrument called `slug`.

    Raises
    ------
    LookupError
        When there is no such instrument; the message names those there are.
    InstrumentError
        When its file has mistakes.
    """
    if slug not in slugs():
        raise LookupError(f"There is no instrument {slug!r}; there are {', '.join(slugs())}.")
    return read((FOLDER / f"{slug}.toml").read_bytes(), name=slug)


def all_instruments() -> tuple[Instrument, ...]:
    """Return every instrument, in the order of `slugs`."""
    return tuple(load(slug) for slug in slugs())


def score_ranges() -> Mapping[str, Mapping[str, tuple[float, float]]]:
    """Return, by slug and score name, the lowest and the highest value the score can take."""
    return MappingProxyType(
        {
            instrument.slug: MappingProxyType({score.name: (score.low, score.high) for score in instrument.scores})
            for instrument in all_instruments()
        }
    )
