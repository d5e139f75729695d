"""Values of properties of things that were reconciled, one row for each thing."""

import re
from collections.abc import Iterable
from typing import Any

from rdflib.namespace import XSD

from parvis.governance import Reader
from parvis.pooling.ask import Host
from parvis.pooling.reconciling.facts import Fact, facts
from parvis.pooling.reconciling.kinds import LABELS, Known, kinds
from parvis.pooling.reconciling.queries import Extension, Wish
from parvis.pooling.words import words

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_DIGITS = 15
"""Digits that a number of a program has at most."""

Row = tuple[str, list[tuple[str, list[dict[str, Any]]]]]
"""A thing, and the values of each property that was asked for."""


def extended(host: Host, reader: Reader, wanted: Extension, lang: str) -> list[Row]:
    """Give the values that are asked for; none for what there is not, or may not be read."""
    said = facts(host, reader, wanted.things)
    return [
        (
            thing,
            [
                (wish.property, _values(said.get(thing, {}).get(wish.property, ()), wish, lang))
                for wish in wanted.wishes
            ],
        )
        for thing in wanted.things
    ]


def told(wanted: Extension) -> list[Known]:
    """Name the properties that were asked for."""
    known = {one.iri: one for one in kinds().proposed(None)}
    return [
        known.get(one.property)
        or Known(one.property, LABELS.get(one.property) or words().of_term(one.property))
        for one in wanted.wishes
    ]


def _values(found: Iterable[Fact], wish: Wish, lang: str) -> list[dict[str, Any]]:
    """Write values; of texts in several languages those of the reader's, if there are any."""
    values = list(found)
    if any(one.lang == lang for one in values):
        values = [one for one in values if one.lang in {lang, None}]
    written = [_value(one, lang) for one in values]
    return written[: wish.limit] if wish.limit else written


def _value(one: Fact, lang: str) -> dict[str, Any]:
    """Write a value as the API has it (§7.3): a thing, a number, an instant, a text."""
    if one.iri is not None:
        labels = one.labels or words().terms.get(one.iri, {})
        name = labels.get(lang) or next(iter(labels.values()), "")
        return {"id": one.iri, "name": name} if name else {"str": one.iri}
    if len(one.text) <= _DIGITS:
        if one.datatype == str(XSD.integer):
            return {"int": int(one.text)}
        if one.datatype == str(XSD.decimal):
            return {"float": float(one.text)}
    if one.datatype == str(XSD.dateTime) and _INSTANT.fullmatch(one.text):
        return {"date": one.text}
    return {"str": one.text} | ({"lang": one.lang} if one.lang else {})
