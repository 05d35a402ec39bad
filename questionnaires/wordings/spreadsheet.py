"""The rows of a wording pack that is a spreadsheet (XLSX)."""

import io
import zipfile

from openpyxl import load_workbook
from openpyxl.cell import Cell

from questionnaires.wordings.pack import MOST_ROWS, PackInvalid, Row

BEGINS_WITH = b"PK"
LARGEST_UNPACKED_BYTES = 30 * 1024 * 1024
UNREADABLE = "the spreadsheet cannot be read. Save it once more as .xlsx or as “CSV UTF-8”."


def xlsx_rows(data: bytes) -> list[Row]:
    """The rows of the first sheet. Formulas and dates are refused: a wording is text."""
    wrong: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as unpacked:
            size = sum(each.file_size for each in unpacked.infolist())
        if size > LARGEST_UNPACKED_BYTES:
            raise PackInvalid(["the spreadsheet is too large once unpacked. Is it the right file?"])
        sheet = load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
        numbered = enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1), start=1)
        rows: list[Row] = [(number, [_text(cell, number, wrong) for cell in cells]) for number, cells in numbered]
    except PackInvalid:
        raise
    except Exception as error:  # what openpyxl meets in a broken file has no common name
        raise PackInvalid([UNREADABLE]) from error
    if wrong:
        raise PackInvalid(wrong)
    return rows


def _text(cell: Cell, number: int, wrong: list[str]) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        wrong.append(f"row {number}: cell {cell.coordinate} holds a formula. Paste its text in its place.")
    elif type(value) is float and value.is_integer():
        return str(int(value))
    elif type(value) not in (str, int):
        wrong.append(f"row {number}: cell {cell.coordinate} holds {value!s}, which is no text.")
    return str(value)
