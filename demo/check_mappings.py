"""A second, independent reading of docs/import-mapping.md: applies every mapping to its file.

    python3 check_mappings.py           prints (a minute) and compares with expected/import.csv
    python3 check_mappings.py --write   writes expected/import.csv

It fails when a row is refused, a value does not fit its item, or the counts differ.
"""

import csv
import io
import re
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import sources

HERE = Path(__file__).parent
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
EXPECTED = HERE / "expected/import.csv"
PATTERNS = {
    "integer": r"-?\d+", "float": r"-?\d+(\.\d+)?", "date": r"\d{4}-\d\d-\d\d", "partialDate": r"\d{4}(-\d\d(-\d\d)?)?",
    "partialTime": r"\d\d(:\d\d(:\d\d)?)?", "partialDatetime": r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?", "text": r"(?s).*",
}


class Refused(Exception):
    pass


class Crf:
    def __init__(self, path):
        root = ET.parse(path).getroot()
        self.lists = {c.get("OID"): {i.get("CodedValue"): i.find(f"{ODM}Decode/{ODM}TranslatedText").text
                                     for i in c.iter(ODM + "CodeListItem")} for c in root.iter(ODM + "CodeList")}
        self.items = {i.get("OID"): i for i in root.iter(ODM + "ItemDef")}
        children = lambda tag, ref, key: {d.get("OID"): [r.get(key) for r in d.iter(ODM + ref)] for d in root.iter(ODM + tag)}
        self.events = children("StudyEventDef", "FormRef", "FormOID")
        self.forms = children("FormDef", "ItemGroupRef", "ItemGroupOID")
        self.groups = children("ItemGroupDef", "ItemRef", "ItemOID")
        self.repeating = {d.get("OID") for d in root.iter() if d.get("Repeating") == "Yes"}

    def code_list(self, oid):
        ref = self.items[oid].find(ODM + "CodeListRef")
        return None if ref is None else self.lists[ref.get("CodeListOID")]

    def check(self, oid, text):
        item, codes = self.items[oid], self.code_list(oid)
        kind, length = item.get("DataType"), item.get("Length")
        if not re.fullmatch(PATTERNS[kind], text):
            raise Refused(f"{oid}: {text!r} is no {kind}")
        if codes is not None and text not in codes:
            raise Refused(f"{oid}: {text!r} is not in the code list")
        if length and len(text.replace(".", "") if kind == "float" else text) > int(length):
            raise Refused(f"{oid}: {text!r} is longer than {length}")


def cell(spec, row):
    if "value" in spec:
        return spec["value"]
    text = row[spec["column"]]
    if text and "strip_prefix" in spec:
        if not text.startswith(spec["strip_prefix"]):
            raise Refused(f"{text!r} has no prefix {spec['strip_prefix']!r}")
        text = text.removeprefix(spec["strip_prefix"])
    if text and "before" in spec:
        if spec["before"] not in text:
            raise Refused(f"{text!r} has no {spec['before']!r}")
        text = text.split(spec["before"])[0]
    return spec.get("prefix", "") + text


def iso_date(text, formats):
    for form in [formats] if isinstance(formats, str) else formats:
        try:
            return datetime.strptime(text, form).strftime("%Y-%m-%d" if "%d" in form else "%Y-%m" if re.search("%[mb]", form) else "%Y")
        except ValueError:
            pass
    raise Refused(f"{text!r} is no date {formats}")


def number(text, how):
    match = re.fullmatch(r"(-?)0*(\d*)(?:\.(\d*))?", text)
    if not match or not (match[2] or match[3] or "0" in text):
        raise Refused(f"{text!r} is no number")
    sign, whole, digits = match[1], match[2] or "0", match[3] or ""
    if how != "decimal":
        digits = digits.rstrip("0")
    if how == "integer" and digits:
        raise Refused(f"{text!r} is no integer")
    return sign + whole + ("." + digits if digits else "")


