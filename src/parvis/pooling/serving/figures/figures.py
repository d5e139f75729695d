"""The pooled figures that a reader may read, and how the code lists order and bound their parts."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from rdflib import Literal, URIRef

from parvis.catalog.codelists import read_ontology, scheme
from parvis.catalog.ontology import short, words
from parvis.governance import Reader
from parvis.pooling.cards import Texts
from parvis.pooling.publics.reaches import codes
from parvis.pooling.serving.figures.relays import concept_of
from parvis.pooling.serving.labels import Row, rows
from parvis.pooling.serving.service import Host
from parvis.statistics.cube import Figure
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS

QUERY = files(__package__).joinpath("figures.rq").read_text(encoding="utf-8")

PORTRAIT = "portrait"
"""The name of the third party's own release."""


SUPPRESSED = f"{CONCEPT}confidentiality/suppressed"
NOT_CONTROLLED = f"{CONCEPT}confidentiality/not-controlled"

_LISTS = ("age", "area", "place", "public", "language", "discipline", "channel")
TOTALS = frozenset(f"{CONCEPT}{name}/total" for name in _LISTS)
"""The concepts that mean all together."""

_NUMBERS = ("value", "coverage", "base")


def figures(host: Host, reader: Reader) -> list[Figure]:
    """Give all pooled figures that a reader may read, by graph; raises as `Host.ask` does."""
    return [_figure(row) for row in rows(host, reader, QUERY)]


def chosen(found: list[Figure], graph: str | None, host: Host) -> str | None:
    """Give the graph of the release that is told: the one asked for, else the third party's own.

    Where it has not released any, the one with the most figures; None without any.
    """
    counted = Counter(one.graph for one in found)
    third_party = host.published().policies.parties.host or ""
    own = host.iris.graph(DatasetKey(short(third_party), PORTRAIT))
    for wanted in (graph, own):
        if wanted in counted:
            return wanted
    return max(sorted(counted), key=counted.__getitem__, default=None)


def ends() -> Mapping[str, str]:
    """Give the last day of each period."""
    return codes().ends


@cache
def of_persons(measure: str) -> bool:
    """Say whether a measure counts persons, as the ontology tells it."""
    told = read_ontology().value(URIRef(measure), PARVIS.countsPersons)
    return isinstance(told, Literal) and bool(told.toPython())


@cache
def additive(measure: str) -> bool:
    """Say whether the values of a measure add up across partners."""
    told = read_ontology().value(URIRef(measure), PARVIS.additive)
    return isinstance(told, Literal) and bool(told.toPython())


def _figure(row: Row) -> Figure:
    """Read one row; what is no number is not there."""
    texts = {name: text for name, text in row.items() if name not in _NUMBERS}
    numbers = {name: number(row[name]) for name in _NUMBERS if name in row}
    return Figure(**texts, **numbers)  # type: ignore[arg-type] # the query names the fields


def number(text: str) -> int | float | None:
    """Read a number of a literal: a whole one where it is one.

    >>> number("12.0"), number("0.25"), number("many")
    (12, 0.25, None)
    """
    try:
        found = float(text)
    except ValueError:
        return None
    return int(found) if found.is_integer() else found


def label(term: str) -> Texts:
    """Name a property in each language."""
    return words().of_term(term)


def is_suppressed(figure: Figure) -> bool:
    """Say whether a figure is there, and is not told."""
    return figure.value is None and figure.status == SUPPRESSED


def told(one: Figure) -> dict[str, Any]:
    """Tell a figure of an age as plain data."""
    return {
        "iri": one.iri,
        "measure": {"iri": one.measure, "label": label(one.measure)},
        "age": concept_of(scheme("age"), one.age),
        "value": one.value,
        "suppressed": is_suppressed(one),
        "contributors": one.contributors,
        "coverage": one.coverage,
    }
