"""The grammar of SPARQL queries: an LL(1) table built from ``grammar.ebnf``, and its terminals."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple

START, END = "Query", "the end"
"""The first production, and the terminal after the last token, which no text contains."""

Production = tuple[str, ...]

_SYMBOL = re.compile(r"'[^']+'|[A-Za-z_]+|[()|?*+]")


@dataclass
class Grammar:
    """Productions by nonterminal, and the table of which one a terminal predicts.

    A terminal is written in capitals, or as the keyword or sign itself.
    """

    productions: dict[str, list[Production]] = field(default_factory=dict)
    table: dict[str, dict[str, Production]] = field(default_factory=dict)
    first: dict[str, frozenset[str]] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()

    def admits(self, stack: Sequence[str], terminal: str) -> bool:
        """Return whether a terminal may come next, given the symbols still to be read."""
        for symbol in reversed(stack):
            if symbol not in self.first:
                return symbol == terminal
            if terminal in self.first[symbol]:
                return True
            if symbol not in self.nullable:
                return False
        return False

    def expected_terminals(self, stack: Sequence[str]) -> frozenset[str]:
        """Return the terminals that may come next."""
        terminals: frozenset[str] = frozenset()
        for symbol in reversed(stack):
            terminals |= self.first.get(symbol, {symbol})
            if symbol not in self.nullable:
                break
        return terminals


@cache
def query_grammar() -> Grammar:
    """Read the grammar and build its table. Raises `ValueError` if it is not LL(1)."""
    text = files(__package__).joinpath("grammar.ebnf").read_text(encoding="utf-8")
    grammar = Grammar()
    for line in text.splitlines():
        name, is_production, body = line.partition(" ::= ")
        if is_production:
            _ProductionReader(grammar, name, body).read()
    _fill_table(grammar)
    return grammar


class _ProductionReader:
    """The right side of a production; each group in brackets becomes a production of its own."""

    def __init__(self, grammar: Grammar, name: str, body: str) -> None:
        self._grammar = grammar
        self._name = name
        self._symbols = _SYMBOL.findall(body)
        self._at = 0
        self._parts = 0

    def read(self) -> None:
        self._grammar.productions[self._name] = self._read_alternatives()

    def _read_alternatives(self) -> list[Production]:
        alternatives: list[list[str]] = [[]]
        while self._at < len(self._symbols) and self._symbols[self._at] != ")":
            symbol = self._symbols[self._at]
            self._at += 1
            if symbol == "|":
                alternatives.append([])
            elif symbol == "(":
                inner = self._read_alternatives()
                self._at += 1
                alternatives[-1].append(self._read_repetition(self._add(inner)))
            else:
                alternatives[-1].append(self._read_repetition(symbol.strip("'")))
        return [tuple(alternative) for alternative in alternatives]

    def _read_repetition(self, symbol: str) -> str:
        sign = self._symbols[self._at] if self._at < len(self._symbols) else ""
        if sign not in {"?", "*", "+"}:
            return symbol
        self._at += 1
        if sign == "?":
            return self._add([(symbol,), ()])
        # ``a*`` is a production that is empty or ``a a*``; ``a+`` is ``a a*``.
        many = self._add([()])
        self._grammar.productions[many].insert(0, (symbol, many))
        return many if sign == "*" else self._add([(symbol, many)])

    def _add(self, alternatives: list[Production]) -> str:
        self._parts += 1
        name = f"{self._name}.{self._parts}"
        self._grammar.productions[name] = alternatives
        return name


def _fill_table(grammar: Grammar) -> None:
    """Fill the table from the FIRST and FOLLOW sets."""
    productions = grammar.productions
    pairs = [(name, body) for name, bodies in productions.items() for body in bodies]
    first: dict[str, set[str]] = {name: set() for name in productions}
    follow: dict[str, set[str]] = {name: set() for name in productions}
    nullable: set[str] = set()
    follow[START].add(END)
    size = -1
    # The sets grow until nothing changes (fixed point).
    while size != (
        size := sum(len(terminals) for sets in (first, follow) for terminals in sets.values())
        + len(nullable)
    ):
        for name, production in pairs:
            leads, is_empty = _first_of(production, first, nullable)
            first[name] |= leads
            if is_empty:
                nullable.add(name)
            # After a symbol comes what its right neighbours begin with, or what follows the whole.
            for at, symbol in enumerate(production):
                if symbol in productions:
                    leads, is_empty = _first_of(production[at + 1 :], first, nullable)
                    follow[symbol] |= leads | (follow[name] if is_empty else set())
    for name, production in pairs:
        leads, is_empty = _first_of(production, first, nullable)
        # One terminal must predict one production, so that parsing needs no backtracking.
        row = grammar.table.setdefault(name, {})
        for terminal in leads | (follow[name] if is_empty else set()):
            if terminal in row:
                message = f"{terminal} predicts two productions of {name}"
                raise ValueError(message)
            row[terminal] = production
    grammar.first = {name: frozenset(terminals) for name, terminals in first.items()}
    grammar.nullable = frozenset(nullable)


def _first_of(
    symbols: Production, first: Mapping[str, set[str]], nullable: set[str]
) -> tuple[set[str], bool]:
    """Return the terminals that may begin some symbols, and whether they may be empty."""
    leads: set[str] = set()
    for symbol in symbols:
        leads |= first.get(symbol, {symbol})
        if symbol not in nullable:
            return leads, False
    return leads, True


# The terminals (SPARQL 1.1 Query §19.8), chosen among those that the grammar admits.

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_LATER = r"0-9\u00b7\u0300-\u036f\u203f\u2040"
_ESCAPE = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_BASE}_0-9:]|{_ESCAPE})(?:\.*(?:[{_BASE}_:\-{_LATER}]|{_ESCAPE}))*+"
_WORD = rf"(?:\.*[{_BASE}_\-{_LATER}])*+"
_GAP = r"(?:[ \t\r\n]+|#[^\r\n]*+)*+"
_DOUBLE = r"(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)[eE][+-]?[0-9]++"
_PATTERNS = {
    "STRING": r"'''(?:'{0,2}(?:[^'\\]|\\.))*+'''"
    r'|"""(?:"{0,2}(?:[^"\\]|\\.))*+"""'
    r"|'(?:[^'\\\r\n]|\\.)*+'"
    r'|"(?:[^"\\\r\n]|\\.)*+"',
    "VAR": rf"[?$][{_BASE}_{_LATER}]+",
    "BNODE": rf"_:[{_BASE}_0-9]{_WORD}",
    "PNAME_LN": rf"(?:[{_BASE}]{_WORD})?:{_LOCAL}",
    "PNAME_NS": rf"(?:[{_BASE}]{_WORD})?:",
    "LANGTAG": r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*+(?:--[A-Za-z]+)?",
    "NUMBER": rf"{_DOUBLE}|[0-9]*+\.[0-9]++",
    "INTEGER": r"[0-9]++",
    "SIGNED": rf"[+-](?:{_DOUBLE}|[0-9]++(?:\.[0-9]++)?|\.[0-9]++)",
    "WORD": r"[A-Za-z_][A-Za-z_0-9]*",
    "IRIREF": r'<(?:[^\x00-\x20<>"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>',
    "NIL": rf"\({_GAP}\)",
    "ANON": rf"\[{_GAP}\]",
}
# Signs of two or three characters, which are tried before those of one.
_SIGNS = ("<<(", ")>>", "<<", ">>", "{|", "|}", "^^", "&&", "||", "!=", "<=", ">=")
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        "STR LANG LANGMATCHES LANGDIR DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT"
        " SUBSTR STRLEN REPLACE UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE"
        " STRAFTER YEAR MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1"
        " SHA256 SHA384 SHA512 COALESCE IF STRLANG STRLANGDIR STRDT SAMETERM ISIRI ISURI ISBLANK"
        " ISLITERAL ISNUMERIC HASLANG HASLANGDIR REGEX TRIPLE SUBJECT PREDICATE OBJECT ISTRIPLE"
        " ADJUST",
    )
)
_CLASSES = frozenset([*_PATTERNS, "FUNCTION", "AGGREGATE", "BOOLEAN"])


class QueryToken(NamedTuple):
    """A terminal, its text, and the offsets where that text begins and ends.

    `terminal` is a keyword in capitals, a sign, or a class such as ``IRIREF``. `text` is the
    query's, or, once parsed, the text sent to an engine.
    """

    terminal: str
    text: str
    start: int
    end: int


# Patterns are compiled at first use, since most processes never parse a query. Their quantifiers
# are possessive, so that no text makes them backtrack for long.


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def skip_gap(text: str, at: int) -> int:
    """Return the offset after white space and comments."""
    gap = _compile(_GAP).match(text, at)
    return gap.end() if gap else at


def word_at(text: str, at: int) -> str:
    """Return the word that begins at an offset, or an empty string."""
    word = _compile(_PATTERNS["WORD"]).match(text, at)
    return word[0] if word else ""


def is_unfinished_string(text: str, at: int) -> bool:
    """Return whether a string begins at an offset and does not end."""
    return text[at : at + 1] in {"'", '"'} and not _compile(_PATTERNS["STRING"]).match(text, at)


# The terminals to try, by the first character of the text.
_CANDIDATES = {
    "'": ("STRING",),
    '"': ("STRING",),
    "?": ("VAR",),
    "$": ("VAR",),
    "@": ("LANGTAG",),
    "<": ("IRIREF",),
    "(": ("NIL",),
    "[": ("ANON",),
    "_": ("BNODE", "WORD"),
    "+": ("SIGNED",),
    "-": ("SIGNED",),
    ".": ("NUMBER",),
    **dict.fromkeys("0123456789", ("NUMBER", "INTEGER")),
}
_NAMES = ("PNAME_LN", "PNAME_NS", "WORD")


def scan(text: str, at: int, admits: Callable[[str], bool]) -> QueryToken | None:
    """Return the token at an offset that is no gap: the first reading that the grammar admits.

    An IRI is tried before an operator, and a longer sign before a shorter: where the grammar
    admits both, so do all engines.
    """
    # A plus that may repeat a path does, also before a digit, as in engines without a tokeniser;
    # written apart it has no other reading.
    if text[at] == "+" and admits("+"):
        return QueryToken("+", "+", at, at + 1)
    for terminal in _CANDIDATES.get(text[at], _NAMES):
        match = _compile(_PATTERNS[terminal]).match(text, at)
        if match is None:
            continue
        token = QueryToken(_classify(terminal, match[0]), match[0], at, match.end())
        if terminal in {"PNAME_LN", "WORD", "STRING", "VAR", "BNODE"} or admits(token.terminal):
            return token if admits(token.terminal) else None  # a shorter reading is not allowed
    for length in (3, 2, 1):
        sign = text[at : at + length]
        if (length == 1 or sign in _SIGNS) and admits(sign):
            return QueryToken(sign, sign, at, at + length)
    return None


def _classify(terminal: str, text: str) -> str:
    """Return the terminal of a word; only ``a`` is case-sensitive."""
    if terminal != "WORD" or text == "a":
        return "a" if text == "a" else terminal
    word = text.upper()
    if word in _FUNCTIONS:
        return "FUNCTION"
    if word in _AGGREGATES:
        return "AGGREGATE"
    if word in {"TRUE", "FALSE"}:
        return "BOOLEAN"
    return "WORD" if word in _CLASSES else word  # a word may have the name of a class