def convert(crf, spec, oid, text):
    if "date" in spec:
        return iso_date(text, spec["date"])
    if "decode" in spec:
        found = [code for code, decode in crf.code_list(oid).items() if decode == text]
        if not found:
            raise Refused(f"{oid}: no decode {text!r}")
        return found[0]
    if "map" in spec:
        if text not in spec["map"]:
            raise Refused(f"{oid}: {text!r} is not in the map")
        return spec["map"][text]
    return number(text, spec["number"]) if "number" in spec else text


def event_of(mapping, row):
    spec = mapping["event"]
    text = cell(spec, row)
    table = spec.get("map")
    if table is None:
        return text, ""
    if isinstance(table, str):
        table = tomllib.loads((HERE / "mappings" / table).read_text())
    folded = {key.lower(): oid for key, oid in table.items()}
    if text.lower() in folded:
        return folded[text.lower()], ""
    stars = [key for key in folded if key.endswith("*") and text.lower().startswith(key[:-1])]
    if not stars:
        raise Refused(f"no event for {text!r}")
    key = max(stars, key=len)
    return folded[key], text[len(key) - 1:]


def passes(rule, row):
    text = row[rule["column"]]
    return ("in" not in rule or text in rule["in"]) and ("not_in" not in rule or text not in rule["not_in"]) \
        and not (rule.get("blank") and text) and not (rule.get("not_blank") and not text)


def columns_read(mapping):
    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("column", "test") or (key == "value" and "test" in node):
                    yield value
                elif key == "on":
                    yield from value
                elif key not in ("map", "missing"):
                    yield from walk(value)
                elif isinstance(value, dict) and key == "map":
                    continue
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)
    return set(walk(mapping)) | set(mapping.get("unused", {}))


