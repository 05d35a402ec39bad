"""CSV that a spreadsheet opens as data and never as a formula. Pure.

A cell or a heading of text that begins like a formula gets an apostrophe before it, which spreadsheets take for
"this is text". Numbers are numbers: minus five is no formula.
"""

import csv
import io
import math
import numbers
import re
from typing import Any

import pandas as pd

# How a formula begins in Excel, LibreOffice and Google Sheets, after what they skip or take for the end of a cell.
FORMULA = re.compile('(^|[;\\t\\r\\n])(?=[\\s\u200b\ufeff"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')


def csv_text(frame: pd.DataFrame) -> bytes:
    """Write a frame: UTF-8 with commas, a header, lines that end in CRLF as RFC 4180 asks, empty where missing.

    Numbers are written so that reading them gives the same number again, whole ones without a point. The same
    frame gives the same bytes.
    """
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([_text(str(name)) for name in frame.columns])
    columns = [frame[name].tolist() for name in frame.columns]
    for row in zip(*columns, strict=True):
        writer.writerow([_cell(value) for value in row])
    return sheet.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Real):
        return _number(float(value)) if not isinstance(value, numbers.Integral) else str(int(value))
    return _text(str(value))


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return repr(value)


def _text(value: str) -> str:
    return FORMULA.sub(r"\1'", value)
