"""Write a column as an object of the mapping language, by its property and values."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parvis.i18n import N_
from parvis.mapping.concepts import fold_text
from parvis.mapping.proposing.kinds import MOMENTS
from parvis.mapping.proposing.proposals import (
    IN_LANGUAGE,
    POSTAL,
    RESIDENCE,
    ColumnProposal,
)
from parvis.mapping.proposing.vocabulary import PropertyTerm
from parvis.vocab.namespaces import PREFIXES

# Pieces of a mapping document as text.

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML takes no character for (1.2 §5.1)."""


@dataclass
class EntityDraft:
    """An entity map in progress: its properties, and the lines of its mapping."""

    cls: str
    kind: str
    subject: str
    lines: list[str] = field(default_factory=list)
    properties: set[str] = field(default_factory=set)


def quote_yaml(text: str) -> str:
    r"""Quote a text for YAML: a JSON string is one (1.2 §1.3), where nothing is unprintable.

    >>> quote_yaml("Prix ($)"), quote_yaml("a\x7fb")
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


def write_call(function: str, *parameters: tuple[str, str], **keys: str) -> str:
    """Write a call of a function; `keys` are those of the object that it makes."""
    pairs = ", ".join(f"[{name}, {value}]" for name, value in parameters)
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"{{function: fn:{function}, parameters: [{pairs}]{more}}}"


def write_slug(references: list[str]) -> str:
    """Write a key that is safe in an IRI."""
    values = [("value", quote_yaml(column)) for column in references]
    if len(values) > 1:
        values = [("value", write_call("join", ("separator", '"-"'), *values))]
    return write_call("slug", *values)


def write_value(value: object) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(
            # Positions of columns stay numbers.
            f"{key if isinstance(key, int) else quote_yaml(str(key))}: {quote_yaml(str(part))}"
            for key, part in value.items()
        )
        return f"{{{pairs}}}"
    return str(value) if isinstance(value, int) else quote_yaml(str(value))


def write_list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quote_yaml, texts))}]"


DATATYPES = {
    "date": "xsd:date",
    "dateTime": "xsd:dateTime",
    "integer": "xsd:integer",
    "decimal": "xsd:decimal",
    "boolean": "xsd:boolean",
}
OF_POST = r"'(?i)^\s*[a-z]\d[a-z]'"
"""The beginning of a postal code; other values, « Hors Québec », are names of areas."""
NO_SITE = N_("put the address of the Web site before it")
NO_ENTITY = N_("it leads to a thing that needs an entity of its own")
NO_TABLE = N_("its values need a table")
OF_TEXT = N_("its values are not what this property holds")


@dataclass(frozen=True)
class PropertyText:
    """A predicate and object as text; `lacks` is the message that says what it still needs.

    `also` is a second pair, for the rows that the first does not fit.
    """

    text: str
    lacks: str = ""
    also: str = ""

    @property
    def complete(self) -> bool:
        return not self.lacks


def write_states(
    proposal: ColumnProposal, states: Mapping[str, str]
) -> tuple[PropertyText, list[str]] | None:
    """Write the state of an event by a table of a column's words, None if one is unknown."""
    words = dict.fromkeys(proposal.column.nonblank_values)
    pairs = [(quote_yaml(word), states.get(fold_text(word))) for word in words]
    if not pairs or not all(state for _, state in pairs):
        return None
    value = ("value", quote_yaml(reference(proposal.column.name)))
    call = write_call("lookup", value, ("table", "states"), type="iri")
    lines = ["  states:", *(f"    {word}: {state}" for word, state in pairs)]
    return PropertyText(f"{{p: schema:eventStatus, o: {call}}}"), lines


def table_name(proposal: ColumnProposal) -> str:
    """Return the name of the table of what a column's values were said to mean."""
    return f"said {proposal.column.name}"


