"""The expressions of crf.odm.xml and rules.toml, evaluated as RULES.md says.

Deliberately small and strict: a decimal and an integer do not mix, an unknown name is an error, and what
touches a missing value is missing, except that `true || x` is true and `false && x` is false.
"""

import operator
import re
from datetime import date
from decimal import Decimal, InvalidOperation

MISSING = type("Missing", (), {"__repr__": lambda self: "missing"})()
TOKEN = re.compile(r'\s*(?:(\d+)|("(?:[^"\\]|\\.)*")|([A-Za-z_][A-Za-z0-9_]*)|(\|\||&&|[=!<>]=|[-+*<>!?:()\[\],]))')
LEVELS = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*"]]
OPERATORS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
             "+": operator.add, "-": operator.sub, "*": operator.mul}


class Day:
    """A date of which the day, or month and day, may be unknown: all days from first to last."""

    def __init__(self, text):
        parts = [int(p) for p in text[:10].split("-")]
        year, month = parts[0], parts[1] if len(parts) > 1 else None
        self.first = date(year, month or 1, parts[2] if len(parts) > 2 else 1)
        after = (month or 12) + 1
        self.last = self.first if len(parts) > 2 else date.fromordinal(date(year + (after > 12), (after - 1) % 12 + 1, 1).toordinal() - 1)

    def compare(self, symbol, other):
        if self.last < other.first or self.first > other.last or (self.first == self.last == other.first == other.last):
            return OPERATORS[symbol](self.first, other.first)
        edges = {OPERATORS[symbol](a, b) for a in (self.first, self.last) for b in (other.first, other.last)}
        return MISSING if symbol in ("==", "!=") or len(edges) > 1 else edges.pop()


def typed(kind, text):
    """Value of an item of this ODM data type."""
    if text == "" or text.startswith("["):
        return MISSING
    if kind == "integer":
        return int(text)
    if kind == "float":
        return Decimal(text)
    return Day(text) if kind in ("date", "partialDate", "partialDatetime") else text


def days_between(a, b):
    return (b.first - a.first).days if a.first == a.last and b.first == b.last else MISSING


def age_at(birth, on):
    if on.first != on.last or birth.first != birth.last:
        return MISSING
    return on.first.year - birth.first.year - ((on.first.month, on.first.day) < (birth.first.month, birth.first.day))


def dec(value):
    try:
        return Decimal(value)
    except InvalidOperation:
        return MISSING


PLAIN = {"days_between": days_between, "age_at": age_at, "dec": dec, "total": lambda values: sum(map(Decimal, values))}


def combine(symbol, a, b):
    if symbol in ("||", "&&"):
        stop = symbol == "||"
        if stop in (a, b):
            return stop
        return MISSING if MISSING in (a, b) else not stop
    if None in (a, b) or MISSING in (a, b):
        return MISSING
    if type(a) is not type(b):
        raise TypeError(f"{a!r} {symbol} {b!r}")
    if isinstance(a, Day):
        return a.compare(symbol, b)
    return OPERATORS[symbol](a, b)


class Parser:
    """Compiles text to a function of a scope: scope(name) and scope.call(name, texts)."""

    def __init__(self, text):
        self.text, self.tokens, place = text, [], 0
        text = text.strip()
        while place < len(text):
            match = TOKEN.match(text, place)
            if not match:
                raise SyntaxError(text[place:])
            self.tokens.append((match.lastindex, match[match.lastindex], match.start(match.lastindex), match.end()))
            place = match.end()
        self.text, self.at = text, 0

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.tokens[self.at]
        if wanted and token[1] != wanted:
            raise SyntaxError(f"{wanted} expected at {self.text[token[2]:]}")
        self.at += 1
        return token

    def whole(self):
        found = self.ternary()
        if self.peek() is not None:
            raise SyntaxError(self.text)
        return found

    def ternary(self):
        test = self.level(0)
        if self.peek() != "?":
            return test
        self.take()
        yes = self.ternary()
        self.take(":")
        no = self.ternary()

        def choose(scope):
            found = test(scope)
            return MISSING if found is MISSING else yes(scope) if found else no(scope)
        return choose

    def level(self, depth):
        if depth == len(LEVELS):
            return self.unary()
        left = self.level(depth + 1)
        while self.peek() in LEVELS[depth]:
            left = self.binary(self.take()[1], left, self.level(depth + 1))
        return left

    @staticmethod
    def binary(symbol, left, right):
        return lambda scope: combine(symbol, left(scope), right(scope))

    def unary(self):
        if self.peek() != "!":
            return self.primary()
        self.take()
        inner = self.unary()

        def negate(scope):
            found = inner(scope)
            return found if found is MISSING else not found
        return negate

    def arguments(self, end):
        found = []
        while self.peek() != end:
            found.append(self.ternary())
            if self.peek() == ",":
                self.take()
        return found, self.take(end)[3]

    def primary(self):
        kind, text, start, _ = self.take()
        if kind == 1:
            return lambda scope: int(text)
        if kind == 2:
            return lambda scope: text[1:-1]
        if text == "(":
            inner = self.ternary()
            self.take(")")
            return inner
        if text == "[":
            items, _ = self.arguments("]")
            return lambda scope: [item(scope) for item in items]
        if text in ("null", "true", "false"):
            return lambda scope: {"null": None, "true": True, "false": False}[text]
        if self.peek() != "(":
            return lambda scope: scope(text)
        self.take()
        items, end = self.arguments(")")
        return self.call(text, items, self.text[start:end])

    @staticmethod
    def call(name, items, source):
        def run(scope):
            values = [item(scope) for item in items]
            if name == "missing":
                return values[0] is MISSING or values[0] is None
            if name not in PLAIN:
                return scope.call(name, values, source)
            flat = values[0] if isinstance(values[0], list) else values
            return MISSING if MISSING in flat else PLAIN[name](*values)
        return run


def compile_text(text):
    return Parser(text).whole()
