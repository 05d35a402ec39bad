"""Reading a wording pack: what is taken, and a sentence with its row for each mistake."""

import csv
import io
from datetime import datetime

import pytest
from openpyxl import Workbook

from questionnaires.catalogue import all_instruments, load, slugs
from questionnaires.wordings.pack import PackInvalid, csv_rows, read_pack, template
from questionnaires.wordings.services import check_pack
from questionnaires.wordings.texts import texts_of, worded, working_wording
from tests.factories import pack_file, pack_rows

BRS = ("brs_6", "es")


def mistakes(data: bytes) -> list[str]:
    with pytest.raises(PackInvalid) as refused:
        check_pack(data)
    return list(refused.value.mistakes)


def changed(row: int, column: str, value: str) -> bytes:
    rows = pack_rows(BRS)
    rows[row - 2][column] = value
    return pack_file(rows)


def xlsx(rows, *, change=lambda sheet: None) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row.values()])
    change(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_pack_is_the_same_with_commas_semicolons_tabs_and_as_a_spreadsheet():
    rows = pack_rows(BRS, ("phi", "en"))
    read = [check_pack(pack_file(rows, delimiter=delimiter)) for delimiter in ",;\t"]
    read += [check_pack(pack_file(rows).replace(b"\n", b"\r\n")), check_pack(b"\xef\xbb\xbf" + pack_file(rows))]
    read.append(check_pack(xlsx(rows)))

    expected: dict = {}
    for row in rows:
        expected.setdefault(row["instrument"], {}).setdefault(row["language"], {})[row["item"]] = row["text"]
    assert read == [expected] * 6


def test_keys_of_a_pack_name_every_text_of_the_page():
    assert list(texts_of(load("brs_6"))) == ["instructions", *"123456", *(f"option {code}" for code in range(1, 6))]
    assert [key for key in texts_of(load("phi")) if not key.isdigit()] == [
        "instructions remembered",
        "instructions experienced",
        "option agreement 0",
        "option agreement 10",
        "option yes_no 0",
        "option yes_no 1",
    ]
    assert list(texts_of(load("satisfaction")))[-11:] == [
        "26",
        "27",
        "option rating 0",
        "option rating 10",
        "option quality 0",
        "option quality 10",
        "option yes_no 0",
        "option yes_no 1",
        "option practice 0",
        "option practice 10",
        "not applicable practice",
    ]


@pytest.mark.parametrize("slug", slugs())
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_text_of_a_pack_replaces_ours_in_its_language_alone(slug, language):
    instrument = load(slug)
    texts = {key: f"Text of {key}" for key in texts_of(instrument)}
    shown = worded(instrument, language, texts)
    other = "es" if language == "en" else "en"

    assert working_wording(shown, language) == texts
    assert working_wording(shown, other) == working_wording(instrument, other)
    assert (shown.scores, shown.by_key.keys()) == (instrument.scores, instrument.by_key.keys())


def test_template_filled_in_is_a_pack_of_everything():
    rows = list(csv.DictReader(io.StringIO(template(all_instruments(), ["en", "es"]))))
    for row in rows:
        row["text"] = f"Text: {row['working']}"

    texts = check_pack(pack_file(rows))
    assert {slug: set(languages) for slug, languages in texts.items()} == {slug: {"en", "es"} for slug in slugs()}
    assert sum(len(keys) for languages in texts.values() for keys in languages.values()) == len(rows)


def test_template_as_it_comes_is_refused_for_every_empty_text():
    file = template([load("brs_6")], ["es"]).encode()

    assert mistakes(file) == [
        f"row {number}: the text of brs_6, {key} in es is empty."
        for number, key in enumerate(texts_of(load("brs_6")), start=2)
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (changed(3, "instrument", "bsr_6"), f"row 3: there is no instrument 'bsr_6'; there are {', '.join(slugs())}."),
        (
            changed(4, "item", "7"),
            "row 4: brs_6 has no item '7'; it has instructions, 1, 2, 3, 4, 5, 6, option 1, option 2, option 3, "
            "option 4, option 5.",
        ),
        (changed(4, "item", "1"), "row 4: brs_6, 1 in es stands in row 3 already."),
        (changed(4, "text", " "), "row 4: the text of brs_6, 2 in es is empty."),
        (changed(4, "language", "fr"), "row 4: 'fr' is no language here; write en or es."),
        (changed(4, "text", "Frase 1."), "row 4: brs_6, 2 in es has the text of item 1."),
        (changed(4, "text", "x" * 1001), "row 4: the text has 1001 characters; at most 1000 fit on a page."),
        (
            changed(4, "text", "a\ufffdb"),
            "row 4: the text holds a character that nobody can read (U+FFFD). Write it anew.",
        ),
        (changed(4, "text", "a\0b"), "row 4: the text holds a character that nobody can read (U+0000). Write it anew."),
        (
            pack_file(pack_rows(BRS)[:-2]),
            "brs_6 in es: no row for option 4, option 5. A wording is loaded whole.",
        ),
        (
            pack_file(pack_rows(("dass_21", "es"))[:3]),
            "dass_21 in es: no row for 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 and 11 more. A wording is loaded whole.",
        ),
        (
            pack_file(pack_rows(BRS)).replace(b"Frase 2", b"Frase \xe9"),
            "row 4: a letter is not UTF-8. Save the file as “CSV UTF-8”.",
        ),
        (b"", "row 1: there is no column instrument, item, language, text; the columns are instrument, item, "
              "language, text."),
        (b"instrument,item,language,text\n", "the file holds no texts."),
        (
            b"instrument,item,language,wording\n",
            "row 1: there is no column text; the columns are instrument, item, language, text.",
        ),
        (
            b"instrument,item,language,text,colour\n",
            "row 1: found colour; the columns are instrument, item, language, text.",
        ),
        (
            b'instrument,item,language,text\nbrs_6,1,es,"open\n',
            "row 2: the quotation marks of a text do not close, or stand inside it. Double those inside.",
        ),
        (b"x" * (20 * 1024 * 1024), "the file has 20.0 MB; a pack has at most 2 MB of text. Is it the right file?"),
        (
            b"PK\x03\x04 no spreadsheet",
            "the spreadsheet cannot be read. Save it once more as .xlsx or as “CSV UTF-8”.",
        ),
    ],
)  # fmt: skip
def test_mistake_is_told_with_its_row(data, sentence):
    assert sentence in mistakes(data)


