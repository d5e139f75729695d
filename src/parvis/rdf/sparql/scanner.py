"""The terminals of SPARQL (SPARQL 1.1 Query §19.8), chosen among those the grammar admits."""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

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
