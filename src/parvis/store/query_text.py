"""A query's text, read as tokens: what it must not hold, and which dataset it names.

The engine's own parser is the judge of the grammar. It knows no words: ``SERVICE:x``,
``trueSERVICE`` and ``?a<?b)SERVICE?x#>`` all hold a SERVICE for it, so the lexer doubts more
than the standard's would (SPARQL 1.1 Query §19.8).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, Self
from urllib.parse import urljoin

from parvis.errors import QueryError
from parvis.store.dataset import Dataset

DEEPEST = 200
"""How many brackets may be open at once: the engine's stack bears some 2,000."""
MOST_UNIONS = 1_000

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_LATER = r"0-9\u00b7\u0300-\u036f\u203f\u2040"
_ESCAPE = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_BASE}_0-9:]|{_ESCAPE})(?:\.*(?:[{_BASE}_:\-{_LATER}]|{_ESCAPE}))*+"
_WORD = rf"(?:\.*[{_BASE}_\-{_LATER}])*+"
_TOKENS = "|".join(
    f"(?P<{kind}>{pattern})"
    for kind, pattern in {
        "gap": r"[ \t\r\n]+|#[^\r\n]*+",
        "text": r"'''(?:'{0,2}(?:[^'\\]|\\.))*+'''"
        r'|"""(?:"{0,2}(?:[^"\\]|\\.))*+"""'
        r"|'(?:[^'\\\r\n]|\\.)*+'"
        r'|"(?:[^"\\\r\n]|\\.)*+"',
        "iri": r'<(?:[^\x00-\x20<>"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>',
        "variable": rf"[?$][{_BASE}_{_LATER}]+",
        "blank": rf"_:[{_BASE}_0-9]{_WORD}",
        "name": rf"(?:[{_BASE}]{_WORD})?:(?:{_LOCAL})?",
        "tag": r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*+",
        "word": rf"[{_BASE}_]{_WORD}",
        "broken": r"['\"].*+",
        "other": r".",
    }.items()
)
_CODEPOINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(0010[0-9A-Fa-f]{4}|000[0-9A-Fa-f]{5})")
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
_PROLOGUE = {"BASE", "PREFIX", "VERSION"}
_DOUBTFUL = re.compile(rf"service|from|[\\'\"]|\b(?:{'|'.join(sorted(_UPDATES))})\b", re.IGNORECASE)
"""What a query must hold before anything of it may be refused, its nesting apart."""
_DOUBTS = ("service", "from", "\\", "'", '"', *sorted(word.lower() for word in _UPDATES))
"""What a text must hold in small letters for the above to be in it: to look so is a lot faster."""
_FROM = re.compile("from", re.IGNORECASE)
_BEFORE_GRAPH_NAME = {"GRAPH", "FROM", "NAMED", "DESCRIBE"}


class Token(NamedTuple):
    """A piece of a query: ``text`` (string), ``iri``, ``variable``, ``name``, ``word``, others."""

    kind: str
    value: str

    @property
    def keyword(self) -> str:
        """Give a word in capitals, and nothing for another kind of token."""
        return self.value.upper() if self.kind == "word" else ""


_END = Token("end", "")


@cache
def _token() -> re.Pattern[str]:
    """Compile what tells tokens apart: that takes 20 ms, and a plain query is never cut."""
    return re.compile(_TOKENS, re.DOTALL)


def tokens(text: str) -> Iterator[Token]:
    """Cut a query into tokens, leaving out white space and comments.

    What could be an IRI or a comparison counts as an IRI, unless it would hide a SERVICE. A
    string that does not end is ``broken``, with all that follows.
    """
    for _, token in places(text):
        yield token


def places(text: str) -> Iterator[tuple[int, Token]]:
    """Give each token with the place where it begins."""
    at = 0
    while found := _token().match(text, at):
        kind, value = str(found.lastgroup), found[0]
        if kind == "iri" and "service" in value.partition(")")[2].lower():
            kind, value = "other", "<"
        if kind != "gap":
            yield at, Token(kind, value)
        at += len(value)


GAP = 32
"""More characters than any keyword has."""
_STANDING_ALONE = re.compile(r"[){}\[\],;]")  # the engine wants no gap between a name and "("