def test_mistake_of_one_row_is_told_once():
    assert mistakes(changed(4, "text", "")) == ["row 4: the text of brs_6, 2 in es is empty."]
    assert mistakes(changed(3, "instrument", "nobody"))[1:] == ["brs_6 in es: no row for 1. A wording is loaded whole."]


def test_every_mistake_is_told_at_once():
    rows = pack_rows(BRS)
    rows[1]["language"], rows[2]["item"], rows[3]["text"] = "xx", "9", ""

    assert [sentence.split(":")[0] for sentence in mistakes(pack_file(rows))] == [
        "row 3",
        "row 4",
        "row 5",
        "brs_6 in es",
    ]


def test_spreadsheet_with_formulas_and_dates_is_refused_cell_by_cell():
    def spoil(sheet) -> None:
        sheet["D4"] = "=CONCATENATE(D3, D2)"
        sheet["D5"] = datetime(2026, 3, 1)

    assert mistakes(xlsx(pack_rows(BRS), change=spoil)) == [
        "row 4: cell D4 holds a formula. Paste its text in its place.",
        "row 5: cell D5 holds 2026-03-01 00:00:00, which is no text.",
    ]


def test_spreadsheet_of_too_many_rows_is_refused():
    def fill(sheet) -> None:
        sheet["A20002"] = "brs_6"

    assert mistakes(xlsx(pack_rows(BRS), change=fill))[-1] == (
        "row 20001: a pack has at most 20000 rows. Is it the right file?"
    )


def test_empty_rows_and_the_column_of_our_wording_are_passed_over():
    rows = list(csv_rows(pack_file(pack_rows(BRS)).replace(b"\n", b"\n\n")))

    assert set(read_pack(rows, {"brs_6": load("brs_6")})) == {"brs_6"}
