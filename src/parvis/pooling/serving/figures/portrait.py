"""The portrait of the pooled publics: one release, one measure, layer by layer, for one reader."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any, TypeVar

from parvis.catalog.codelists import MEASURES, scheme
from parvis.catalog.ontology import short
from parvis.errors import UsageError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.figures.figures import (
    NOT_CONTROLLED,
    TOTALS,
    additive,
    chosen,
    ends,
    figures,
    number,
    told,
)
from parvis.pooling.serving.figures.offerings import lists
from parvis.pooling.serving.figures.relays import concept_of
from parvis.pooling.serving.labels import rows
from parvis.pooling.serving.projects import explained
from parvis.pooling.serving.service import Host, Question
from parvis.statistics.cube import LAYERS, Figure, latest
from parvis.statistics.portrait import EACH, Orders, Panel, panels, share, whole_of

# The releases of a reciprocity class beside that for all, for one reader.

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


T = TypeVar("T")

OWN = files(__package__).joinpath("own_figures.rq").read_text(encoding="utf-8")
CUBE = files(__package__).joinpath("cube.rq").read_text(encoding="utf-8")
RELEASES = files(__package__).joinpath("releases.rq").read_text(encoding="utf-8")

TOGETHER = "total"
"""The choice of a layer whose concepts are taken together."""
NONE_OF_THESE = N_("“{text}” is none of these: {known}")


@dataclass(frozen=True)
class Wanted:
    """What is looked at: texts as one types them, empty for what is left open."""

    release: str = ""
    measure: str = ""
    period: str = ""
    layers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """What a release says of itself; None for what it does not."""

    release: int | None = None
    min_contributors: int | None = None
    min_persons: int | None = None
    rounding_base: int | None = None


@dataclass(frozen=True)
class Portrait:
    """One release as a reader may read it, and what was chosen of it; `own` by stratum.

    `choice` is what was asked of layers, `every` all figures of the release; the rest is of one
    measure and one period. `signed_in` tells of a reader who may give figures of its own, `beside`
    what its class is told.
    """

    card: DatasetCard | None
    about: Release
    releases: tuple[DatasetCard, ...]
    every: tuple[Figure, ...]
    measure: str | None
    period: str | None
    choice: Mapping[str, str]
    own: Mapping[tuple[str, ...], int | float]
    signed_in: bool
    beside: Beside
    asked: Mapping[str, str]

    @cached_property
    def figures(self) -> list[Figure]:
        """Give the figures of the measure and the period."""
        wanted = (self.measure, self.period)
        return [one for one in self.every if (one.measure, one.period) == wanted]

    @cached_property
    def panels(self) -> list[Panel]:
        """Give the panels of what was chosen."""
        return panels(self.figures, self.choice, orders())

    @cached_property
    def whole(self) -> Figure | None:
        """Give the figure of what was chosen, taken together."""
        return whole_of(self.figures, self.choice, orders())

    @cached_property
    def longest(self) -> int | float:
        """Give the largest figure of all panels: one scale for all."""
        told = [one.value for panel in self.panels for one in panel.parts]
        return max((one for one in told if one is not None), default=0)

    @property
    def not_controlled(self) -> bool:
        """Say whether figures did not go through disclosure control."""
        return any(one.status == NOT_CONTROLLED for one in self.figures)

    @property
    def adds_up(self) -> bool:
        """Say whether the measure adds up across partners."""
        return self.measure is not None and additive(self.measure)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """Give the concepts of each layer that the release tells of."""
        return {
            layer: sorted({getattr(one, layer) for one in self.figures} - TOTALS)
            for layer in LAYERS
        }

    @property
    def measures(self) -> list[str]:
        """Give the measures of the release."""
        present = {one.measure for one in self.every}
        return [one for one in MEASURES if one in present]

    @property
    def periods(self) -> list[str]:
        """Give the periods of the release in which the measure is told, the latest first."""
        present = {one.period for one in self.every if one.measure == self.measure}
        return sorted(present, key=lambda one: (ends().get(one, ""), one), reverse=True)

    def selected(self) -> list[Figure]:
        """Give all figures that what was asked leaves, of any measure and period left open.

        By stratum, totals before their parts.
        """
        return sorted((one for one in self.every if self._asked_for(one)), key=_place)

    def own_of(self, one: Figure) -> int | float | None:
        """Give the reader's own figure of the same stratum."""
        return self.own.get(one.stratum)

    def class_of(self, one: Figure) -> Figure | None:
        """Give the figure of the same stratum that the reader's class is told."""
        return self.beside.of(one)

    def share_of(self, one: Figure, whole: Figure | None) -> float | None:
        """Give the share of a whole that a figure is, of a measure that adds up."""
        return share(one, whole) if self.adds_up else None

    def as_cube(self) -> Question:
        """Ask for the observations of what was asked, as the release has them."""
        values = {layer: one for layer, one in self.choice.items() if one != EACH}
        if self.every:
            values["graph"] = self.every[0].graph
        for name in ("measure", "period"):
            if self.asked.get(name) and (chosen_one := getattr(self, name)):
                values[name] = chosen_one
        return Question(CUBE, values=values)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data, every text in both languages."""
        return {
            "dataset": self.card and str(self.card.key),
            "release": vars(self.about),
            "controlled": not any(one.status == NOT_CONTROLLED for one in self.every),
            "asked": dict(self.asked),
            "figures": [self._plain(one) for one in self.selected()],
        }

    def _plain(self, one: Figure) -> dict[str, Any]:
        """Tell one figure, with the reader's own beside it if one is signed in."""
        parts = {name: concept_of(scheme(name), getattr(one, name)) for name in LAYERS}
        period = concept_of(scheme("period"), one.period)
        own = {"own": self.own_of(one)} if self.signed_in else {}
        other = self.class_of(one)
        some = {"class": other and told(other)} if self.beside.received else {}
        return {**told(one), "period": period, **parts, **some, **own}

    def _asked_for(self, one: Figure) -> bool:
        """Say whether a figure is of what was asked."""
        if self.asked.get("measure") and one.measure != self.measure:
            return False
        if self.asked.get("period") and one.period != self.period:
            return False
        chosen_layers = ((getattr(one, name), want) for name, want in self.choice.items())
        return all(want in (EACH, have) for have, want in chosen_layers)