def spread(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Write a query with wide gaps between its tokens, where there may be one.

    Gives it with the places of tokens in it and in `text`, each as an offset from 0.
    """
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    size = at = 0
    before, loose = "", True
    while found := _token().match(text, at):
        kind, value = str(found.lastgroup), found[0]
        alone = before == "(" or any(map(_STANDING_ALONE.fullmatch, (before, value)))
        sticky = value in "<>|" or before in "<>|"
        if kind != "gap" and (loose or (alone and not sticky)):
            places.append((size + GAP, at))
            value = " " * GAP + value
        pieces.append(value)
        size += len(value)
        at = found.end()
        before, loose = found[0], kind == "gap"
    return "".join(pieces) + " " * GAP, places


@dataclass(frozen=True)
class QueryText:
    """A query that holds nothing refused; made by `read` alone.

    `base` and `prefixes` are those it may use undeclared.
    """

    text: str
    base: str | None
    prefixes: Mapping[str, str]

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Give the pieces of the text."""
        return tuple(tokens(self.text))

    @classmethod
    def read(
        cls, text: str, base: str | None = None, prefixes: Mapping[str, str] | None = None
    ) -> Self:
        """Read a query's text.

        Raises `QueryError` when it calls other endpoints (SERVICE), would change data, is nested
        deeper than the engine bears, or holds a string that does not end.
        """
        query = cls(text, base, prefixes or {})
        if not _is_harmless(text):
            query.refuse()
        return query

    def refuse(self) -> None:
        """Refuse what `read` refuses, token by token."""
        text, found = self.text, self.tokens
        _refuse_broken(text, found)
        _refuse_service(found)
        if _CODEPOINT.search(text):  # our engine leaves these alone outside strings, others do not
            _refuse_service(tuple(tokens(_CODEPOINT.sub(_character, text))))
        _refuse_update(found)
        _refuse_depth(found)

    def dataset(self) -> Dataset | None:
        """Give the dataset that FROM and FROM NAMED describe (§13.2), if there are any."""
        if not _FROM.search(self.text) or not any(one.keyword == "FROM" for one in self.tokens):
            return None
        names = Names(self.base or "", dict(self.prefixes))
        default: list[str] = []
        named: list[str] = []
        padded = (*self.tokens, _END, _END)
        for token, second, third in zip(padded, padded[1:], padded[2:], strict=False):
            names.read(token, second, third)
            match token.keyword:
                case "FROM" if second.keyword == "NAMED":
                    named.append(names.iri(third))
                case "FROM":
                    default.append(names.iri(second))
        return Dataset(tuple(default), tuple(named)) if default or named else None


@dataclass
class Names:
    """The prologue so far, by which IRIs and prefixed names are made absolute."""

    base: str
    prefixes: dict[str, str]

    def read(self, token: Token, second: Token, third: Token) -> None:
        """Take note of a declaration, if the first of three tokens begins one."""
        match token.keyword:
            case "BASE":
                self.base = self.iri(second)
            case "PREFIX":
                self.prefixes[second.value.removesuffix(":")] = self.iri(third)

    def iri(self, token: Token) -> str:
        """Give the absolute IRI that a token writes."""
        if token.kind == "iri":
            return urljoin(self.base, _CODEPOINT.sub(_character, token.value[1:-1]))
        prefix, _, local = token.value.partition(":")
        return self.prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)


def _is_harmless(text: str) -> bool:
    """Say whether nothing can be wrong with a query, at a glance: most look-ups are so plain."""
    brackets = text.count("(") + text.count("{") + text.count("[")
    unions = len(text) // len("UNION")
    small = text.lower()
    doubtful = any(map(small.__contains__, _DOUBTS)) and _DOUBTFUL.search(text)
    return brackets <= DEEPEST and unions <= MOST_UNIONS and not doubtful


def _character(escape: re.Match[str]) -> str:
    """Give the character that a codepoint escape writes (§19.2)."""
    return chr(int(escape[1] or escape[2], 16))


def _refuse_broken(text: str, found: tuple[Token, ...]) -> None:
    """Refuse a string that does not end, and say where it begins."""
    if not found or found[-1].kind != "broken":
        return
    before = text[: -len(found[-1].value)]
    raise QueryError(
        "the query is not valid SPARQL: line {line}, column {column}, a string does not end",
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
    )


def _refuse_service(found: tuple[Token, ...]) -> None:
    """Refuse a query that calls another endpoint, however it is written."""
    for token, before, after in zip(found, (None, *found), (*found[1:], None), strict=False):
        if "service" not in token.value.lower():
            continue
        prefix = token.value.partition(":")[0].lower()
        opens = "service" in prefix and after == Token("other", "{")
        named = before is not None and before.keyword in _BEFORE_GRAPH_NAME
        if token.kind == "word" or (token.kind == "name" and opens and not named):
            raise QueryError("SERVICE is refused: a query may not call other endpoints")


def _refuse_update(found: tuple[Token, ...]) -> None:
    """Refuse what SPARQL 1.1 Update would do."""
    words = (token.keyword for token in found)
    verb = next((word for word in words if word and word not in _PROLOGUE), "")
    if verb in _UPDATES:
        raise QueryError("{verb} is refused: queries may not change data", verb=verb)


def _refuse_depth(found: tuple[Token, ...]) -> None:
    """Refuse what would exhaust the engine's stack."""
    depth = 0
    for token in found:
        if token.kind == "other":
            depth += (token.value in "({[") - (token.value in ")}]")
        if depth > DEEPEST:
            raise QueryError("the query is nested deeper than {limit} levels", limit=DEEPEST)
    if sum(token.keyword == "UNION" for token in found) > MOST_UNIONS:
        raise QueryError("the query has more than {limit} UNIONs", limit=MOST_UNIONS)
