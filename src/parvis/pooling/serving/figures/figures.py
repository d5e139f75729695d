"""Read the pooled figures that a reader may read, and what the ontology says of measures."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from operator import attrgetter
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment, load_words
from parvis.governance import Reader
from parvis.pooling.serving.figures.relays import concept_to_json
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import CubeFigure
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT

QUERY = files(__package__).joinpath("figures.rq").read_text(encoding="utf-8")

PORTRAIT = "portrait"
"""The name of the third party's own release."""


SUPPRESSED = f"{CONCEPT}confidentiality/suppressed"
NOT_CONTROLLED = f"{CONCEPT}confidentiality/not-controlled"

_LISTS = (
    *("age", "area", "place", "public", "language", "discipline", "channel"),
    "organization-size",
)
TOTALS = frozenset(f"{CONCEPT}{name}/total" for name in _LISTS)
"""The concepts of totals."""

_NUMBERS = ("value", "coverage", "base")


def read_figures(host: PoolService, reader: Reader) -> tuple[CubeFigure, ...]:
    """Return all pooled figures that a reader may read; raises as `PoolService.ask` does."""
    return host.compute_of_rows(reader, QUERY, parse_figures)


def parse_figures(rows: Iterable[Mapping[str, str]]) -> tuple[CubeFigure, ...]:
    """Return the figures of the rows of `QUERY`, by graph and IRI."""
    figures = []
    for row in rows:
        texts = {name: text for name, text in row.items() if name not in _NUMBERS}
        numbers = {name: parse_number(row[name]) for name in _NUMBERS if name in row}
        figures.append(CubeFigure(**texts, **numbers))  # type: ignore[arg-type] # the query names the fields
    return tuple(sorted(figures, key=attrgetter("graph", "iri")))


def choose_release(figures: Sequence[CubeFigure], host: PoolService) -> str | None:
    """Return the graph of the release to show by default: the third party's own.

    Where it has no figures, the one with the most; None without any figure.
    """
    counts = Counter(figure.graph for figure in figures)
    third_party = host.snapshot().policies.parties.host or ""
    own = host.iris.graph(DatasetKey(last_segment(third_party), PORTRAIT))
    return own if own in counts else max(sorted(counts), key=counts.__getitem__, default=None)


def parse_number(text: str) -> int | float | None:
    """Parse a number, as an integer where it is one; None for another text.

    >>> parse_number("12.0"), parse_number("0.25"), parse_number("many")
    (12, 0.25, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def figure_to_json(figure: CubeFigure) -> dict[str, Any]:
    """Return a figure of an age as JSON data."""
    return {
        "iri": figure.iri,
        "measure": {"iri": figure.measure, "label": load_words().of_term(figure.measure)},
        "age": concept_to_json(scheme("age"), figure.age),
        "value": figure.value,
        "suppressed": figure.value is None and figure.status == SUPPRESSED,
        "contributors": figure.contributors,
        "coverage": figure.coverage,
    }