def portrait(host: Host, reader: Reader, wanted: Wanted) -> Portrait:
    """Give the portrait that a reader asks for.

    Raises `UsageError` for what is not there to choose, `NothingPublished`, and as `Host.ask`.
    """
    readable = figures(host, reader)
    cards = {host.iris.graph(card.key): card for card in host.datasets(reader)}
    present = [cards[one] for one in sorted({figure.graph for figure in readable}) if one in cards]
    card = _release(host, readable, present, wanted.release)
    graph = None if card is None else host.iris.graph(card.key)
    every = tuple(one for one in readable if one.graph == graph and one.place in TOTALS)
    measure = _one_of(wanted.measure, {short(o): o for o in _measures(every)})
    known = {short(one.period): one.period for one in every if one.measure == measure}
    period = _one_of(wanted.period, known) if wanted.period else latest(known.values(), ends())
    read = {name: _concept(name, text) for name, text in wanted.layers.items()}
    return Portrait(
        card=card,
        about=_about(host, reader, graph),
        releases=tuple(present),
        every=every,
        measure=measure,
        period=period,
        choice={name: one for name, one in read.items() if one},
        own=_own(host, reader),
        signed_in=reader.iri is not None,
        beside=beside(host, reader, card, readable),
        asked=_asked(wanted),
    )


def orders() -> Orders:
    """Read how the parts of layers are put in order."""
    return Orders(TOTALS, lists().bounds)


def _place(one: Figure) -> tuple[object, ...]:
    """Put figures in order by stratum; a part that is together comes before its parts."""
    parts = (getattr(one, layer) for layer in LAYERS)
    return (one.measure, one.period, *((part not in TOTALS, part) for part in parts))


def _release(
    host: Host, readable: list[Figure], present: list[DatasetCard], text: str
) -> DatasetCard | None:
    """Choose the release: the one that is asked for, else the third party's own."""
    if text:
        return _one_of(text, {str(card.key): card for card in present})
    graph = chosen([one for one in readable if one.place in TOTALS], None, host)
    return next((card for card in present if host.iris.graph(card.key) == graph), None)


def _measures(every: Iterable[Figure]) -> list[str]:
    """Give the measures of figures, the one of which most are told first."""
    counted = Counter(one.measure for one in every if one.measure in MEASURES)
    return sorted(counted, key=lambda one: (-counted[one], MEASURES.index(one)))


def _one_of(text: str, known: Mapping[str, T]) -> T | None:
    """Give what a text names, the first for an empty one; raises `UsageError` for another."""
    if not text:
        return next(iter(known.values()), None)
    if text not in known:
        raise UsageError(NONE_OF_THESE, text=text[:100], known=", ".join(known))
    return known[text]


def _concept(layer: str, text: str) -> str | None:
    """Read what one types for a layer: a code, a label or an IRI, `total`, `each` or nothing."""
    if not text or text == EACH:
        return text or None
    return scheme(layer).require(text)


def _asked(wanted: Wanted) -> dict[str, str]:
    """Give what was asked, without what was left open."""
    first = {"release": wanted.release, "measure": wanted.measure, "period": wanted.period}
    return {name: text for name, text in (first | dict(wanted.layers)).items() if text}


def _about(host: Host, reader: Reader, graph: str | None) -> Release:
    """Read what a release says of itself."""
    for row in rows(host, reader, RELEASES) if graph else ():
        if row["graph"] == graph:
            names = Release.__dataclass_fields__.keys() & row.keys()
            return Release(**{name: int(number(row[name]) or 0) for name in names})
    return Release()


def _own(host: Host, reader: Reader) -> dict[tuple[str, ...], int | float]:
    """Give a reader's own figures by stratum: of all its places, else of those that it gives."""
    if reader.iri is None:
        return {}
    found: dict[tuple[str, ...], tuple[bool, float]] = {}
    for row in rows(host, reader, OWN, who=reader.iri):
        stratum = (row["measure"], row["period"], *(row[layer] for layer in LAYERS))
        everywhere, value = row["everywhere"] == "true", float(row["value"])
        if everywhere or additive(row["measure"]):
            found[stratum] = max(found.get(stratum, (False, 0.0)), (everywhere, value))
    return {key: number(str(value)) or 0 for key, (_, value) in found.items()}
