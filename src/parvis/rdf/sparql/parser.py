"""Parse a query by the grammar's table, and write it anew so that it has one reading."""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from pyoxigraph import NamedNode, RdfFormat
from pyoxigraph import parse as parse_rdf

from parvis.errors import QueryError
from parvis.rdf.sparql.grammar import (
    END,
    START,
    QueryToken,
    query_grammar,
    scan,
    skip_gap,
)
from parvis.rdf.sparql.syntax_errors import describe_syntax_error, locate

VALID_IRI = re.compile(r"""[^\x00-\x20<>"{}|^`\\]*""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
IRIS = frozenset({"IRIREF", "PNAME_LN", "PNAME_NS"})
"""The terminals that write an IRI."""

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class ParsedQuery:
    """A query as it is sent: without prologue or comments, its IRIs absolute.

    `form` is SELECT, ASK, CONSTRUCT or DESCRIBE; `base` is what the function IRI() resolves
    against.
    """

    form: str
    tokens: tuple[QueryToken, ...]
    base: str

    def write(self, tokens: Iterable[QueryToken] | None = None, gap: str = " ") -> str:
        """Write the query, or other tokens instead of its own."""
        body = [*(self.tokens if tokens is None else tokens)]
        # The functions IRI() and URI() resolve against the base; all other IRIs are absolute.
        makes_iris = any(t.terminal == "FUNCTION" and t.text in {"IRI", "URI"} for t in body)
        pieces = [f"BASE {NamedNode(self.base)} "] if self.base and makes_iris else []
        pieces += [token.text for token in body[:1]]
        for before, token in pairwise(body):
            pieces += [token.text] if _needs_no_gap(before, token) else [gap, token.text]
        return "".join(pieces)


def parse(text: str, base: str | None, prefixes: Mapping[str, str]) -> ParsedQuery:
    """Parse a query that may use a base and prefixes without declaring them.

    Raises `QueryError` with the line and column of the first wrong token, or for an update.
    """
    tokens = tokenise(text)
    normaliser = _Normaliser(text, base or "", dict(prefixes))
    body = normaliser.read_prologue(tokens)
    return ParsedQuery(body[0].terminal, tuple(map(normaliser.normalise, body)), normaliser.base)


def tokenise(text: str) -> list[QueryToken]:
    """Return the tokens of a query as it is written; raises `QueryError` as `parse` does."""
    grammar = query_grammar()
    stack, at = [END, START], 0
    tokens: list[QueryToken] = []

    admits = partial(grammar.admits, stack)
    while True:
        at = skip_gap(text, at)
        if at < len(text):
            token = scan(text, at, admits)
        else:
            token = QueryToken(END, "", at, at) if admits(END) else None
        if token is None:
            raise describe_syntax_error(text, at, grammar.expected_terminals(stack), tokens)
        # Expand nonterminals until the terminal of this token is on top of the stack.
        while (row := grammar.table.get(stack.pop())) is not None:
            stack.extend(reversed(row[token.terminal]))
        if token.terminal == END:
            return tokens
        tokens.append(token)
        at = token.end


def _needs_no_gap(before: QueryToken, token: QueryToken) -> bool:
    """Return whether no gap may be written, or engines are known to refuse one."""
    if before.terminal == "FUNCTION":
        return True
    if token.text in {"*", "+", "?"} and before.end == token.start:  # repeats a path
        return before.terminal in IRIS or before.text in {")", "a"}
    return token.terminal in {"LANGTAG", "^^"} or before.terminal == "^^"


class _Normaliser:
    """Resolves names to IRIs by base and prefixes (§4.1), and normalises tokens."""

    def __init__(self, text: str, base: str, prefixes: dict[str, str]) -> None:
        self.base = base
        self._text = text
        self._prefixes = prefixes

    def read_prologue(self, tokens: list[QueryToken]) -> list[QueryToken]:
        """Read the declarations, and return the tokens after them."""
        at = 0
        while (keyword := tokens[at].terminal) in {"BASE", "PREFIX", "VERSION"}:
            if keyword == "BASE":
                self.base = self._to_iri(tokens[at + 1])
            elif keyword == "PREFIX":
                prefix = tokens[at + 1].text.removesuffix(":")
                self._prefixes[prefix] = self._to_iri(tokens[at + 2])
            at += 3 if keyword == "PREFIX" else 2
        return tokens[at:]

    def normalise(self, token: QueryToken) -> QueryToken:
        """Write a token in the only form in which it is sent."""
        match token.terminal:
            case "IRIREF" | "PNAME_LN" | "PNAME_NS":
                text = f"<{self._to_iri(token)}>"
            case "STRING":
                text = f'"{self._unescape_string(token).translate(ESCAPED)}"'
            case "VAR":
                text = f"?{token.text[1:]}"
            case "BOOLEAN":
                text = token.text.lower()
            case "SIGNED":
                text = "".join(token.text.split())
            case "NIL" | "ANON":
                text = token.text[0] + token.text[-1]
            case "FUNCTION" | "AGGREGATE":
                text = token.text.upper()
            case "BNODE" | "LANGTAG" | "INTEGER" | "NUMBER":
                text = token.text
            case keyword:
                text = keyword
        return token._replace(text=text)

    def _to_iri(self, token: QueryToken) -> str:
        if token.terminal == "IRIREF":
            iri = token.text[1:-1]
            # An absolute IRI with dot segments is resolved too, as the engine does.
            is_relative = bool(self.base) and (not _SCHEME.match(iri) or "/." in iri)
        else:
            prefix, _, local = token.text.partition(":")
            if prefix not in self._prefixes:
                raise QueryError(
                    "the query is not valid SPARQL: line {line}, column {column}, the prefix"
                    " {prefix}: is not declared; begin the query with “PREFIX {prefix}: <address>”",
                    **self._position(token),
                    prefix=prefix,
                )
            iri = self._prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
            is_relative = False
        try:
            iri = _ESCAPE.sub(_unescape, iri) if token.terminal == "IRIREF" else iri
            return _resolve_iri(iri, self.base) if is_relative else NamedNode(iri).value
        except (ValueError, SyntaxError) as error:
            raise QueryError(
                "the query is not valid SPARQL: line {line}, column {column}, {iri} is not an"
                " absolute IRI",
                **self._position(token),
                iri=iri,
            ) from error

    def _unescape_string(self, token: QueryToken) -> str:
        size = 3 if token.text[:3] in {"'''", '"""'} and len(token.text) > 5 else 1  # noqa: PLR2004
        try:
            characters = _ESCAPE.sub(_unescape, token.text[size:-size])
            characters.encode()  # a lone surrogate cannot be sent
        except ValueError as error:
            raise QueryError(
                "the query is not valid SPARQL: line {line}, column {column}, the string {string}"
                " holds an escape that SPARQL does not have",
                **self._position(token),
                string=token.text,
            ) from error
        return characters

    def _position(self, token: QueryToken) -> dict[str, int]:
        return locate(self._text, token.start)


def _resolve_iri(iri: str, base: str) -> str:
    """Resolve an IRI with the engine's own parser (RFC 3986, §5)."""
    if not VALID_IRI.fullmatch(iri):
        raise ValueError(iri)
    (quad,) = parse_rdf(f"<{iri}> a <{iri}> .", RdfFormat.TURTLE, base_iri=base)
    return str(quad.subject.value)


def _unescape(escape: re.Match[str]) -> str:
    """Return the character of an escape. Raises `ValueError` for an invalid one."""
    if escape[3]:
        if escape[3] not in _CHARACTERS and escape[3] not in "\"'\\":
            raise ValueError(escape[0])
        return _CHARACTERS.get(escape[3], escape[3])
    code = int(escape[1] or escape[2], 16)
    if code > sys.maxunicode:
        raise ValueError(escape[0])
    return chr(code)
