"""The figures of a release as its receipts have them, and the tree that binds them together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import LANGUAGES, N_, number, say
from parvis.pooling.publics.receipts.receipt import plant_tree
from parvis.pooling.publics.receipts.tree import HashTree
from parvis.pooling.serving.figures.figures import SUPPRESSED, TOTALS, parse_figures
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure

PUBLISHED = N_("{measure}, {scope}, {period}: {value}")
WITHHELD = N_("{measure}, {scope}, {period}: suppressed (confidential)")
UNCOUNTED = N_("{measure}, {scope}, {period}: no figure was given")
EVERYTHING = N_("all together")


@dataclass(frozen=True)
class FigureTree:
    """The figures of a release as its receipts have them, their places, and their tree."""

    figures: tuple[Mapping[str, Any], ...]
    places: Mapping[str, int]
    tree: HashTree


def plant_trees(rows: Iterable[Mapping[str, str]]) -> dict[str, FigureTree]:
    """Return the tree of the figures of each graph."""
    by_graph: dict[str, list[CubeFigure]] = {}
    for figure in parse_figures(rows):
        by_graph.setdefault(figure.graph, []).append(figure)
    return {graph: plant_figures(figures) for graph, figures in by_graph.items()}


def plant_figures(figures: Sequence[CubeFigure]) -> FigureTree:
    """Return the tree of some figures, in their order."""
    documents = tuple(map(describe_figure, figures))
    places = {figure.iri: place for place, figure in enumerate(figures)}
    return FigureTree(documents, places, plant_tree(documents))


def describe_figure(figure: CubeFigure) -> dict[str, Any]:
    """Return a figure as its receipt has it: dimensions by IRI, and the same in words."""
    dimensions = {name: getattr(figure, name) for name in ("measure", "period", "place", *LAYERS)}
    return {
        "iri": figure.iri,
        "dimensions": dimensions,
        "status": last_segment(figure.status),
        "value": _write_number(figure.value),
        "base": _write_number(figure.base),
        "contributors": figure.contributors,
        "coverage": None if figure.coverage is None else f"{figure.coverage:.2f}",
        "words": {lang: _describe(figure, lang) for lang in LANGUAGES},
    }


def _describe(figure: CubeFigure, lang: str) -> str:
    concepts = ((layer, getattr(figure, layer)) for layer in LAYERS)
    scope = [
        scheme(LISTS.get(layer, layer)).label(concept)[lang]
        for layer, concept in concepts
        if concept not in TOTALS
    ]
    words = {
        "measure": load_words().of_term(figure.measure)[lang],
        "period": scheme("period").label(figure.period)[lang],
        "scope": ", ".join(scope) or say(lang, EVERYTHING),
    }
    if figure.value is None:
        return say(lang, WITHHELD if figure.status == SUPPRESSED else UNCOUNTED, **words)
    return say(lang, PUBLISHED, value=number(lang, figure.value), **words)


def _write_number(value: float | None) -> int | str | None:
    """Return a whole number as it is, another as a text: programs write fractions differently."""
    return value if value is None or isinstance(value, int) else str(value)
