"""Turns the loaded values of the raw files back into the cells they came from.

Every collected cell must come back: as the same text, or as the same number when the raw file pads it
with zeros (067.0, 81.0). Needs pandas and pyreadstat.
"""

import tomllib
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import sources
from check_mappings import Crf, Load, cell, event_of

HERE = Path(__file__).parent


def back(crf, spec, value):
    """The raw text that a value stands for."""
    if "date" in spec:
        formats = [spec["date"]] if isinstance(spec["date"], str) else spec["date"]
        parts = [int(p) for p in value.split("-")]
        return date(*parts).strftime(formats[0]) if len(parts) == 3 else value
    return crf.code_list(spec["item"])[value] if "decode" in spec else value


def compare(load, entry):
    mapping, seen, count = tomllib.loads((HERE / entry["mapping"]).read_text()), Counter(), Counter()
    for row in sources.raw(Path(entry["file"]).stem.removesuffix("_raw")):
        place = (cell(mapping["subject"], row), *event_of(mapping, row), cell(mapping["form"], row))
        seen[place] += 1
        turn = str(seen[place])
        record = load.records[place + (turn if "repeat" in mapping["form"] else "",)]
        for spec in mapping["item"]:
            group, raw = spec.get("group", mapping["group"]), row[spec["column"]]
            value = record.get((group, turn if group in mapping.get("repeat", {}) else "", spec["item"]))
            text = back(load.crf, spec, value) if value else ""
            same = text == raw
            number = not same and "number" in spec and text and raw and Decimal(text) == Decimal(raw)
            count["same text" if same else "same number" if number else "different"] += 1
    return count


def main():
    plan = tomllib.loads((HERE / "plan.toml").read_text())
    load, total = Load(Crf(HERE / plan["crf"])), Counter()
    for entry in plan["import"]:
        if "file" in entry:
            load.apply(entry)
            if "milestones" not in entry["mapping"] and "subjects" not in entry["mapping"]:
                count = compare(load, entry)
                total += count
                print(Path(entry["mapping"]).stem, dict(count))
    assert total["different"] == 0, "cells did not come back"


if __name__ == "__main__":
    main()
