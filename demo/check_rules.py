"""Applies crf.odm.xml and rules.toml to all loaded records and compares with the independent counts.

    python3 check_rules.py           compares with expected/checks.csv and expected/crf.csv
    python3 check_rules.py --write   writes expected/crf.csv

First every example case of every check; then the checks; then what the case report form itself asks
for: required items, range checks, items that should not have been collected, derived values.
"""

import csv
import io
import sys
import tomllib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import sources
from check_mappings import ODM, run
from expression import MISSING, combine, compile_text, days_between, typed
from xml.etree import ElementTree as ET

HERE = Path(__file__).parent


class Case:
    """The scope of an example: given items and given calls, everything else missing."""

    def __init__(self, kinds, given):
        self.kinds, self.given = kinds, given

    def __call__(self, name):
        return typed(self.kinds[name], self.given.get(name, ""))

    def call(self, name, values, source):
        text = self.given.get(source, "")
        if name in ("others", "study_day"):
            return int(text) if text else MISSING
        return typed(self.kinds[values[-1]], text)


class Row:
    """The scope of one row of a record in its casebook."""

    def __init__(self, study, place, items):
        self.study, self.place, self.items = study, place, items

    def __call__(self, name):
        return typed(self.study.kinds[name], self.items.get(name, ""))

    def call(self, name, values, source):
        study, (subject, event, _, form, _) = self.study, self.place
        if name == "value":
            return study.first(subject, *values)
        if name == "previous":
            order = study.order.get(event)
            earlier = [e for e in study.scheduled if order is not None and study.order[e] < order]
            return next((v for e in reversed(earlier) if (v := study.first(subject, e, form, values[0])) is not MISSING), MISSING)
        if name == "study_day":
            start = study.first(subject, "SE.BASELINE", "F.EC", "ECSTDAT")
            gap = MISSING if MISSING in (start, values[0]) else days_between(start, values[0])
            return gap if gap is MISSING else gap + (gap >= 0)
        if name == "others":
            if any(not self.items.get(v) for v in values):
                return MISSING
            return study.same(form, values)[subject, *(self.items[v] for v in values)] - 1
        raise NameError(name)


class Study:
    def __init__(self, load):
        root = ET.parse(HERE / "crf.odm.xml").getroot()
        self.root, self.load = root, load
        self.names = {i.get("OID"): i.get("Name") for i in root.iter(ODM + "ItemDef")}
        self.kinds = {i.get("Name"): i.get("DataType") for i in root.iter(ODM + "ItemDef")}
        kinds = {e.get("OID"): e.get("Type") for e in root.iter(ODM + "StudyEventDef")}
        self.scheduled = [r.get("StudyEventOID") for r in root.iter(ODM + "StudyEventRef") if kinds[r.get("StudyEventOID")] == "Scheduled"]
        self.order = {event: n for n, event in enumerate(self.scheduled)}
        self.rows, self.forms, self.counts = defaultdict(dict), defaultdict(list), {}
        for place, slots in load.records.items():
            self.forms[place[3]].append(place)
            for (group, repeat, oid), text in slots.items():
                self.rows[place].setdefault((group, repeat), {})[self.names[oid]] = text

    def first(self, subject, event, form, item):
        texts = (row[item] for (_, _), row in self.rows.get((subject, event, "", form, ""), {}).items() if row.get(item))
        return typed(self.kinds[item], next(texts, ""))

    def same(self, form, names):
        key = (form, *names)
        if key not in self.counts:
            self.counts[key] = Counter((place[0], *(items.get(n, "") for n in names)) for place in self.forms[form] for items in self.whole(place))
        return self.counts[key]

    def whole(self, place):
        """One scope per row of the repeating group, the record's other items visible in each."""
        rows = self.rows[place]
        flat = {k: v for (_, repeat), items in rows.items() if not repeat for k, v in items.items()}
        return [flat | items for (_, repeat), items in rows.items() if repeat] or [flat]

    def of_group(self, place, group):
        flat = {k: v for (_, repeat), items in self.rows[place].items() if not repeat for k, v in items.items()}
        return [flat | items for (g, _), items in self.rows[place].items() if g == group]


def derive(study):
    """Adds the derived items; returns (evaluated, given a value) per method."""
    counts = {}
    methods = {m.get("OID"): compile_text(m.find(ODM + "FormalExpression").text) for m in study.root.iter(ODM + "MethodDef")}
    for group in study.root.iter(ODM + "ItemGroupDef"):
        for ref in group.iter(ODM + "ItemRef"):
            if method := methods.get(ref.get("MethodOID")):
                name, tally = study.names[ref.get("ItemOID")], counts.setdefault(ref.get("MethodOID"), Counter())
                for place, rows in study.rows.items():
                    if items := rows.get((group.get("OID"), "")):
                        value = method(Row(study, place, items))
                        tally["evaluated"] += 1
                        if value is not MISSING and value is not None:
                            items[name] = str(value)
                            tally["value"] += 1
    return counts


def published(name, code, column="QSSTRESN"):
    return {(r["USUBJID"], r["VISIT"]): Decimal(r[column]) for r in sources.xpt(name) if r["QSTESTCD"] == code and r[column]}


