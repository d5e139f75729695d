"""How a column is written as an object of the mapping language, by its property and values."""

import json
import re
from dataclasses import dataclass

from parvis.i18n import N_
from parvis.mapping.proposing.proposals import POSTAL, Proposal
from parvis.mapping.proposing.vocabulary import Term
from parvis.vocab.namespaces import PREFIXES

# Pieces of a mapping document as text.

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML takes no character for (1.2 §5.1)."""


def quoted(text: str) -> str:
    r"""Quote a text for YAML: a JSON string is one (1.2 §1.3), where nothing is unprintable.

    >>> quoted("Prix ($)"), quoted("a\x7fb")
    ('"Prix ($)"', '"a\\u007fb"')
    """
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", escaped)


def one_line(text: str) -> str:
    r"""Write a text as a comment can hold it.

    >>> one_line("a\x01b\n c")
    'a?b c'
    """
    return _UNPRINTABLE.sub("?", " ".join(text.split()))


def reference(column: str) -> str:
    r"""Refer to a column; a parenthesis in its name is escaped.

    >>> reference("Jeunes (0-13)")
    '$(Jeunes (0-13\\))'
    """
    return "$(" + column.replace("\\", r"\\").replace(")", r"\)") + ")"


IN_LANGUAGE = {"schema:name", "schema:description", "schema:keywords", "schema:alternateName"}
DATATYPES = {
    "date": "xsd:date",
    "dateTime": "xsd:dateTime",
    "integer": "xsd:integer",
    "decimal": "xsd:decimal",
    "boolean": "xsd:boolean",
}
OF_POST = r"[pattern, '(?i)^\s*[a-z]\d[a-z]']"
"""What begins as a postal code does; the rest, « Hors Québec », is named as areas are."""
NO_SITE = N_("put the address of the Web site before it")
NO_ENTITY = N_("it leads to a thing that needs an entity of its own")
NO_TABLE = N_("its values need a table")
OF_TEXT = N_("its values are not what this property holds")


@dataclass(frozen=True)
class Written:
    """A pair of predicate and object as text; `lacks` says what it still needs, if it does.

    `also` is a second pair, of rows that the first is not for.
    """

    text: str
    lacks: str = ""
    also: str = ""

    @property
    def complete(self) -> bool:
        """Say whether it may be written as it is."""
        return not self.lacks


def written(term: Term, one: Proposal) -> Written:
    """Write a property with a column's values."""
    kind, value = one.kind.name, quoted(reference(one.column.name))
    if term.name == "parvis:refArea" and kind in POSTAL:
        return _area_by_post(term, value)
    if term.scheme == "period" and kind == "year":
        return Written(
            f"[{term.name}, {quoted(f'concept:period/{reference(one.column.name)}~iri')}]"
        )
    if term.scheme:
        call = _call("concept", value, f"[scheme, {term.scheme}]")
        return Written(f"{{p: {term.name}, o: {{{call}, type: iri}}}}")
    if term.listed or (term.leads and kind not in {"url", "path"}):
        return Written(f"[{term.name}, {value}]", NO_TABLE if term.listed else NO_ENTITY)
    if kind in {"url", "path"}:
        address = quoted(f"{reference(one.column.name)}~iri")
        return Written(f"[{term.name}, {address}]", NO_SITE if kind == "path" else "")
    return _literal(term, kind, value)


def _area_by_post(term: Term, value: str) -> Written:
    """Write an area by the beginning of a postal code, and what is no code by its name."""
    start = quoted(f"{PREFIXES['concept']}area/")
    code = _call("concat", start, f"[other, {{{_call('fsa', value)}}}]")
    named = _call("concept", value, f"[scheme, {term.scheme}]")
    looks = f"{{{_call('matches', value, OF_POST)}}}"
    other = f"{{function: fn:not, parameters: [[condition, {looks}]]}}"
    return Written(
        f"{{p: {term.name}, o: {{{code}, type: iri}}, condition: {looks}}}",
        also=f"{{p: {term.name}, o: {{{named}, type: iri}}, condition: {other}}}",
    )


def _literal(term: Term, kind: str, value: str) -> Written:
    """Write a property whose values are literals."""
    if term.name == "schema:postalCode":
        return Written(f"{{p: {term.name}, o: {{{_call('postalCode', value)}}}}}")
    if kind == "html":
        call = _call("htmlToText", value)
        return Written(f"{{p: {term.name}, o: {{{call}, language: fr}}}}")
    if kind == "money":
        call = _call("money", value)
        return Written(f"{{p: {term.name}, o: {{{call}, datatype: xsd:decimal}}}}")
    if term.name in IN_LANGUAGE:
        return Written(f"[{term.name}, {value}, fr~lang]")
    typed = set() if "text" in term.kinds else term.kinds & DATATYPES.keys()
    if kind in typed:
        decimal = kind == "integer" and "decimal" in typed and not term.measure
        return Written(f"[{term.name}, {value}, {DATATYPES['decimal' if decimal else kind]}]")
    lacks = OF_TEXT if term.kinds and kind not in term.kinds else ""
    return Written(f"[{term.name}, {value}]", lacks)


def _call(function: str, value: str, *more: str) -> str:
    """Write a call of a cleaning function."""
    return f"function: fn:{function}, parameters: [{', '.join((f'[value, {value}]', *more))}]"
