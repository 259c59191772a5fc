"""Writes crf.odm.xml from the tables in crf/. Needs Python 3.11 and nothing else.

    python3 build_crf.py            writes crf.odm.xml
    python3 build_crf.py --check    fails if crf.odm.xml is not what the tables say
"""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).parent))

from crf import clinical, codelists, instruments, labs, study  # noqa: E402

TARGET = Path(__file__).parent / "crf.odm.xml"
NS = "http://www.cdisc.org/ns/odm/v1.3"
CREATED = "2026-11-22T00:00:00Z"
FORMS = clinical.FORMS + labs.FORMS + instruments.FORMS
CODELISTS = codelists.CODELISTS + labs.CODELISTS
DATA_TYPES = {"text": "text", "int": "integer", "dec": "float", "date": "date", "pdate": "partialDate",
              "ptime": "partialTime", "pdatetime": "partialDatetime"}
RAW_FILES = {"DM": "dm_raw", "VS": "vs_raw", "AE": "ae_raw", "EC": "ec_raw", "DS": "ds_raw"}


def el(parent, tag, text=None, **attributes):
    child = ET.SubElement(parent, tag, {k: v for k, v in attributes.items() if v is not None})
    child.text = text
    return child


def texts(parent, tag, en, zh):
    holder = el(parent, tag)
    for lang, text in (("en", en), ("zh-CN", zh)):
        el(holder, "TranslatedText", text).set("xml:lang", lang)


def yes(flag):
    return "Yes" if flag else "No"


def unique(things):
    return list({thing.oid: thing for thing in things}.values())


def item_oid(group, item):
    return f"I.{group.oid.removeprefix('IG.')}.{item.name}"


def protocol(version):
    node = el(version, "Protocol")
    texts(node, "Description",
          "Safety and efficacy of the xanomeline transdermal therapeutic system in mild to moderate Alzheimer's disease",
          "占诺美林透皮贴剂治疗轻中度阿尔茨海默病的安全性与有效性研究")
    for order, event in enumerate(study.EVENTS, 1):
        el(node, "StudyEventRef", StudyEventOID=event.oid, OrderNumber=str(order),
           Mandatory=yes(event.kind == "Scheduled" and event.expected))


def events(version):
    for event in study.EVENTS:
        node = el(version, "StudyEventDef", OID=event.oid, Name=event.en, Repeating=yes(event.repeating),
                  Type=event.kind, Category=event.category)
        texts(node, "Description", event.en, event.zh)
        for order, form in enumerate(event.forms.split(), 1):
            el(node, "FormRef", FormOID="F." + form.rstrip("!"), OrderNumber=str(order), Mandatory=yes(form.endswith("!")))


def forms(version):
    for form in FORMS:
        node = el(version, "FormDef", OID=form.oid, Name=form.en, Repeating=yes(form.repeating))
        texts(node, "Description", form.en, form.zh)
        for order, group in enumerate(form.groups, 1):
            el(node, "ItemGroupRef", ItemGroupOID=group.oid, OrderNumber=str(order), Mandatory=yes(group.req))


def groups(version):
    for group in unique(group for form in FORMS for group in form.groups):
        node = el(version, "ItemGroupDef", OID=group.oid, Name=group.en, Repeating=yes(group.repeating),
                  Domain=group.domain, Purpose="Tabulation")
        texts(node, "Description", group.en, group.zh)
        for order, item in enumerate(group.items, 1):
            el(node, "ItemRef", ItemOID=item_oid(group, item), OrderNumber=str(order), Mandatory=yes(item.req),
               MethodOID=item.method, CollectionExceptionConditionOID=item.skip)


