"""Writes the same table as `casebook export` in several formats, with pandas and pyreadstat.

    python pandas_formats.py DATABASE FOLDER

Reads the stored form records from SQLite, decodes them, builds one frame with numbers as numbers,
writes it in each format. Prints as JSON how many values there are, how long reading took, and how
long each format took.
"""

import json
import pathlib
import sqlite3
import sys
import time

import pandas
import pyreadstat
from pandas_export import ITEMS, frame_of

NUMBERS = "HEIGHT WEIGHT BMI TEMP SYS1 DIA1 PUL1 SYS2 DIA2 PUL2 SYS3 DIA3 PUL3".split()


def to_sqlite(frame, file):
    with sqlite3.connect(file) as database:
        frame.to_sql("vs", database, index=False)


def to_xpt(frame, file):
    names = {name: name.upper().replace("_", "")[:8] for name in frame.columns}
    pyreadstat.write_xport(frame.rename(columns=names), str(file), file_format_version=5)


WRITERS = {
    "csv": lambda frame, file: frame.to_csv(file, index=False, lineterminator="\r\n"),
    "xpt": to_xpt,
    "parquet": lambda frame, file: frame.to_parquet(file, index=False),
    "sqlite": to_sqlite,
    "json": lambda frame, file: frame.to_json(file, orient="records"),
    "ndjson": lambda frame, file: frame.to_json(file, orient="records", lines=True),
}


def timed(work, *arguments):
    started = time.perf_counter()
    result = work(*arguments)
    return result, time.perf_counter() - started


def read(database):
    frame = frame_of(database)
    frame[NUMBERS] = frame[NUMBERS].apply(pandas.to_numeric)
    return frame


def main(database, folder):
    folder = pathlib.Path(folder)
    folder.mkdir()
    frame, read_seconds = timed(read, database)
    write_seconds = {}
    for name, write in WRITERS.items():
        file = folder / f"vs.{name}"
        _, write_seconds[name] = timed(write, frame, file)
        file.unlink()
    values = int(frame[ITEMS].notna().to_numpy().sum())
    said = {"values": values, "read_seconds": read_seconds, "write_seconds": write_seconds}
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
