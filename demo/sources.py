"""Reads the source files as the import guide says: every cell is text, blank is the empty string.

Needs pandas and pyreadstat (`pip install pandas pyreadstat`).
"""

import csv
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pyreadstat

HERE = Path(__file__).parent
ARCHIVE = HERE / "data/sdtm/cdiscpilot_update2.zip"


def number_text(value):
    """Shortest decimal that agrees to 15 significant digits; NaN is blank."""
    if value != value:
        return ""
    text = format(value, ".15g")
    return text if "e" not in text else format(value, "f").rstrip("0").rstrip(".")


def transport(content, encoding="cp1252"):
    """Rows of a SAS transport file as dictionaries of text."""
    with tempfile.NamedTemporaryFile(suffix=".xpt") as file:
        file.write(content)
        file.flush()
        frame, _ = pyreadstat.read_xport(file.name, encoding=encoding, disable_datetime_conversion=True)
    columns = [[number_text(v) if isinstance(v, float) else (v or "").rstrip() for v in frame[c]] for c in frame.columns]
    return [dict(zip(frame.columns, row)) for row in zip(*columns)]


@cache
def xpt(name):
    """Rows of one SDTM dataset of the archive."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        return transport(archive.read(f"SDTM/{name}.xpt"))


@cache
def raw(name):
    """Rows of one raw file as dictionaries of text."""
    with open(HERE / f"data/raw/{name}_raw.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
