"""RDF files staged for validation: a store to query, and the files for what it cannot answer."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from rdflib.namespace import RDF, RDFS

from parvis.errors import SourceError
from parvis.rdf.streams import open_file, read_blocks
from parvis.store.record.content import split_entities
from parvis.store.record.graph_record import Staging
from parvis.validation import Data, PartedData, load_data
from parvis.vocab.namespaces import canonical_iri

IN_MEMORY = 500_000_000
"""Bytes of files staged in memory, which takes about four times as much of it."""


@contextmanager
def stage_files(files: Sequence[Path], folder: Path | None = None) -> Iterator[Staging]:
    """Stage files in memory, or above some size in a temporary folder inside `folder`.

    Raises `SourceError`, naming the file, for one that cannot be read.
    """
    size = _size_of(files)
    with ExitStack() as stack:
        place = None
        if size > IN_MEMORY:
            place = Path(stack.enter_context(TemporaryDirectory(prefix="staging-", dir=folder)))
        yield stack.enter_context(Staging(*files, folder=place))


def _size_of(files: Sequence[Path]) -> int:
    # A compressed file is reckoned at ten times its size.
    try:
        return sum(path.stat().st_size * (10 if path.suffix == ".gz" else 1) for path in files)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=error.filename, reason=error.strerror
        ) from error


def as_data(view: Staging, files: Sequence[Path]) -> Data:
    """Return the input of validation: the store, and the files for what it cannot answer."""
    return Data(partial(load_data, files), view, view.altered)


PART = 16_000_000
"""Bytes of the parts in which a larger content is validated: about 130 MB of memory."""
LARGE = 6 * PART
"""Bytes of sorted content from which it is validated in parts."""
_PREDICATE = re.compile(rb"^\S+ <([^>]*)>", re.MULTILINE)
_ALWAYS = frozenset({str(RDF.type), str(RDFS.subClassOf)})


@contextmanager
def stage_content(content: Path, folder: Path) -> Iterator[Data | PartedData]:
    """Stage sorted N-Triples for validation: in one store or, if it is large, in parts of it.

    `folder` is for temporary files.
    """
    if _size_of([content]) > LARGE:
        with TemporaryDirectory(prefix="parts-", dir=folder) as parts:
            yield StagedParts(content, Path(parts))
        return
    with stage_files([content], folder) as view:
        yield as_data(view, [content])


class StagedParts:
    """A sorted content in files of whole entities, each staged when its turn comes."""

    def __init__(self, content: Path, folder: Path) -> None:
        self._content, self._folder = content, folder
        self._files: list[Path] = []
        names: set[bytes] = set()
        with open_file(content) as source:
            blocks = split_entities(read_blocks(source), PART)
            for number, part in groupby(blocks, key=itemgetter(0)):
                self._files.append(folder / f"{number}.nt")
                with self._files[-1].open("wb") as file:
                    for _, block in part:
                        names.update(_PREDICATE.findall(block))
                        file.write(block)
        self._names = [name.decode() for name in names]
        self.predicates = frozenset(map(canonical_iri, self._names))

    def parts(self) -> Iterator[Data]:
        for path in self._files:
            with stage_files([path], self._folder) as view:
                yield as_data(view, [path])

    @contextmanager
    def select(self, predicates: Collection[str] | None) -> Iterator[Data]:
        if predicates is None:
            with stage_files([self._content], self._folder) as view:
                yield as_data(view, [self._content])
            return
        wanted = {*predicates, *_ALWAYS}
        names = [re.escape(name) for name in self._names if canonical_iri(name) in wanted]
        pattern = re.compile(rf"^\S+ <(?:{'|'.join(names)})>.*\n".encode(), re.MULTILINE)
        with NamedTemporaryFile(suffix=".nt", dir=self._folder) as chosen:
            for path in self._files if names else ():
                with path.open("rb") as file:
                    for block in read_blocks(file):
                        chosen.writelines(pattern.findall(block))
            chosen.flush()
            with stage_files([Path(chosen.name)], self._folder) as view:
                yield as_data(view, [Path(chosen.name)])
