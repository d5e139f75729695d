"""The vocabulary of random queries, their spelling, and how far their results are determined."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import NamedTuple, Self, TypeVar

XSD = "http://www.w3.org/2001/XMLSchema#"
SCHEMA = "http://schema.org/"
VARIABLES = ("a", "b", "c", "d", "g")
LITERALS = (
    *("1", "2", "-3", "1.5", "2.5e0", "true", "false", "'a'", '"b"', "'a'@fr", "'b'@en-CA", "''"),
    *('"""a"b"""', "'''it's <x> # no'''", "'SERVICE <http://a> {'", '"\\u0061\\n"', "'\\''"),
    *(f"'2024-02-29T10:00:00Z'^^<{XSD}dateTime>", f'"7"^^<{XSD}byte>', f"'x'^^<{XSD}integer>"),
    *(f"'2024-02-29'^^<{XSD}date>", f"'P1DT2H'^^<{XSD}dayTimeDuration>", "'http://x/s1'"),
)
"""Literals as written; some are also in the data."""
COMMENTS = ("", " a comment", "'", '"', " SERVICE <http://a/> { ?s ?p ?o }", " FROM <x>", "}", ">")
UNARY = (
    *("STR", "LANG", "DATATYPE", "IRI", "URI", "ABS", "CEIL", "FLOOR", "ROUND", "STRLEN", "UCASE"),
    *("LCASE", "ENCODE_FOR_URI", "YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE"),
    *("TZ", "MD5", "SHA1", "SHA256", "SHA384", "SHA512", "isIRI", "isURI", "isBLANK", "isLITERAL"),
    "isNUMERIC",
)
BINARY = (
    *("LANGMATCHES", "CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "STRLANG"),
    *("STRDT", "sameTerm", "REGEX", "CONCAT", "COALESCE"),
)
TERNARY = ("IF", "REPLACE", "SUBSTR")
CASTS = ("string", "integer", "decimal", "double", "boolean", "dateTime")
OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "&&", "||")
T = TypeVar("T")

_ALONE = frozenset("{}()[],;")
_CLOSED = ("}", ")", "]", ">")
_SIGN = re.compile(r"[<>=!&|^+\-*/?]")


class Comparison(StrEnum):
    """How far the same data must always give the same result."""

    EXACT = "exact"
    DISTINCT = "distinct"
    """As a set: REDUCED may keep duplicates."""
    CUT = "cut"
    """As many rows, all of them in the result without LIMIT."""
    LOOSE = "loose"
    """An inner LIMIT or SAMPLE chooses freely: any readable result is correct."""


class Vocabulary(NamedTuple):
    """The words of queries and data: graph names, nodes and predicates, all absolute."""

    base: str
    graphs: tuple[str, ...]
    nodes: tuple[str, ...] = (
        "http://x/s0",
        "http://x/s1",
        "http://x/s2",
        "http://x/s3",
        "http://x/s4",
    )
    predicates: tuple[str, ...] = ("http://x/p0", "http://x/p1", f"{SCHEMA}name")


class Dialect(NamedTuple):
    """What an engine supports beyond SPARQL 1.1."""

    triple_terms: bool = True
    lateral: bool = True
    closures: bool = True
    """Virtuoso refuses most paths of arbitrary length: they are rarely drawn for it."""


@dataclass(frozen=True)
class Query:
    """A query in parts, so that it can be run without its dataset, or without its LIMIT.

    `default` and `named` are the absolute IRIs in its FROM clauses; both are empty if it has none.
    """

    head: str
    clauses: str
    body: str
    cut: str
    values: str
    form: str
    comparison: Comparison
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The complete query."""
        return f"{self.head} {self.clauses} {self.body} {self.cut} {self.values}"

    def with_part(self, part: str, text: str) -> Self:
        """Return the query with another text for one of its parts."""
        parts = {"head": self.head, "body": self.body, "values": self.values, part: text}
        return replace(self, head=parts["head"], body=parts["body"], values=parts["values"])

    @property
    def undirected(self) -> str:
        """The query without FROM."""
        return f"{self.head} {self.body} {self.cut} {self.values}"

    @property
    def uncut(self) -> str:
        """The query without FROM and LIMIT."""
        return f"{self.head} {self.body} {self.values}"


def pick(random: Random, choices: Sequence[T]) -> T:
    return random.choice(choices)


def chance(random: Random, share: float) -> bool:
    """Return true in a share of cases."""
    return random.random() < share


@dataclass
class Spelling:
    """The spelling of a query: its cases, gaps, base and prefixes."""

    random: Random
    keywords: str
    gaps: float
    base: str
    prefixes: dict[str, str] = field(default_factory=dict)

    def iri(self, iri: str, *, named: bool = True) -> str:
        """Spell an IRI: absolute, relative to the base, with a prefix, or with an escape."""
        spellings = [f"<{iri}>"]
        base = self.base
        if iri.startswith(base):
            spellings.append(f"<{iri.removeprefix(base)}>")
        if named:
            for prefix, namespace in self.prefixes.items():
                local = iri.removeprefix(namespace)
                if iri.startswith(namespace) and "/" not in local:
                    spellings += [f"{prefix}{local}"] * 2
        if chance(self.random, 0.03):
            return f"<{iri[:-1]}\\u{ord(iri[-1]):04X}>"
        return pick(self.random, spellings)

    def write(self, tokens: list[str]) -> str:
        """Write tokens with gaps between them, some of which may be omitted."""
        text, before = "", " "
        for token in tokens:
            text += self._gap(before, token) + self.change_case(token)
            before = token
        return f"{text}{self._space()}" if tokens else ""

    def _gap(self, before: str, token: str) -> str:
        if before == " ":
            return ""
        loose = before in _ALONE or token in _ALONE
        loose |= token[0] == "." and before.endswith(_CLOSED)
        loose |= token in {"<", "<=", "=", "&&", "||"} and before[0] in "?$)"
        loose |= before in {"<", "<=", "=", "&&", "||"} and token[0] in "?$(1'"
        if before in _ALONE and _SIGN.match(token[0]) and token[0] in "<^":
            loose = before != "("  # "(<" begins no IRI, but "<<(" begins a term
        if loose and self.random.random() > self.gaps * 0.5 + 0.4:
            return ""
        return self._space()

    def _space(self) -> str:
        if self.random.random() >= self.gaps:
            return " "
        if chance(self.random, 0.2):
            return " #" + pick(self.random, COMMENTS) + pick(self.random, ["\n", "\r", "\r\n"])
        return pick(self.random, ["\n", "  ", "\t", "\r\n", " \n\t"])

    def change_case(self, token: str) -> str:
        if not token.isalpha() or token in {"a", "true", "false"}:
            return token
        match self.keywords:
            case "lower":
                return token.lower()
            case "mixed":
                return "".join(
                    pick(self.random, [letter.lower(), letter.upper()]) for letter in token
                )
        return token
