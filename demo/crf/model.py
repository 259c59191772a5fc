"""The words in which the case report form is written down: items, groups, forms, events, code lists.

Every text is a pair (English, Chinese). Nothing here knows XML; `../build_crf.py` does.
"""

from dataclasses import dataclass


@dataclass
class Item:
    """One question. `kind` is `text:200`, `int:3`, `dec:5.1`, `date`, `pdate` (year or month may
    be all that is known), `ptime` (hours and minutes), `pdatetime` (the time may be unknown). `soft` and `hard` are (low, high), None = open."""

    name: str
    kind: str
    en: str
    zh: str
    cl: str | None = None
    unit: str | None = None
    soft: tuple | None = None
    hard: tuple | None = None
    req: bool = False
    skip: str | None = None
    method: str | None = None
    origin: str = "CRF"
    sdtm: str | None = None
    raw: str | None = None


@dataclass
class Group:
    oid: str
    en: str
    zh: str
    items: list[Item]
    repeating: bool = False
    domain: str | None = None
    req: bool = True


@dataclass
class Form:
    oid: str
    en: str
    zh: str
    groups: list[Group]
    repeating: bool = False


@dataclass
class Event:
    """`forms` in the order of the visit; a trailing `!` means the protocol requires the form.
    `expected` is False for a visit that only some participants have."""

    oid: str
    en: str
    zh: str
    forms: str
    kind: str = "Scheduled"
    repeating: bool = False
    category: str | None = None
    expected: bool = True


@dataclass
class CodeList:
    oid: str
    name: str
    values: list[tuple[str, str, str]]
    kind: str = "text"
