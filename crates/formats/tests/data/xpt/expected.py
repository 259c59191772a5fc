"""Writes expected.csv: what pyreadstat reads in the SDTM datasets of the demonstration trial.

    python3 expected.py        (pip install pandas pyreadstat)

One line per dataset: rows, columns, and the SHA-256 of all cells, each followed by U+001F, each row
ended by a line feed. A number is its shortest decimal, a missing number is blank.
"""

import csv
import hashlib
import tempfile
import zipfile
from pathlib import Path

import pyreadstat

HERE = Path(__file__).parent
ARCHIVE = HERE / "../../../../../demo/data/sdtm/cdiscpilot_update2.zip"


def text(cell):
    if not isinstance(cell, float):
        return cell or ""
    if cell != cell:
        return ""
    return repr(int(cell)) if cell == int(cell) else repr(cell)


def dataset(content):
    with tempfile.NamedTemporaryFile(suffix=".xpt") as file:
        file.write(content)
        file.flush()
        frame, _ = pyreadstat.read_xport(file.name, encoding="cp1252", disable_datetime_conversion=True)
    digest = hashlib.sha256()
    for row in zip(*(frame[column] for column in frame.columns)):
        digest.update(("".join(text(cell) + "\x1f" for cell in row) + "\n").encode())
    return len(frame), len(frame.columns), digest.hexdigest()


with zipfile.ZipFile(ARCHIVE) as archive, open(HERE / "expected.csv", "w", newline="") as out:
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["dataset", "rows", "columns", "sha256"])
    for name in sorted(name for name in archive.namelist() if name.endswith(".xpt")):
        table.writerow([Path(name).name, *dataset(archive.read(name))])
