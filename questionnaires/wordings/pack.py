"""Reads a wording pack: one row for each text, and every mistake at once, as a sentence with its row. Pure.

The columns are instrument, item, language and text, in any order; a column `working` beside them, as our template has
it, is not read. `questionnaires.wordings.texts` says what stands under item.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from questionnaires.instrument import LANGUAGES, Instrument
from questionnaires.wordings.texts import missing_from, texts_of

COLUMNS = ("instrument", "item", "language", "text")
NOT_READ = ("working",)
LARGEST_FILE_BYTES = 2 * 1024 * 1024
MOST_ROWS = 20_000
LONGEST_TEXT = 1000
LISTED = 12  # of what is missing, so that a sentence stays one
UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")

Row = tuple[int, Sequence[str]]  # its number in the file, counted from 1, and its cells
Texts = dict[str, dict[str, dict[str, str]]]  # by instrument, language and key


class PackInvalid(ValueError):
    """A file that is no wording pack; `mistakes` holds one sentence each."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def csv_rows(data: bytes) -> Iterator[Row]:
    """The rows of a CSV file: UTF-8, with commas, semicolons or tabs, whichever its first line has most of."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise PackInvalid([f"row {row}: a letter is not UTF-8. Save the file as “CSV UTF-8”."]) from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        sentence = "the quotation marks of a text do not close, or stand inside it. Double those inside."
        raise PackInvalid([f"row {number + 1}: {sentence}"]) from error


def read_pack(rows: Iterable[Row], instruments: Mapping[str, Instrument]) -> Texts:
    """The texts of a pack, complete for each instrument and language that it names.

    Raises
    ------
    PackInvalid
        With every mistake.
    """
    numbered = iter(rows)
    number, header = next(numbered, (1, []))
    places = _places(number, header)
    reading = _Reading(instruments)
    for number, cells in numbered:
        if number > MOST_ROWS:
            reading.complain(number, f"a pack has at most {MOST_ROWS} rows. Is it the right file?")
            break
        if any(cell.strip() for cell in cells):
            reading.take(number, *(cells[place].strip() if place < len(cells) else "" for place in places))
    reading.finish()
    if reading.mistakes:
        raise PackInvalid(reading.mistakes)
    return reading.texts


def _places(number: int, header: Sequence[str]) -> list[int]:
    """Where the columns stand."""
    names = [name.strip().lower() for name in header]
    while names and not names[-1]:
        names.pop()
    missing = [name for name in COLUMNS if name not in names]
    unknown = [name or "(no name)" for name in names if name not in COLUMNS + NOT_READ]
    if missing or unknown or len(set(names)) != len(names):
        wrong = f"there is no column {', '.join(missing)}" if missing else f"found {', '.join(unknown or names)}"
        raise PackInvalid([f"row {number}: {wrong}; the columns are {', '.join(COLUMNS)}."])
    return [names.index(name) for name in COLUMNS]


class _Reading:
    """Texts and mistakes found so far."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.instruments = instruments
        self.keys = {slug: tuple(texts_of(instrument)) for slug, instrument in instruments.items()}
        self.texts: Texts = {}
        self.rows: dict[tuple[str, str, str], int] = {}
        self.mistakes: list[str] = []

    def complain(self, number: int, sentence: str) -> None:
        self.mistakes.append(f"row {number}: {sentence}")

    def take(self, number: int, slug: str, key: str, language: str, text: str) -> None:
        language = language.lower()
        if wrong := self._wrong_place(number, slug, key, language) or self._wrong_text(slug, key, language, text):
            self.complain(number, wrong)
        else:
            self.texts[slug][language][key] = text

    def _wrong_place(self, number: int, slug: str, key: str, language: str) -> str:
        if slug not in self.instruments:
            return f"there is no instrument {slug!r}; there are {', '.join(self.instruments)}."
        if language not in LANGUAGES:
            return f"{language!r} is no language here; write {' or '.join(LANGUAGES)}."
        self.texts.setdefault(slug, {}).setdefault(language, {})
        if key not in self.keys[slug]:
            return f"{slug} has no item {key!r}; it has {', '.join(self.keys[slug])}."
        earlier = self.rows.setdefault((slug, language, key), number)
        return "" if earlier == number else f"{slug}, {key} in {language} stands in row {earlier} already."

    def _wrong_text(self, slug: str, key: str, language: str, text: str) -> str:
        if not text:
            return f"the text of {slug}, {key} in {language} is empty."
        if len(text) > LONGEST_TEXT:
            return f"the text has {len(text)} characters; at most {LONGEST_TEXT} fit on a page."
        if found := UNREADABLE.search(text):
            return f"the text holds a character that nobody can read (U+{ord(found[0]):04X}). Write it anew."
        items = self.instruments[slug].by_key
        others = {said: other for other, said in self.texts[slug][language].items() if other in items}
        if key in items and text in others:
            return f"{slug}, {key} in {language} has the text of item {others[text]}."
        return ""

    def finish(self) -> None:
        """Note what is missing. A row that was refused has been told already."""
        if not self.texts and not self.mistakes:
            self.mistakes.append("the file holds no texts.")
        for slug, languages in self.texts.items():
            for language in languages:
                told = {key for at, of, key in self.rows if (at, of) == (slug, language)}
                if missing := [key for key in missing_from(self.instruments[slug], {}) if key not in told]:
                    more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
                    listed = ", ".join(missing[:LISTED]) + more
                    self.mistakes.append(f"{slug} in {language}: no row for {listed}. A wording is loaded whole.")


def template(instruments: Iterable[Instrument], languages: Sequence[str]) -> str:
    """A CSV file with a row for every text that a pack of these instruments has, ours beside it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([*COLUMNS, *NOT_READ])
    for instrument in instruments:
        for language in languages:
            for key, text in texts_of(instrument).items():
                writer.writerow([instrument.slug, key, language, "", text.in_language(language)])
    return file.getvalue()
