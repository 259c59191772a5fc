"""Compares what pandas and pyreadstat read of an export with what was collected."""

import datetime
import json
import math
import pathlib
import sys

import pandas
import pyreadstat

folder = pathlib.Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
NUMBERS = ("AGE", "WEIGHT", "SEV")
LETTERS = {"NOT_DONE": "D", "NOT_APPLICABLE": "A", "UNKNOWN": "U", "REFUSED": "R", "NOT_ASKED": "N"}
CODES = {"NOT_DONE": -99999991, "NOT_APPLICABLE": -99999992, "UNKNOWN": -99999993,
         "REFUSED": -99999994, "NOT_ASKED": -99999995}
checked = 0


def is_blank(value):
    return value is None or value == "" or value is pandas.NaT or (isinstance(value, float) and math.isnan(value))


def same(name, found, wanted, place):
    """A cell is what was collected, in the type of its item."""
    global checked
    checked += 1
    if wanted is None or isinstance(wanted, dict):
        assert is_blank(found), (place, name, found, wanted)
    elif name in NUMBERS:
        assert float(found) == float(wanted), (place, name, found, wanted)
    elif name == "BRTHDAT":
        if isinstance(found, (pandas.Timestamp, datetime.datetime)):
            found = found.date()
        assert str(found) == wanted, (place, name, found, wanted)
    elif name == "DONE":
        assert bool(found) == (wanted == "true"), (place, name, found, wanted)
    else:
        assert found == wanted, (place, name, found, wanted)


def compare(rows, place):
    assert len(rows) == len(expected), (place, len(rows))
    for at, (row, wanted) in enumerate(zip(rows, expected)):
        for name, value in wanted.items():
            same(name, row[name], value, f"{place}, row {at}")


def records(frame):
    return frame.astype(object).to_dict("records")


def whole(row):
    """Puts the pieces of a long text together."""
    pieces = [name for name in row if name == "NOTES" or (name.startswith("NOTES") and name[5:].isdigit())]
    pieces.sort(key=lambda name: int(name[5:] or 0))
    return {**row, "NOTES": "".join(row[name] or "" for name in pieces)}


def xpt(name, encoding):
    frame, meta = pyreadstat.read_xport(str(folder / name / "x.xpt"), encoding=encoding)
    compare([whole(row) for row in records(frame)], name)
    assert meta.column_names_to_labels["AGE"] == "Age"
    assert max(len(label.encode(encoding)) for label in meta.column_labels if label) <= 40
    reasons, _ = pyreadstat.read_xport(str(folder / name / "missingv.xpt"), encoding=encoding)
    found = {(row["SUBJID"], row["ITEM"]): row["REASON"] for row in records(reasons)}
    wanted = {(f"S-{at:03}", f"I.{item}"): value["missing"]
              for at, row in enumerate(expected) for item, value in row.items() if isinstance(value, dict)}
    assert found == wanted, name


def special_missing(name):
    """The letters stand in the bytes of the file, which pyreadstat does not show."""
    data = (folder / name / "x.xpt").read_bytes()
    for row in expected:
        for value in row.values():
            if isinstance(value, dict):
                assert LETTERS[value["missing"]].encode() + b"\0" * 7 in data


def parquet():
    frame = pandas.read_parquet(folder / "parquet" / "F.X.parquet")
    assert str(frame.dtypes["DONE"]) in ("bool", "object"), frame.dtypes
    compare(records(frame), "parquet")


def spss():
    path = str(folder / "scripts" / "F_X.sav")
    frame, meta = pyreadstat.read_sav(path)
    compare(records(frame), "spss")
    with_reasons, meta = pyreadstat.read_sav(path, user_missing=True)
    for row, wanted in zip(records(with_reasons), expected):
        for name in ("AGE", "WEIGHT"):
            if isinstance(wanted[name], dict):
                assert row[name] == CODES[wanted[name]["missing"]], (name, row[name])
    assert meta.column_names_to_labels["TERM"] == "Reported term 体重 \"quoted\" it's"
    assert meta.variable_value_labels["SEX"] == {"F": "Female 女", "M": "Male's"}
    assert meta.variable_value_labels["SEV"][2.0] == "Moderate"


def r():
    frame = pandas.read_csv(folder / "scripts" / "r.csv", dtype=str, keep_default_na=False)
    rows = records(frame)
    for row in rows:
        row["DONE"] = row["DONE"] == "TRUE"
    compare(rows, "r")
    for row, wanted in zip(rows, expected):
        reason = wanted["AGE"]["missing"] if isinstance(wanted["AGE"], dict) else ""
        assert row["AGE_REASON"] == reason


xpt("xpt", "utf-8")
special_missing("xpt")
xpt("xpt-gb18030", "gb18030")
parquet()
spss()
r()
assert checked == 5 * len(expected) * len(expected[0]), checked
print(checked, "cells")
