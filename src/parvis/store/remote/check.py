"""Compare what repositories hold with what was published, and send again what was lost."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from parvis.config import RemoteStore, Settings
from parvis.store.generation.builder import BuiltStore
from parvis.store.generation.generation import Generation
from parvis.store.generation.state_files import is_changing, mark_changing
from parvis.store.remote.part import RemotePart
from parvis.store.remote.publisher import Filling
from parvis.store.remote.repository import Repository


@dataclass(frozen=True)
class PartCheck:
    """How a repository's content differs from what was published of a part.

    `graphs` are those of which triples are missing, or that have others; `added` those that should
    not be there; `unfinished` means that a change of it was interrupted.
    """

    part: str
    repository: str
    graphs: tuple[str, ...]
    added: tuple[str, ...]
    unfinished: bool

    @property
    def is_sound(self) -> bool:
        return not (self.graphs or self.added or self.unfinished)


def check_parts(
    data: Path,
    generation: Generation,
    settings: RemoteStore,
    *,
    digests: bool,
    gently: bool = False,
) -> Iterator[PartCheck]:
    """Compare each part that an engine holds: counts, and if `digests` the whole content.

    `gently` leaves the engine to readers for half of the time.

    Raises `FetchError` if an engine does not answer.
    """
    for name, built in generation.remote_parts().items():
        part = RemotePart.read(built.folder)
        with closing(Repository(settings, part.repository)) as repository:
            expected, present = part.facts(), repository.counts()
            if digests:
                same = {g: facts for g, facts in present.items() if g in expected}
                present |= repository.digests(same, gently=gently)
        differing = [
            graph
            for graph, facts in expected.items()
            if graph not in present
            or present[graph].count != facts.count
            or (digests and present[graph].digest != facts.digest)
        ]
        yield PartCheck(
            part=name,
            repository=part.repository,
            graphs=tuple(sorted(differing)),
            added=tuple(sorted(present.keys() - expected.keys())),
            unfinished=is_changing(data, part.repository),
        )


def restore_part(data: Path, built: BuiltStore, settings: Settings, check: PartCheck) -> None:
    """Make a repository hold again what was published of a part; sends what differs.

    No answer of it is passed on meanwhile. Raises `StoreError` and `FetchError`.
    """
    part = RemotePart.read(built.folder)
    with closing(Repository(settings.remote, part.repository)) as repository:
        filling = Filling(data, repository, settings.base, distrusted=check.graphs)
        filling.fill(part.files(built.folder))
    mark_changing(data, [part.repository], changing=False)
