"""Receipts of the figures that are served, and whether a release was recalled since.

A receipt is made of what is served when it is asked for, not when a release is made: it changes
nothing of a release, and releases of before have receipts too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment, load_words
from parvis.errors import UnknownThing
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_, number, say
from parvis.pooling.publics.receipts.keys import read_signer
from parvis.pooling.publics.receipts.receipt import SignedRelease, plant_tree, write_receipt
from parvis.pooling.publics.receipts.tree import HashTree
from parvis.pooling.serving.figures.figures import (
    QUERY,
    SUPPRESSED,
    TOTALS,
    parse_figures,
)
from parvis.pooling.serving.figures.released.parameters import read_parameters
from parvis.pooling.serving.figures.released.timestamp_files import read_timestamp
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure
from parvis.store.generation.state_files import RecallList
from parvis.vocab.iris import DatasetKey

KEYS_PATH = ".well-known/parvis-receipt-keys.json"
STATUS_PATH = "releases/status.json"
NO_FIGURE = N_("there is no released figure {name} that you may read")
NO_RELEASE = N_("the figure {name} is of no numbered release: it has no receipt")
PUBLISHED = N_("{measure}, {scope}, {period}: {value}")
WITHHELD = N_("{measure}, {scope}, {period}: suppressed (confidential)")
UNCOUNTED = N_("{measure}, {scope}, {period}: no figure was given")
EVERYTHING = N_("all together")
CURRENT, REPLACED, RECALLED = "current", "replaced", "recalled"


@dataclass(frozen=True)
class FigureTree:
    """The figures of a release as its receipts have them, their places, and their tree."""

    figures: tuple[Mapping[str, Any], ...]
    places: Mapping[str, int]
    tree: HashTree


@dataclass(frozen=True)
class ReleaseStatus:
    """Whether a release is served now, was replaced by a later one, or recalled: when and why."""

    dataset: str
    content: str
    status: str
    recalled: str | None = None
    reason: Mapping[str, str] | None = None


def make_receipt(host: PoolService, reader: Reader, name: str) -> bytes:
    """Return the receipt of a figure that a reader may read, as a file.

    `name` is the last part of its IRI. Raises `UnknownThing` for another one, and where no key
    signs; also as `PoolService.ask` does.
    """
    signer = read_signer(host.settings.data)
    iri = host.iris.thing("observation", name)
    trees = host.compute_of_rows(reader, QUERY, plant_trees)
    graph = next((graph for graph, planted in trees.items() if iri in planted.places), None)
    if graph is None or graph not in host.datasets_by_graph(reader):
        raise UnknownThing(NO_FIGURE, name=name)
    planted = trees[graph]
    release = describe_release(host, reader, graph, planted)
    if release is None:
        raise UnknownThing(NO_RELEASE, name=name)
    place = planted.places[iri]
    timestamp = read_timestamp(host.settings.data, release, signer)
    return write_receipt(planted.figures[place], place, planted.tree, release, signer, timestamp)


def describe_release(
    host: PoolService, reader: Reader, graph: str, planted: FigureTree
) -> SignedRelease | None:
    """Return what is signed of the release in a graph; None for one without a number."""
    card = host.datasets_by_graph(reader).get(graph)
    about = read_parameters(host, reader, graph)
    if card is None or about.release is None or about.released is None:
        return None
    content, base = _find_content(host, reader, graph), host.settings.base
    return SignedRelease(
        publisher=host.iris.partner(card.key.partner),
        dataset=str(card.key),
        title=card.title,
        number=about.release,
        released=about.released,
        content=content,
        rules=about.thresholds,
        figures=len(planted.figures),
        root=planted.tree.root.hex(),
        keys=f"{base}{KEYS_PATH}",
        status=f"{base}{STATUS_PATH}?dataset={card.key}&content={content}",
    )


def find_release_status(
    host: PoolService, reader: Reader, key: DatasetKey, content: str
) -> ReleaseStatus:
    """Return whether a content of a dataset is served or recalled; raises `UnknownThing`.

    Of a content that was never published, nothing more is told than of one that was replaced.
    """
    card = host.dataset(reader, key)
    graph, dataset = host.iris.graph(card.key), str(card.key)
    why = RecallList.read(host.settings.data).why(graph, content)
    if why is not None:
        return ReleaseStatus(dataset, content, RECALLED, why["at"], why["reason"])
    is_served = content == _find_content(host, reader, graph)
    return ReleaseStatus(dataset, content, CURRENT if is_served else REPLACED)


def _find_content(host: PoolService, reader: Reader, graph: str) -> str:
    """Return the digest of the content of a graph that is served; empty for none."""
    name = host.snapshot().store_facts(reader).sources.get(graph, "")
    return name.partition(".")[0]


def plant_trees(rows: Iterable[Mapping[str, str]]) -> dict[str, FigureTree]:
    """Return the tree of the figures of each graph."""
    by_graph: dict[str, list[CubeFigure]] = {}
    for figure in parse_figures(rows):
        by_graph.setdefault(figure.graph, []).append(figure)
    trees = {}
    for graph, figures in by_graph.items():
        documents = tuple(map(describe_figure, figures))
        places = {figure.iri: place for place, figure in enumerate(figures)}
        trees[graph] = FigureTree(documents, places, plant_tree(documents))
    return trees


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
