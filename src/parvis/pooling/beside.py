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

    `figures` are those that it may read, by stratum, and `more` counts those that are told, but
    not to all, or of fewer; `reason` says why it may or may not.
    """

    card: DatasetCard
    figures: Mapping[Stratum, Figure]
    more: int
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


def beside(
    host: Host, reader: Reader, card: DatasetCard | None, readable: Iterable[Figure]
) -> Beside:
    """Gather the releases for some of which the one that is shown is that for all."""
    if reader.iri is None or card is None:
        return Beside()
    by_graph: dict[str, dict[Stratum, Figure]] = {}
    for figure in readable:
        by_graph.setdefault(figure.graph, {})[figure.stratum] = figure
    known = [one for one in host.datasets(reader) if one.version_of == card.iri]
    reasons = explained(host, reader, known)
    whole = by_graph.get(host.iris.graph(card.key), {})
    found = []
    for one in sorted(known, key=lambda card: card.key):
        figures = by_graph.get(host.iris.graph(one.key), {}) if one.readable else {}
        more = sum(_is_more(other, whole.get(stratum)) for stratum, other in figures.items())
        found.append(ClassRelease(one, figures, more, reasons[one.key].reason))
    return Beside(tuple(found))


def _is_more(figure: Figure, whole: Figure | None) -> bool:
    """Say whether a figure of a class is told, and all are not told the same."""
    told = figure.value, figure.contributors
    return figure.value is not None and (whole is None or told != (whole.value, whole.contributors))
