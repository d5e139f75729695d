"""How a column is written as an object of the mapping language, by its property and values."""

from dataclasses import dataclass

from parvis.i18n import N_
from parvis.mapping.proposing.proposals import Proposal
from parvis.mapping.proposing.text import quoted, reference
from parvis.mapping.proposing.vocabulary import Term

IN_LANGUAGE = {"schema:name", "schema:description", "schema:keywords", "schema:alternateName"}
DATATYPES = {
    "date": "xsd:date",
    "dateTime": "xsd:dateTime",
    "integer": "xsd:integer",
    "decimal": "xsd:decimal",
    "boolean": "xsd:boolean",
}
NO_SITE = N_("put the address of the Web site before it")
NO_ENTITY = N_("it leads to a thing that needs an entity of its own")
NO_TABLE = N_("its values need a table")
OF_TEXT = N_("its values are not what this property holds")


@dataclass(frozen=True)
class Written:
    """A pair of predicate and object as text; `lacks` says what it still needs, if it does."""

    text: str
    lacks: str = ""

    @property
    def complete(self) -> bool:
        """Say whether it may be written as it is."""
        return not self.lacks


def written(term: Term, one: Proposal) -> Written:
    """Write a property with a column's values."""
    kind, value = one.kind.name, quoted(reference(one.column.name))
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
