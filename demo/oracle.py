"""How often each edit check of rules.toml must fire, counted from the published files alone.

    python3 oracle.py           compares with expected/checks.csv and expected/windows.csv
    python3 oracle.py --write   writes them

This script knows neither crf.odm.xml nor rules.toml nor the mappings: it reads the raw and SDTM columns
and says in Python what each check means. Needs pandas and pyreadstat.
"""

import csv
import io
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sources import raw, xpt

HERE = Path(__file__).parent
SCHEDULE = ["SCREENING 1", "SCREENING 2", "BASELINE", "AMBUL ECG PLACEMENT", "WEEK 2", "WEEK 4", "AMBUL ECG REMOVAL",
            "WEEK 6", "WEEK 8", "WEEK 10 (T)", "WEEK 12", "WEEK 14 (T)", "WEEK 16", "WEEK 18 (T)", "WEEK 20", "WEEK 22 (T)",
            "WEEK 24", "WEEK 26", "AE FOLLOW-UP", "RETRIEVAL"]
SERIOUS = ["IT.AESDTH", "IT.AESLIFE", "IT.AESHOSP", "AEDIS", "AESCNO", "AESCAN"]


def day(text, form):
    return datetime.strptime(text, form).date() if text else None


def span(text):
    """First and last day that a complete or partial ISO or US date can mean."""
    if not text:
        return None
    if "/" in text:
        text = datetime.strptime(text, "%m/%d/%Y").strftime("%Y-%m-%d")
    parts = [int(p) for p in text[:10].split("-")]
    if len(parts) == 3:
        return date(*parts), date(*parts)
    year, month = parts[0], parts[1] if len(parts) == 2 else None
    last = month or 12
    end = date(year + last // 12, last % 12 + 1, 1)
    return date(year, month or 1, 1), date.fromordinal(end.toordinal() - 1)


def before(a, b):
    """True only when a is certainly earlier than b."""
    return bool(a and b and a[1] < b[0])


def decimal(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def previous(series, visit):
    """Value of the latest earlier visit of the schedule that has one; None when there is none."""
    if visit not in SCHEDULE:
        return None
    for name in reversed(SCHEDULE[:SCHEDULE.index(visit)]):
        if series.get(name) is not None:
            return series[name]
    return None


def key(row):
    return "01-" + row["PATNUM"]


DM = {key(r): r for r in raw("dm")}
CONSENT = {s: day(r["IC_DT"], "%m/%d/%Y") for s, r in DM.items()}
VISITS = defaultdict(dict)
for row in xpt("sv"):
    VISITS[row["USUBJID"]][row["VISIT"]] = date.fromisoformat(row["SVSTDTC"])
FIRST_DOSE = {key(r): day(r["IT.ECSTDAT"], "%d-%b-%Y") for r in raw("ec") if r["VISITNAME"] == "Baseline"}
RANDOMISED = {key(r): day(r["IT.DSSTDAT"], "%m-%d-%Y") for r in raw("ds") if r["INSTANCE"] == "Baseline"}


def demographics(fire):
    for subject, row in DM.items():
        fire("CK.DM.CONSENTRAND", CONSENT[subject] and subject in RANDOMISED and CONSENT[subject] > RANDOMISED[subject])
        fire("CK.DM.ARM", row["PLANNED_ARM"] != row["ACTUAL_ARM"])
        fire("CK.DM.SFDOSED", row["PLANNED_ARM"] == "Screen Failure" and subject in FIRST_DOSE)
        fire("CK.DM.VISITDATE", day(row["COL_DT"], "%m/%d/%Y") != VISITS[subject]["SCREENING 1"])
        fire("CK.DM.AGEBIRTH", False)  # no date of birth was published


def visits(fire):
    for row in xpt("sv"):
        subject, visit, start = row["USUBJID"], row["VISIT"], date.fromisoformat(row["SVSTDTC"])
        last = previous(VISITS[subject], visit)
        fire("CK.SV.END", date.fromisoformat(row["SVENDTC"]) < start)
        fire("CK.SV.ORDER", last and start < last)
        fire("CK.SV.SAMEDAY", last and start == last)
        fire("CK.SV.CONSENT", CONSENT[subject] and start < CONSENT[subject])
        fire("CK.SV.REASON", visit.startswith("UNSCHEDULED") and not row["SVUPDES"])


def vital_signs(fire):
    weights = defaultdict(dict)
    for row in raw("vs"):
        if row["IT.WEIGHT"]:
            weights[row["PATNUM"]][row["INSTANCE"].upper()] = Decimal(row["IT.WEIGHT"])
    for row in raw("vs"):
        high, low, timed = row["SYS_BP"], row["DIA_BP"], row["TMPTC"]
        height, weight, temperature = (decimal(row[c]) for c in ("IT.HEIGHT_VSORRES", "IT.WEIGHT", "IT.TEMP"))
        fire("CK.VS.BP", high and low and int(high) <= int(low))
        fire("CK.VS.PULSEPR", high and low and 0 < int(high) - int(low) < 20)
        fire("CK.VS.NORESULT", timed and not (high and low and row["PULSE"]))
        fire("CK.VS.POSITION", timed and ("Lying" in timed) != (row["SUBPOS"] == "SUPINE"))
        fire("CK.VS.TEMPUNIT", temperature and not 93 <= temperature <= 105)
        fire("CK.VS.TEMPLOC", temperature and not row["IT.TEMP_LOC"])
        fire("CK.VS.HEIGHTUNIT", height and not 48 <= height <= 84)
        bmi = weight and height and weight * 703 / height / height
        fire("CK.VS.BMI", bmi and 48 <= height <= 84 and not 15 <= bmi <= 50)
        last = weight and previous(weights[row["PATNUM"]], row["INSTANCE"].upper())
        fire("CK.VS.WEIGHTCHG", last and abs(weight - last) > last / 5)


def adverse_events(fire):
    same = Counter((r["PATNUM"], r["IT.AETERM"], r["IT.AESTDAT"], r["AEDTCOL"]) for r in raw("ae"))
    for row in raw("ae"):
        subject, outcome, end = key(row), row["AEOUTCOME"], row["IT.AEENDAT"]
        start, stop = span(row["IT.AESTDAT"]), span(end)
        consent, dose = CONSENT[subject], FIRST_DOSE[subject]
        criteria = any(row[c] == "Yes" for c in SERIOUS)
        fire("CK.AE.ENDSTART", before(stop, start))
        fire("CK.AE.COLLECTED", before(span(row["AEDTCOL"]), start))
        fire("CK.AE.CONSENT", consent and before(start, (consent, consent)))
        fire("CK.AE.RELATED", before(start, (dose, dose)) and row["IT.AEREL"] in ("Probably Related", "Possibly Related"))
        fire("CK.AE.SERNOCRIT", row["IT.AESER"] == "Yes" and not criteria)
        fire("CK.AE.CRITNOSER", row["IT.AESER"] == "No" and criteria)
        fire("CK.AE.FATAL", (outcome == "Fatal") != (row["IT.AESDTH"] == "Yes"))
        fire("CK.AE.FATALEND", outcome == "Fatal" and not end)
        fire("CK.AE.RESOLVED", outcome == "Recovered/Resolved" and not end)
        fire("CK.AE.ONGOING", outcome == "Not Recovered/not Resolved" and stop and not before(span(row["AEDTCOL"]), stop))
        fire("CK.AE.LIFESEV", row["IT.AESLIFE"] == "Yes" and row["IT.AESEV"] != "Severe Adverse Event")
        fire("CK.AE.DUPLICATE", row["IT.AESTDAT"] and same[row["PATNUM"], row["IT.AETERM"], row["IT.AESTDAT"], row["AEDTCOL"]] > 1)


def exposure(fire):
    ends = defaultdict(dict)
    for row in raw("ec"):
        ends[row["PATNUM"]][row["VISITNAME"].upper()] = day(row["IT.ECENDAT"], "%d-%b-%Y")
    for row in raw("ec"):
        start, end = (day(row[c], "%d-%b-%Y") for c in ("IT.ECSTDAT", "IT.ECENDAT"))
        last = previous(ends[row["PATNUM"]], row["VISITNAME"].upper())
        placebo = row["DRUGAD"] == "PLACEBO"
        fire("CK.EC.ENDSTART", end and end < start)
        fire("CK.EC.GAP", last and (start - last).days > 1)
        fire("CK.EC.OVERLAP", last and start <= last)
        fire("CK.EC.BEFORERAND", start < RANDOMISED[key(row)])
        fire("CK.EC.DOSE", placebo != (Decimal(row["IT.ECDSTXT"]) == 0))
        fire("CK.EC.ARM", (DM[key(row)]["PLANNED_ARM"] == "Placebo") != placebo)


def disposition(fire):
    criterion = {row["USUBJID"] for row in xpt("suppds") if row["QNAM"] == "ENTCRIT"}
    for row in raw("ds"):
        subject, what = key(row), row["IT.DSDECOD"]
        start, collected = (day(row[c], "%m-%d-%Y") for c in ("IT.DSSTDAT", "DSDTCOL"))
        death, dose = day(row["DEATHDT"], "%m/%d/%Y"), FIRST_DOSE.get(subject)
        fire("CK.DS.NODOSE", what == "Completed" and not dose)
        fire("CK.DS.DEATHDATE", what == "Death" and not death)
        fire("CK.DS.AFTERDEATH", death and start > death)
        fire("CK.DS.COLLECTED", start != collected)
        fire("CK.DS.EARLY", what == "Completed" and dose and (start - dose).days + 1 < 180)
        fire("CK.DS.NOWEEK26", what == "Completed" and "WEEK 26" not in VISITS[subject])
        fire("CK.DS.CRITERION", row["IT.DSTERM"] == "Protocol Entry Criteria not Met" and subject not in criterion)


def medications_and_history(fire):
    for row in xpt("cm"):
        start, end, collected = (span(row[c]) for c in ("CMSTDTC", "CMENDTC", "CMDTC"))
        fire("CK.CM.ENDSTART", before(end, start))
        fire("CK.CM.FUTURE", before(collected, start))
        fire("CK.CM.UNIT", bool(row["CMDOSE"]) != bool(row["CMDOSU"]))
        fire("CK.CM.ZERO", row["CMDOSE"] and Decimal(row["CMDOSE"]) == 0)
    for row in xpt("mh"):
        fire("CK.MH.FUTURE", before(span(row["MHDTC"]), span(row["MHSTDTC"])))
        fire("CK.MH.ONSET", row["MHCAT"] == "PRIMARY DIAGNOSIS" and not row["MHSTDTC"])


def laboratory(fire):
    for panel in ("lbch", "lbhe", "lbur"):
        for row in xpt(panel):
            value, low, high = (decimal(row[c]) for c in ("LBORRES", "LBORNRLO", "LBORNRHI"))
            flag, known = row["LBNRIND"], value is not None and row["LBNRIND"] != ""
            fire("CK.LB.HIGH", known and high is not None and value > high and flag != "HIGH")
            fire("CK.LB.LOW", known and low is not None and value < low and flag != "LOW")
            fire("CK.LB.FLAG", known and None not in (low, high) and low <= value <= high and flag != "NORMAL")
            fire("CK.LB.NOFLAG", not flag)
            fire("CK.LB.LIVER", row["LBTESTCD"] in ("ALT", "AST") and value is not None and value > 3 * high)


def questionnaires(fire):
    def wide(name, value="QSORRES"):
        out = defaultdict(dict)
        for row in xpt(name):
            out[row["USUBJID"], row["VISIT"]][row["QSTESTCD"]] = row[value]
        return out

    for (subject, _), answers in wide("qsmm").items():
        fire("CK.QS.MMSE", not 10 <= sum(map(int, answers.values())) <= 23 and subject in FIRST_DOSE)
    for answers in wide("qshi", "QSSTRESC").values():
        fire("CK.QS.HACHINSKI", sum(map(int, answers.values())) > 4)
    tasks, totals, adas = [1, 2, 4, 5, 6, 7, 8, 11, 12, 13, 14], defaultdict(dict), wide("qsco")
    for (subject, visit), answers in adas.items():
        scores = [decimal(answers.get(f"ACITM{n:02}") or "-") for n in tasks]
        totals[subject][visit] = None if None in scores else sum(scores)
    for subject, visit in adas:
        score, last = totals[subject][visit], previous(totals[subject], visit)
        fire("CK.QS.ADASJUMP", score is not None and last is not None and abs(score - last) > 15)
    for answers in wide("qsni").values():
        domains = [[answers.get(f"NPITM{n:02}{part}") for part in ("", "F", "V", "D")] for n in range(1, 13)]
        fire("CK.QS.NPIPARTS", any(len({bool(p) for p in rated}) == 2 for _, *rated in domains))
        fire("CK.QS.NPIEMPTY", any(not present and not severity for present, _, severity, _ in domains))


CHOSEN = [("SCREENING 1", "BASELINE", -14, 14, 13), ("SCREENING 2", "BASELINE", -2, 2, 1), ("AMBUL ECG PLACEMENT", "WEEK 2", -1, 1, 1),
          ("AMBUL ECG REMOVAL", "WEEK 4", 1, 1, 1), ("WEEK 10 (T)", "WEEK 8", 14, 3, 3), ("WEEK 14 (T)", "WEEK 12", 14, 3, 3),
          ("WEEK 18 (T)", "WEEK 16", 14, 3, 3), ("WEEK 22 (T)", "WEEK 20", 14, 3, 3)]


def protocol_windows():
    """Visit, anchor, days, before, after of every USDM timing of the main timeline that has a window in days."""
    design = json.loads((HERE / "data/usdm/CDISC_Pilot_Study.json").read_text())["study"]["versions"][0]["studyDesigns"][0]
    for timing in next(t for t in design["scheduleTimelines"] if t["mainTimeline"])["timings"]:
        lower, upper = (re.fullmatch(r"P(\d+)D", timing[w] or "") for w in ("windowLower", "windowUpper"))
        weeks = re.fullmatch(r"P(\d+)W", timing["value"])
        if lower and upper and weeks and timing["type"]["decode"] == "After":
            yield f"WEEK {weeks[1]}", "BASELINE", 7 * int(weeks[1]), int(lower[1]), int(upper[1])


def windows():
    for visit, anchor, days, early, late in sorted([*CHOSEN, *protocol_windows()], key=lambda w: SCHEDULE.index(w[0])):
        off = [(dates[visit] - dates[anchor]).days - days for dates in VISITS.values() if visit in dates and anchor in dates]
        yield visit, anchor, days, early, late, len(off), sum(o < -early for o in off), sum(o > late for o in off)


def text(header, rows):
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    return out.getvalue()


def main():
    counts, seen = Counter(), Counter()

    def fire(check, fires):
        seen[check] += 1
        counts[check] += bool(fires)

    for part in (demographics, visits, vital_signs, adverse_events, exposure, disposition, medications_and_history, laboratory, questionnaires):
        part(fire)
    checks = [[check, rows, counts[check]] for check, rows in seen.items()]
    found = {
        "checks.csv": text(["check", "rows", "fires"], [*checks, ["total", sum(seen.values()), sum(counts.values())]]),
        "windows.csv": text(["visit", "anchor", "days", "before", "after", "evaluated", "early", "late"], windows()),
    }
    told = dict(re.findall(r"^\| (CK\.\S+) \| (\d+) \|", (HERE / "CHECKS.md").read_text(), re.M))
    assert told == {check: str(fires) for check, _, fires in checks}, "CHECKS.md tells other counts"
    for name, content in found.items():
        print(content)
        if sys.argv[1:] == ["--write"]:
            (HERE / "expected" / name).write_text(content)
        assert (HERE / "expected" / name).read_text() == content, f"expected/{name} differs"


if __name__ == "__main__":
    main()
