"""Writes expected.csv: what pyreadstat reads in the SDTM datasets of the demonstration trial.

    python3 expected.py        (pip install pandas pyreadstat)

One line per dataset: rows, columns, and two SHA-256 of all cells, each followed by U+001F, each row
ended by a line feed. A missing number is blank, a number its shortest decimal: of the number to 15
significant digits in `sha256`, of exactly what is stored in `sha256_exact`.
"""

import csv
import hashlib
import tempfile
import zipfile
from pathlib import Path

import pyreadstat

HERE = Path(__file__).parent
ARCHIVE = HERE / "../../../../../demo/data/sdtm/cdiscpilot_update2.zip"


def text(cell, exact):
    if not isinstance(cell, float):
        return cell or ""
    if cell != cell:
        return ""
    cell = cell if exact else float(format(cell, ".15g"))
    return repr(int(cell)) if cell == int(cell) else repr(cell)


def dataset(content):
    with tempfile.NamedTemporaryFile(suffix=".xpt") as file:
        file.write(content)
        file.flush()
        frame, _ = pyreadstat.read_xport(file.name, encoding="cp1252", disable_datetime_conversion=True)
    digests = hashlib.sha256(), hashlib.sha256()
    for row in zip(*(frame[column] for column in frame.columns)):
        for exact, digest in enumerate(digests):
            digest.update(("".join(text(cell, exact) + "\x1f" for cell in row) + "\n").encode())
    return len(frame), len(frame.columns), *(digest.hexdigest() for digest in digests)


with zipfile.ZipFile(ARCHIVE) as archive, open(HERE / "expected.csv", "w", newline="") as out:
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["dataset", "rows", "columns", "sha256", "sha256_exact"])
    for name in sorted(name for name in archive.namelist() if name.endswith(".xpt")):
        table.writerow([Path(name).name, *dataset(archive.read(name))])
