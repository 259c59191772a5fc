"""Writes the same table as `casebook export --format csv`, with pandas, from the same documents.

    python pandas_export.py DATABASE OUT

Reads the stored form records from SQLite, decodes them, builds one frame and writes it. Prints how
many values it wrote.
"""

import sqlite3
import sys

import cbor2
import pandas

FORM = "F.VS"
ITEMS = (
    "VSDAT HEIGHT WEIGHT BMI TEMP TEMPLOC SYS1 DIA1 PUL1 POS1 SYS2 DIA2 PUL2 POS2 "
    "SYS3 DIA3 PUL3 POS3 METHOD NOTE"
).split()


def sites(database):
    rows = database.execute("SELECT key FROM view_row WHERE study = 'BENCH' AND view = 11")
    return {subject: site for site, subject in (key.split("\x1f") for (key,) in rows)}


def frame_of(file):
    database = sqlite3.connect(file)
    site_of = sites(database)
    rows = database.execute(
        "SELECT key, bytes FROM view_row WHERE study = 'BENCH' AND view = 10 ORDER BY key"
    )
    names = {f"I.VS.{item}": item for item in ITEMS}
    records = []
    for key, document in rows:
        form, subject, event, event_repeat, form_repeat = key.split("\x1f")
        _, _, _, _, groups, *_ = cbor2.loads(document)
        record = {
            "study": "BENCH",
            "site": site_of[subject],
            "subject": subject,
            "event": event,
            "event_repeat": event_repeat,
            "form_repeat": form_repeat,
        }
        for _, _, removed, items in groups:
            if not removed:
                record.update((names[oid], value) for oid, value in items.items())
        records.append(record)
    return pandas.DataFrame(records)


def main(file, out):
    frame = frame_of(file)
    frame.to_csv(out, index=False, lineterminator="\r\n")
    print(int(frame[ITEMS].notna().to_numpy().sum()))


if __name__ == "__main__":
    main(*sys.argv[1:])