def derivations(study):
    """Share of the derived values that equal the published one."""
    mapping = tomllib.loads((HERE / "mappings/visits.toml").read_text())
    events = {event: visit.upper() for visit, event in mapping.items()}
    for form, dataset, names in (("F.QSCO", "qsco", ["ACTOT"]), ("F.QSNI", "qsni", [f"NPITM{n}S" for n in ("01", "02", "03", "04", "05", "07", "08", "09", "10")] + ["NPTOT"])):
        for name in names:
            known, equal, derived = published(dataset, name), 0, 0
            for place in study.forms[form]:
                text = study.whole(place)[0].get(name)
                derived += bool(text)
                equal += bool(text) and known.get((place[0], events[place[1]])) == Decimal(text)
            yield f"MT.{name}", len(known), derived, equal
    scores = Counter()
    for row in sources.xpt("qshi"):
        scores[row["USUBJID"]] += int(row["QSSTRESC"])
    totals = {row["USUBJID"]: int(row["MMSETOT"]) for row in sources.transport((HERE / "data/adam/adsl.xpt").read_bytes())}
    for form, name, known in (("F.QSHI", "HITOT", scores), ("F.QSMM", "MMTOT", totals)):
        texts = {place[0]: study.whole(place)[0].get(name) for place in study.forms[form]}
        yield f"MT.{name}", len(known), sum(map(bool, texts.values())), sum(int(t) == known[s] for s, t in texts.items() if t)


def checks(study, rules):
    for rule in rules["check"]:
        test, found = compile_text(rule["when"]), Counter()
        for case in rule["cases"]:
            fires = test(Case(study.kinds, case["given"])) is True
            assert fires == case["fires"], f"{rule['oid']}: {case}"
        for oid in rule["on"]:
            assert oid in study.names, oid
        for form in [rule["form"]] if isinstance(rule["form"], str) else rule["form"]:
            for place in study.forms[form]:
                if "events" in rule and place[1] not in rule["events"]:
                    continue
                rows = study.of_group(place, rule["group"]) if "group" in rule else study.whole(place)
                for items in rows:
                    found["rows"] += 1
                    found["fires"] += test(Row(study, place, items)) is True
        yield rule["oid"], found


def crf_findings(study):
    """Counter of what the case report form itself finds: (kind, item, detail)."""
    found = Counter()
    conditions = {c.get("OID"): compile_text(c.find(ODM + "FormalExpression").text) for c in study.root.iter(ODM + "ConditionDef")}
    items = {i.get("OID"): i for i in study.root.iter(ODM + "ItemDef")}
    groups = {g.get("OID"): list(g.iter(ODM + "ItemRef")) for g in study.root.iter(ODM + "ItemGroupDef")}
    required = {f.get("OID"): {(r.get("ItemGroupOID"), ""): {} for r in f.iter(ODM + "ItemGroupRef") if r.get("Mandatory") == "Yes"
                               and r.get("ItemGroupOID") not in study.load.crf.repeating} for f in study.root.iter(ODM + "FormDef")}
    for place, filled in study.rows.items():
        rows = required[place[3]] | filled
        for (group, _), values in rows.items():
            flat = {k: v for (_, repeat), row in rows.items() if not repeat for k, v in row.items()} | values
            for ref in groups[group]:
                oid, name = ref.get("ItemOID"), study.names[ref.get("ItemOID")]
                text, skip = values.get(name, ""), ref.get("CollectionExceptionConditionOID")
                if not text and ref.get("Mandatory") == "Yes":
                    found["required", oid, ""] += 1
                if text and skip and conditions[skip](Row(study, place, flat)) is True:
                    found["not to be collected", oid, skip] += 1
                for check in items[oid].iter(ODM + "RangeCheck") if text and not text.startswith("[") else ():
                    limit, symbol = check.find(ODM + "CheckValue").text, {"GE": ">=", "LE": "<="}[check.get("Comparator")]
                    if not combine(symbol, Decimal(text), Decimal(limit)):
                        found["range", oid, f"{check.get('SoftHard')} {check.get('Comparator')} {limit}"] += 1
    return found


def main():
    load, _ = run()
    study = Study(load)
    rules = tomllib.loads((HERE / "rules.toml").read_text())
    derive(study)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["kind", "item", "detail", "count"])
    table.writerows([*key, count] for key, count in sorted(crf_findings(study).items()))
    table.writerows(["derived", method, f"{equal} equal of {derived} derived, {known} published", equal] for method, known, derived, equal in derivations(study))
    print(out.getvalue(), end="")
    if sys.argv[1:] == ["--write"]:
        (HERE / "expected/crf.csv").write_text(out.getvalue())
    expected = {r["check"]: r for r in csv.DictReader(open(HERE / "expected/checks.csv"))}
    wrong = 0
    for oid, found in checks(study, rules):
        fires = int(expected[oid]["fires"])
        if fires != found["fires"]:
            wrong += 1
            print("DIFFERS", oid, "oracle", fires, "rule", found["fires"], "of", found["rows"])
    print(len(rules["check"]), "checks,", wrong, "differ;", len(set(expected) - {"total"} - {r["oid"] for r in rules["check"]}), "counts without a check")
    assert (HERE / "expected/crf.csv").read_text() == out.getvalue(), "expected/crf.csv differs"
    assert not wrong


if __name__ == "__main__":
    main()