class Load:
    """The casebooks as this script understands them: (subject, event, repeat, form, repeat) -> group rows."""

    def __init__(self, crf):
        self.crf, self.subjects, self.records = crf, {}, defaultdict(dict)

    def joined(self, mapping, rows):
        for join in mapping.get("join", []):
            pairs, other = join["on"], defaultdict(list)
            for row in sources.xpt(Path(join["file"]).stem):
                other[tuple(row[c] for c in pairs.values())].append(row)
            rows = [row | {c: other[key][0][c] if other[key] else "" for c in join["columns"]}
                    for row in rows for key in [tuple(row[c] for c in pairs)] if len(other[key]) <= 1]
        return rows

    def values(self, mapping, row):
        """Pairs (group, item, value or missing reason in brackets) of one row."""
        specs = list(mapping.get("item", []))
        if pivot := mapping.get("pivot"):
            specs.append(pivot | {"column": pivot["value"], "item": pivot["item"].replace("*", row[pivot["test"]])})
            specs[-1].pop("value")
        for spec in specs:
            oid, group, text = spec["item"], spec.get("group", mapping["group"]), cell(spec, row)
            if oid not in self.crf.groups[group]:
                raise Refused(f"{oid} is not in {group}")
            if not text:
                by = spec.get("missing_by")
                if by and row[by["column"]]:
                    yield group, oid, f"[{by['map'][row[by['column']]]}]"
                continue
            if text in spec.get("missing", {}):
                yield group, oid, f"[{spec['missing'][text]}]"
                continue
            text = convert(self.crf, spec, oid, text)
            self.crf.check(oid, text)
            yield group, oid, text

    def place(self, mapping, row, seen):
        subject = cell(mapping["subject"], row)
        if subject not in self.subjects:
            raise Refused(f"no subject {subject}")
        event, repeat = event_of(mapping, row)
        form = cell(mapping["form"], row)
        if form not in self.crf.events[event]:
            raise Refused(f"{form} is not in {event}")
        form_repeat = self.repeat(mapping["form"].get("repeat"), row, seen, (subject, event, repeat, form))
        if (event in self.crf.repeating) != bool(repeat) or (form in self.crf.repeating) != bool(form_repeat):
            raise Refused(f"repeat key of {event} {form}")
        return subject, event, repeat, form, form_repeat

    @staticmethod
    def repeat(spec, row, seen, place):
        if spec != "row":
            return cell(spec, row) if spec else ""
        seen[place] += 1
        return str(seen[place])

    def record(self, mapping, row, seen, count):
        place = self.place(mapping, row, seen)
        keys = {group: self.repeat(spec, row, seen, place + (group,)) for group, spec in mapping.get("repeat", {}).items()}
        pivot = "pivot" in mapping
        count["records"] += place not in self.records
        for group, oid, text in self.values(mapping, row):
            slot = (group, keys.get(group, ""), oid)
            old = self.records[place].get(slot)
            if old is not None and not (pivot and old == text and oid != mapping["pivot"]["item"].replace("*", row[mapping["pivot"]["test"]])):
                raise Refused(f"{place} {slot} is given twice: {old!r}, {text!r}")
            if old is None:
                count["missing" if text.startswith("[") else "values"] += 1
            self.records[place][slot] = text
        self.records[place]
        count["loaded"] += 1

    def other(self, mapping, row, count):
        subject = cell(mapping["subject"], row)
        if mapping["creates"] == "subjects":
            self.subjects[subject] = cell(mapping["site"], row)
        elif subject not in self.subjects:
            raise Refused(f"no subject {subject}")
        noted = [m for m in mapping.get("milestone", []) if passes(m.get("when", {"column": "PATNUM"}), row) and cell(m["date"], row)]
        for milestone in noted:
            iso_date(cell(milestone["date"], row), milestone["date"]["date"])
            count["values"] += 1
        count["loaded" if noted or mapping["creates"] == "subjects" else "skipped"] += 1
        count["records"] += mapping["creates"] == "subjects"

    def apply(self, entry):
        mapping = tomllib.loads((HERE / entry["mapping"]).read_text())
        rows = sources.raw(Path(entry["file"]).stem.removesuffix("_raw")) if "file" in entry else sources.xpt(Path(entry["member"]).stem)
        unread = set(rows[0]) - columns_read(mapping)
        assert not unread, f"{entry['mapping']}: neither read nor listed: {sorted(unread)}"
        count, seen, refusals = Counter(rows=len(rows)), Counter(), []
        for number_, row in enumerate(self.joined(mapping, rows), 2):
            if row[mapping["study"]["column"]] != mapping["study"]["value"]:
                refusals.append((number_, "another study"))
            elif not all(passes(rule, row) for rule in mapping.get("where", [])):
                count["skipped"] += 1
            else:
                try:
                    self.record(mapping, row, seen, count) if "creates" not in mapping else self.other(mapping, row, count)
                except Refused as refusal:
                    refusals.append((number_, str(refusal)))
        count["refused"] = len(refusals)
        for line in refusals[:5]:
            print("  refused", entry["mapping"], *line)
        assert count["rows"] == count["loaded"] + count["skipped"] + count["refused"], entry["mapping"]
        return count


def run():
    plan = tomllib.loads((HERE / "plan.toml").read_text())
    load = Load(Crf(HERE / plan["crf"]))
    return load, [(Path(entry["mapping"]).stem, load.apply(entry)) for entry in plan["import"]]


def main():
    load, counts = run()
    fields = ["rows", "loaded", "skipped", "refused", "records", "values", "missing"]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["mapping", *fields])
    for name, count in counts:
        table.writerow([name, *(count[f] for f in fields)])
    table.writerow(["total", *(sum(count[f] for _, count in counts) for f in fields)])
    print(out.getvalue(), end="")
    if sys.argv[1:] == ["--write"]:
        EXPECTED.parent.mkdir(exist_ok=True)
        EXPECTED.write_text(out.getvalue())
    assert not any(count["refused"] for _, count in counts), "rows were refused"
    assert EXPECTED.read_text() == out.getvalue(), "counts differ from expected/import.csv"


if __name__ == "__main__":
    main()