def range_checks(node, item):
    checks = [(soft, comparator, value) for soft, bounds in (("Soft", item.soft), ("Hard", item.hard)) if bounds
              for comparator, value in zip(("GE", "LE"), bounds) if value is not None]
    for soft, comparator, value in checks:
        check = el(node, "RangeCheck", Comparator=comparator, SoftHard=soft)
        el(check, "CheckValue", str(value))
        if item.unit:
            el(check, "MeasurementUnitRef", MeasurementUnitOID=item.unit)
        side_en, side_zh = ("below", "低于") if comparator == "GE" else ("above", "高于")
        ask_en, ask_zh = ("please confirm or correct", "请确认或更正") if soft == "Soft" else ("this is not possible, please correct", "不可能的数值，请更正")
        texts(check, "ErrorMessage", f"{item.en}: {side_en} {value}, {ask_en}.", f"{item.zh}：{side_zh}{value}，{ask_zh}。")


def items(version):
    for group in unique(group for form in FORMS for group in form.groups):
        for item in group.items:
            kind, _, size = item.kind.partition(":")
            length, _, digits = size.partition(".")
            node = el(version, "ItemDef", OID=item_oid(group, item), Name=item.name, DataType=DATA_TYPES[kind],
                      Length=length or None, SignificantDigits=digits or None, SDSVarName=item.sdtm and item.sdtm.split(".")[1],
                      Origin=item.origin)
            texts(node, "Question", item.en, item.zh)
            if item.unit:
                el(node, "MeasurementUnitRef", MeasurementUnitOID=item.unit)
            range_checks(node, item)
            if item.cl:
                el(node, "CodeListRef", CodeListOID=item.cl)
            if item.sdtm:
                el(node, "Alias", Context="SDTM", Name=item.sdtm)
            if item.raw:
                el(node, "Alias", Context="RAW", Name=f"{RAW_FILES[group.domain]}.{item.raw}")


def code_lists(version):
    for code_list in CODELISTS:
        node = el(version, "CodeList", OID=code_list.oid, Name=code_list.name, DataType=code_list.kind)
        for order, (value, en, zh) in enumerate(code_list.values, 1):
            texts(el(node, "CodeListItem", CodedValue=value, OrderNumber=str(order)), "Decode", en, zh)


def expressions(version):
    for oid, en, zh, expression in study.CONDITIONS:
        node = el(version, "ConditionDef", OID=oid, Name=en)
        texts(node, "Description", en, zh)
        el(node, "FormalExpression", expression, Context="CEL")
    for oid, en, zh, expression in study.METHODS:
        node = el(version, "MethodDef", OID=oid, Name=en, Type="Computation")
        texts(node, "Description", en, zh)
        el(node, "FormalExpression", expression, Context="CEL")


def build():
    root = ET.Element("ODM", {"xmlns": NS, "FileType": "Snapshot", "FileOID": "CDISCPILOT01.CRF.1", "CreationDateTime": CREATED,
                              "ODMVersion": "1.3.2", "Granularity": "Metadata", "Description": "Case report form of CDISCPILOT01"})
    node = el(root, "Study", OID="CDISCPILOT01")
    names = el(node, "GlobalVariables")
    el(names, "StudyName", "CDISCPILOT01")
    el(names, "StudyDescription", "Safety and efficacy of the xanomeline transdermal therapeutic system (TTS) in patients with mild to moderate Alzheimer's disease")
    el(names, "ProtocolName", "H2Q-MC-LZZT")
    basics = el(node, "BasicDefinitions")
    for oid, name, en, zh in study.UNITS:
        texts(el(basics, "MeasurementUnit", OID=oid, Name=name), "Symbol", en, zh)
    version = el(node, "MetaDataVersion", OID="MDV.CDISCPILOT01.1", Name="Version 1", Description="After the annotated case report form and SDTM 3.2")
    for part in (protocol, events, forms, groups, items, code_lists, expressions):
        part(version)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def main():
    text = build()
    if sys.argv[1:] != ["--check"]:
        TARGET.write_bytes(text)
    elif TARGET.read_bytes() != text:
        sys.exit("crf.odm.xml is not what the tables in crf/ say: run python3 build_crf.py")


if __name__ == "__main__":
    main()
