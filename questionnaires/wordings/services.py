"""Loading wording packs, and which wording is in force where.

Packs belong to the installation: a licence is the site's, and a validated wording belongs to an instrument and a
language, whoever asks it. Loading one changes nothing by itself. Whoever asks decides which packs it uses and names
them, in the order in which it took them up, when a sitting is made; the later one wins. The sitting keeps that choice.
"""

import hashlib
from collections.abc import Sequence

from django.db import connection, transaction

from questionnaires import catalogue, clock
from questionnaires.instrument import Instrument
from questionnaires.wordings.difference import Difference, differences
from questionnaires.wordings.models import WordingPack
from questionnaires.wordings.pack import LARGEST_FILE_BYTES, PackInvalid, Texts, csv_rows, read_pack
from questionnaires.wordings.spreadsheet import BEGINS_WITH, xlsx_rows
from questionnaires.wordings.texts import Wording, worded, working_wording

InForce = dict[str, dict[str, int]]  # the pack's number by instrument and language; ours where there is none


def check_pack(data: bytes) -> Texts:
    """Read a pack without storing it. Raises PackInvalid with every mistake at once."""
    if len(data) > LARGEST_FILE_BYTES:
        size = len(data) / 1024 / 1024
        raise PackInvalid([f"the file has {size:.1f} MB; a pack has at most 2 MB of text. Is it the right file?"])
    rows = xlsx_rows(data) if data.startswith(BEGINS_WITH) else csv_rows(data)
    return read_pack(rows, {each.slug: each for each in catalogue.all_instruments()})


@transaction.atomic
def load_pack(*, data: bytes, file_name: str) -> WordingPack:
    """Store a pack under the next number. The same file loaded again is the same pack."""
    texts = check_pack(data)
    digest = hashlib.sha256(data).hexdigest()
    with connection.cursor() as cursor:  # one at a time, so that numbers have no gap and no twin
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wording packs'))")
    last = WordingPack.objects.order_by("-number").first()
    known = WordingPack.objects.filter(sha256=digest).first()
    if known is not None:
        return known
    return WordingPack.objects.create(
        number=last.number + 1 if last else 1,
        file_name=file_name[:120],
        sha256=digest,
        texts=texts,
        loaded_at=clock.now(),
    )


def in_force(packs: Sequence[int]) -> InForce:
    """Which of these packs, taken up in this order, words each instrument and language (one query)."""
    found = WordingPack.objects.in_bulk(list(packs), field_name="number") if packs else {}
    chosen: InForce = {}
    for number in packs:
        for slug, language in found[number].covers:
            chosen.setdefault(slug, {})[language] = number
    return chosen


def name_of(wordings: dict[str, int], language: str) -> str:
    """What the wording is called with which an answer is stored: "pack-2-es", or "working-es" for our own."""
    code = language.split("-")[0]
    return f"pack-{wordings[code]}-{code}" if code in wordings else f"working-{code}"


def wording(slug: str, language: str, number: int | None) -> Wording:
    """The texts of a pack for one instrument in one language; ours without a number."""
    instrument = catalogue.load(slug)
    if number is None:
        return working_wording(instrument, language)
    found = WordingPack.objects.filter(number=number).values_list(f"texts__{slug}__{language}", flat=True)
    return found.get() or {}


def as_worded(instrument: Instrument, wordings: dict[str, int], language: str) -> Instrument:
    """The instrument as it is shown in `language` with these wordings (a query where a pack words it)."""
    code = language.split("-")[0]
    if code not in wordings:
        return instrument
    return worded(instrument, code, wording(instrument.slug, code, wordings[code]))


def what_changes(texts: Texts, packs: Sequence[int]) -> list[Difference]:
    """What the texts of a pack would change for somebody who uses `packs` (a query for each wording compared)."""
    chosen = in_force(packs)

    def now(slug: str, language: str) -> tuple[str, Wording]:
        numbers = chosen.get(slug, {})
        return name_of(numbers, language), wording(slug, language, numbers.get(language))

    return differences(texts, catalogue.load, now)
