"""pyxform makes an XForm of every form in a folder, and finds in it what was meant.

Usage: check.py FOLDER. `expected.json` in the folder says of each form which questions it has, with their
types, and how many of them are required, conditional, constrained and computed.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ET

from pyxform.xls2xform import convert

XFORMS = "{http://www.w3.org/2002/xforms}"
OURS = "{urn:casebook:xlsform:1}"


def binds(xform):
    """The questions of a form by the ends of their paths: what is bound to them."""
    found = {}
    for bind in ET.fromstring(xform).iter(XFORMS + "bind"):
        if bind.get("type"):
            found[bind.get("nodeset").rsplit("/", 1)[1]] = bind
    return found


def main():
    folder = pathlib.Path(sys.argv[1])
    expected = json.loads((folder / "expected.json").read_text())
    assert expected, "no form is expected"
    for name, form in expected.items():
        both = [convert(folder / f"{name}.{ending}", validate=False) for ending in ("xlsx", "csv")]
        assert both[0].xform == both[1].xform, f"{name}: the workbook and the table differ"
        bound = binds(both[0].xform)
        for question, kind in form["types"].items():
            assert question in bound, f"{name}: {question} is not bound"
            assert bound[question].get("type") == kind, f"{name}: {question} is no {kind}"
        for attribute, count in form["counts"].items():
            has = sum(1 for question in form["types"] if bound[question].get(attribute) is not None)
            assert has == count, f"{name}: {has} of {count} have {attribute}"
        ours = sum(1 for question in form["types"] if bound[question].get(OURS + "oid") is not None)
        assert ours == form["oids"], f"{name}: {ours} of {form['oids']} have an OID of ours"
        languages = [one.get("lang") for one in ET.fromstring(both[0].xform).iter(XFORMS + "translation")]
        assert sorted(languages) == form["languages"], f"{name}: {languages}"
    print(f"{len(expected)} forms")


main()
