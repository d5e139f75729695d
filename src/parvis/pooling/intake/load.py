"""Loading RDF into the record as it is, under an agreement of the third party."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from parvis.config import clock
from parvis.errors import InputError, SourceError, UsageError
from parvis.i18n import N_
from parvis.ledger import Act
from parvis.pooling.agreements import agreement_iri
from parvis.pooling.audit import record_act
from parvis.pooling.pool import Pool
from parvis.pooling.versions import digest
from parvis.rdf.files import format_of, read_quads
from parvis.rdf.ntriples import absolute
from parvis.store.files import workplace, writing
from parvis.store.record.content import Splitter, pack

UNREADABLE = N_("{file} cannot be read: {reason}")
NOT_A_GRAPH = N_("“{graph}” is no absolute IRI that could name a graph")
OURS = N_("{file} has quads in {graph}, a graph that parvis writes itself")
DATASETS = N_("{file} has quads in {graph}, the graph of a dataset: parvis submit {dataset}")
EMPTY = N_("{file} holds nothing: to empty the record, say --replace-all")


@dataclass(frozen=True)
class LoadResult:
    """The content of the record that a load changed; `removed` counts the graphs that left."""

    graphs: int
    triples: int
    access: str
    agreement: str
    removed: int


def load(
    pool: Pool, file: Path, graph: str | None = None, access: str = "open", *, whole: bool = False
) -> LoadResult:
    """Make the quads of an RDF file, compressed or not, the content of the graphs they name.

    Triples without a graph go to `graph`. `access` is ``open`` or ``members``: who may read it
    all. If `whole`, every other graph leaves the record, even for an empty file. A file of any size
    takes about 200 MB. Raises `SourceError` for a file that cannot be read or whose graphs are not
    its own to fill, and `UsageError` for a bad `graph`.
    """
    try:
        absolute(graph or "urn:x-none")
    except ValueError as error:
        raise UsageError(NOT_A_GRAPH, graph=graph) from error
    format_of(file)
    with writing(pool.settings.data), workplace(pool.settings.data) as folder:
        try:
            file_digest = digest(file)
        except OSError as error:
            raise SourceError(UNREADABLE, file=file, reason=error.strerror) from error
        # Blank nodes of one name are one in all of a document, and no other document's.
        splitter = Splitter(folder, file, f"f{file_digest[:16]}", graph)
        # The file is read to its end before anything changes.
        paths = splitter.split(read_quads(file))
        _refuse_graphs(pool, file, paths, may_be_empty=whole)
        packed = {}
        for name, path in paths.items():
            # In a folder of its own: packing writes files of fixed names.
            graph_folder = path.with_suffix("")
            graph_folder.mkdir()
            packed[name] = pack(path, graph_folder)
            path.unlink()
        agreement, triples = agreement_iri(pool, access), sum(p.triples for p in packed.values())
        about = {"access": access, "file": file.name, "digest": file_digest}
        before = pool.record.versions()
        pool.record.put_all(packed, about, replace_all=whole)
        loaded = [(name, agreement) for name in packed]
        record_act(pool.settings.data, Act.LOAD, clock.machine_time(), {"triples": triples}, loaded)
    removed = len(before.keys() - packed.keys()) if whole else 0
    return LoadResult(len(packed), triples, access, agreement, removed)


def _refuse_graphs(pool: Pool, file: Path, graphs: Iterable[str], *, may_be_empty: bool) -> None:
    """Refuse graphs that parvis or a dataset fills, and an empty file where it means nothing."""
    datasets = {dataset.graph: dataset.key for dataset in pool.catalog.datasets.values()}
    empty = True
    for graph in graphs:
        empty = False
        if pool.iris.is_ours(graph):
            raise InputError(OURS, file=file, graph=graph)
        if graph in datasets:
            raise InputError(DATASETS, file=file, graph=graph, dataset=datasets[graph])
    if empty and not may_be_empty:
        raise SourceError(EMPTY, file=file)
