"""Receipts of the figures that are served, and whether a release was recalled since.

A receipt is made of what is served when it is asked for, not when a release is made: it changes
nothing of a release, and releases of before have receipts too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from parvis.catalog.ontology import last_segment
from parvis.errors import UnknownThing
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.publics.receipts.keys import read_signer
from parvis.pooling.publics.receipts.receipt import SignedRelease, write_receipt
from parvis.pooling.serving.figures.figures import QUERY
from parvis.pooling.serving.figures.released.parameters import (
    KEYS_PATH,
    STATUS_PATH,
    read_parameters,
)
from parvis.pooling.serving.figures.released.requested import (
    DATASET,
    describe_table,
    find_question,
    is_recalled,
    plant_table,
)
from parvis.pooling.serving.figures.released.timestamp_files import read_timestamp
from parvis.pooling.serving.figures.released.trees import FigureTree, plant_trees
from parvis.pooling.serving.service import PoolService
from parvis.store.generation.state_files import RecallList
from parvis.vocab.iris import DatasetKey

NO_FIGURE = N_("there is no released figure {name} that you may read")
NO_RELEASE = N_("the figure {name} is of no numbered release: it has no receipt")
CURRENT, REPLACED, RECALLED = "current", "replaced", "recalled"


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

    `name` is what follows ``id/observation/`` in its IRI. Raises `UnknownThing` for another one,
    and where no key signs; also as `PoolService.ask` does.
    """
    signer = read_signer(host.settings.data)
    third_party = host.third_party()
    question = third_party and find_question(host.settings.data, reader, third_party, name)
    if third_party and question:
        planted = plant_table(host.iris, question)
        release = describe_table(host.iris, third_party, question, planted)
    else:
        planted, release = _find_release(host, reader, name)
    place = planted.places.get(host.iris.thing("observation", name))
    if place is None:
        raise UnknownThing(NO_FIGURE, name=name)
    timestamp = read_timestamp(host.settings.data, release, signer)
    return write_receipt(planted.figures[place], place, planted.tree, release, signer, timestamp)


def _find_release(host: PoolService, reader: Reader, name: str) -> tuple[FigureTree, SignedRelease]:
    """Return the figures of the served release that has one, and what is signed of it."""
    iri = host.iris.thing("observation", name)
    trees = host.compute_of_rows(reader, QUERY, plant_trees)
    graph = next((graph for graph, planted in trees.items() if iri in planted.places), None)
    if graph is None or graph not in host.datasets_by_graph(reader):
        raise UnknownThing(NO_FIGURE, name=name)
    release = describe_release(host, reader, graph, trees[graph])
    if release is None:
        raise UnknownThing(NO_RELEASE, name=name)
    return trees[graph], release


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

    Of a content that was never published, nothing more is told than of one that was replaced. Why a
    table that somebody asked for was recalled is for who asked.
    """
    third_party = host.third_party()
    if third_party and str(key) == f"{last_segment(third_party)}/{DATASET}":
        recalled = is_recalled(host.settings.data, content)
        return ReleaseStatus(str(key), content, RECALLED if recalled else CURRENT)
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