def write_concepts(term: PropertyTerm, proposal: ColumnProposal) -> list[str]:
    """Write the table of what values were said to mean; no lines where nothing was."""
    pairs = ", ".join(
        f"{quote_yaml(text)}: {quote_yaml(f'concept:{term.scheme}/{code}')}"
        for text, code in proposal.concepts
    )
    return [f"  {quote_yaml(table_name(proposal))}: {{{pairs}}}"] if pairs else []


def write_property(term: PropertyTerm, proposal: ColumnProposal) -> PropertyText:
    """Write a property with a column's values."""
    kind, column = proposal.kind.name, reference(proposal.column.name)
    value = ("value", quote_yaml(column))
    if term.name == RESIDENCE and kind in POSTAL:
        start = ("value", quote_yaml(f"{PREFIXES['concept']}area/"))
        code = write_call("concat", start, ("other", write_call("fsa", value)), type="iri")
        label = write_call("concept", value, ("scheme", term.scheme or ""), type="iri")
        is_code = write_call("matches", value, ("pattern", OF_POST))
        is_label = write_call("not", ("condition", is_code))
        return PropertyText(
            f"{{p: {term.name}, o: {code}, condition: {is_code}}}",
            also=f"{{p: {term.name}, o: {label}, condition: {is_label}}}",
        )
    if term.scheme == "period" and kind == "year":
        return PropertyText(f"[{term.name}, {quote_yaml(f'concept:period/{column}~iri')}]")
    if term.scheme:
        return _write_concept(term, proposal, value)
    if term.listed or (term.leads and kind not in {"url", "path"}):
        return PropertyText(f"[{term.name}, {value[1]}]", NO_TABLE if term.listed else NO_ENTITY)
    if kind in {"url", "path"}:
        address = quote_yaml(f"{column}~iri")
        return PropertyText(f"[{term.name}, {address}]", NO_SITE if kind == "path" else "")
    return _write_literal(term, proposal, value)


def _write_concept(
    term: PropertyTerm, proposal: ColumnProposal, value: tuple[str, str]
) -> PropertyText:
    """Write the concepts that values name, or that a person said that they mean."""
    call = write_call("concept", value, ("scheme", term.scheme or ""), type="iri")
    if not proposal.concepts:
        return _with_call(term, call)
    is_said = write_call(
        "inList", value, *(("list", quote_yaml(text)) for text, _ in proposal.concepts)
    )
    said = write_call("lookup", value, ("table", quote_yaml(table_name(proposal))), type="iri")
    is_other = write_call("not", ("condition", is_said))
    return PropertyText(
        f"{{p: {term.name}, o: {call}, condition: {is_other}}}",
        also=f"{{p: {term.name}, o: {said}, condition: {is_said}}}",
    )


def _with_call(term: PropertyTerm, call: str) -> PropertyText:
    return PropertyText(f"{{p: {term.name}, o: {call}}}")


def _write_literal(
    term: PropertyTerm, proposal: ColumnProposal, value: tuple[str, str]
) -> PropertyText:
    kind, lang = proposal.kind.name, proposal.lang
    if term.name == "schema:postalCode":
        return _with_call(term, write_call("postalCode", value))
    if kind == "html":
        return _with_call(term, write_call("htmlToText", value, language=lang))
    if kind == "money":
        return _with_call(term, write_call("money", value, datatype="xsd:decimal"))
    text = f"{term.name}, {value[1]}"
    if term.name in IN_LANGUAGE:
        return PropertyText(f"[{text}, {lang}~lang]")
    # A property that also takes text needs no datatype.
    datatypes = set() if "text" in term.kinds else term.kinds & DATATYPES.keys()
    if kind in datatypes:
        decimal = kind == "integer" and "decimal" in datatypes and not term.measure
        datatype = DATATYPES["decimal" if decimal else kind]
        # One row may tell the time, and the next the day alone.
        datatype = "fn:dateOrDateTime" if kind in MOMENTS and datatypes >= MOMENTS else datatype
        return PropertyText(f"[{text}, {datatype}]")
    lacks = OF_TEXT if term.kinds and kind not in term.kinds else ""
    return PropertyText(f"[{text}]", lacks)
