"""Quads that are RDF already, into the record, under an agreement of the host."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.errors import InputError, SourceError, UsageError
from parvis.i18n import N_
from parvis.ledger import Act
from parvis.pooling.agreements import agreement_iri
from parvis.pooling.audit import recorded
from parvis.pooling.pool import Pool
from parvis.pooling.submissions import digest
from parvis.rdf.files import format_of, quads
from parvis.rdf.ntriples import absolute
from parvis.store.files import workplace, writing
from parvis.store.record.content import Packed, Splitter, pack

NOT_A_GRAPH = N_("“{graph}” is no absolute IRI that could name a graph")
OURS = N_("{file} has quads in {graph}, a graph that parvis writes itself")
DATASETS = N_("{file} has quads in {graph}, the graph of a dataset: parvis submit {dataset}")
EMPTY = N_("{file} holds nothing: to empty the record, say --replace-all")


@dataclass(frozen=True)
class Loaded:
    """What came into the record: graphs, triples, and the graphs that left it."""

    graphs: int
    triples: int
    access: str
    agreement: str
    removed: int

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return dict(vars(self))


def load(
    pool: Pool, file: Path, graph: str | None = None, access: str = "open", *, whole: bool = False
) -> Loaded:
    """Make the quads of an RDF file, compressed or not, the content of the graphs they name.

    Triples without a graph go to `graph`. `access` is ``open`` or ``members``: who may read it
    all. If `whole`, every other graph leaves the record. All of it happens in one step, after the
    file was read to its end; of any size, in about 200 MB. An empty file empties the record if
    `whole`, and is else a mistake. Raises `SourceError` for a file that
    cannot be read or whose graphs are not its own to fill, and `UsageError` for a bad `graph`.
    """
    _check_name(graph)
    format_of(file)
    with writing(pool.settings.data), workplace(pool.settings.data) as folder:
        file_digest = _digest(file)
        # Blank nodes of one name are one in all of a document, and no other document's.
        splitter = Splitter(folder, file, f"f{file_digest[:16]}", graph)
        paths = splitter.split(quads(file))
        _refuse(pool, file, paths, may_be_empty=whole)
        packed = {name: _packed(path) for name, path in paths.items()}
        about = {"access": access, "file": file.name, "digest": file_digest}
        before = pool.record.versions()
        pool.record.put_all(packed, about, whole=whole)
        loaded = [(name, agreement_iri(pool, access)) for name in packed]
        facts = {"triples": sum(one.triples for one in packed.values())}
        recorded(pool.settings.data, Act.LOAD, datetime.now(UTC), facts, loaded)
    return Loaded(
        graphs=len(packed),
        triples=sum(one.triples for one in packed.values()),
        access=access,
        agreement=agreement_iri(pool, access),
        removed=len(before.keys() - packed.keys()) if whole else 0,
    )


def _check_name(graph: str | None) -> None:
    """Refuse a name that could name no graph."""
    try:
        absolute(graph or "urn:x-none")
    except ValueError as error:
        raise UsageError(NOT_A_GRAPH, graph=graph) from error


def _digest(file: Path) -> str:
    """Digest the file. Raises `SourceError` when it cannot be read."""
    try:
        return digest(file)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=file, reason=error.strerror
        ) from error


def _refuse(pool: Pool, file: Path, graphs: Iterable[str], *, may_be_empty: bool) -> None:
    """Refuse graphs that others fill, and an empty file where that means nothing."""
    datasets = {one.graph: one.key for one in pool.catalog.datasets.values()}
    empty = True
    for graph in graphs:
        empty = False
        if pool.iris.is_ours(graph):
            raise InputError(OURS, file=file, graph=graph)
        if graph in datasets:
            raise InputError(DATASETS, file=file, graph=graph, dataset=datasets[graph])
    if empty and not may_be_empty:
        raise SourceError(EMPTY, file=file)


def _packed(path: Path) -> Packed:
    """Pack one graph in a folder of its own."""
    folder = path.with_suffix("")
    folder.mkdir()
    packed = pack(path, folder)
    path.unlink()
    return packed
