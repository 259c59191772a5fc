"""Reads clinical data in ODM 1.3.2 to the end with lxml, as Casebook does, and counts the values.

    python lxml_odm.py FILE

Each value is taken with its subject, event, form, group and item; what was read is let go.
"""

import sys

from lxml import etree

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
LEVELS = {
    f"{ODM}SubjectData": "SubjectKey",
    f"{ODM}StudyEventData": "StudyEventOID",
    f"{ODM}FormData": "FormOID",
    f"{ODM}ItemGroupData": "ItemGroupOID",
}
ITEM = f"{ODM}ItemData"


def values(file):
    place = {}
    tags = [*LEVELS, ITEM]
    for event, element in etree.iterparse(file, events=("start", "end"), tag=tags):
        if element.tag != ITEM:
            if event == "start":
                place[element.tag] = element.get(LEVELS[element.tag])
            else:
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        elif event == "end" and (value := element.get("Value")) is not None:
            yield (*place.values(), element.get("ItemOID"), value)


if __name__ == "__main__":
    print(sum(1 for _ in values(sys.argv[1])))
