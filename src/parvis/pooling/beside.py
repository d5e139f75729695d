"""The releases of a reciprocity class beside that for all, for one reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from parvis.governance import Reader
from parvis.pooling.ask import Host
from parvis.pooling.cards import DatasetCard
from parvis.pooling.frame import explained
from parvis.statistics.cube import Figure

Stratum = tuple[str, ...]
Texts = Mapping[str, str]


@dataclass(frozen=True)
class ClassRelease:
    """A release for some that a reader may know of.

    `figures` are those that it may read, by stratum; `reason` says why it may or may not.
    """

    card: DatasetCard
    figures: Mapping[Stratum, Figure]
    reason: Texts


@dataclass(frozen=True)
class Beside:
    """All that there is beside the release that is shown; nothing for who is not signed in."""

    classes: tuple[ClassRelease, ...] = ()

    @cached_property
    def received(self) -> tuple[ClassRelease, ...]:
        """Give those that the reader receives."""
        return tuple(one for one in self.classes if one.card.readable)

    def of(self, figure: Figure) -> Figure | None:
        """Give the figure of the same stratum that a class is told: the first that tells one."""
        found = [one.figures.get(figure.stratum) for one in self.received]
        some = [one for one in found if one is not None]
        return next((one for one in some if one.value is not None), next(iter(some), None))

    def more(self, figures: Iterable[Figure]) -> int:
        """Count the figures of which a class is told something else than everyone."""
        pairs = ((one, self.of(one)) for one in figures)
        return sum(
            other is not None
            and other.value is not None
            and (other.value, other.contributors) != (one.value, one.contributors)
            for one, other in pairs
        )


def beside(
    host: Host, reader: Reader, card: DatasetCard | None, readable: Iterable[Figure]
) -> Beside:
    """Gather the releases for some of which the one that is shown is that for all."""
    if reader.iri is None or card is None:
        return Beside()
    by_graph: dict[str, dict[Stratum, Figure]] = {}
    for one in readable:
        by_graph.setdefault(one.graph, {})[one.stratum] = one
    known = [one for one in host.datasets(reader) if one.version_of == card.iri]
    reasons = explained(host, reader, known)
    return Beside(
        tuple(
            ClassRelease(
                one,
                by_graph.get(host.iris.graph(one.key), {}) if one.readable else {},
                reasons[one.key].reason,
            )
            for one in sorted(known, key=lambda card: card.key)
        )
    )
