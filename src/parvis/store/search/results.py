"""What a search returns, and what it takes: plain values, so that they load in no time."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

Text = tuple[str, str | None]
"""A text with its language tag."""
AcceptEntity = Callable[[str, Sequence[str]], bool]
"""Returns whether an entity, by its IRI and classes, may be a candidate."""
NearestWord = Callable[[str, Sequence[str]], str | None]
"""Returns which of some words a misspelt one stands for, if any."""


@dataclass(frozen=True)
class Hit:
    """A match in one graph; the higher the score, the better. `row` is its number in the index."""

    iri: str
    graph: str
    score: float
    row: int = field(compare=False)


@dataclass(frozen=True)
class NamedEntity:
    """An entity in one graph: its classes, names and descriptions.

    `starts` are its dates as they are written, `places` the names of where it takes place, and
    `context` other texts that it is found by: its city, its organiser, its discipline.
    """

    iri: str
    graph: str
    kinds: tuple[str, ...]
    names: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    starts: tuple[str, ...] = ()
    places: tuple[Text, ...] = ()
    context: tuple[Text, ...] = ()

    @classmethod
    def of(cls, iri: str, graph: str, kinds: tuple[str, ...], texts: str) -> Self:
        names, descriptions, starts, places, context = json.loads(texts)
        names, descriptions, places, context = (
            tuple((text, tag) for text, tag in values)
            for values in (names, descriptions, places, context)
        )
        return cls(iri, graph, kinds, names, descriptions, tuple(starts), places, context)


class GraphWords:
    """The stems that all entities of some graphs have, such as those of their partner's name."""

    def __init__(self, stems_by_graph: Mapping[str, frozenset[str]]) -> None:
        self.groups = [*dict.fromkeys(stems_by_graph.values())]
        """Stems that several graphs have in common: a partner has many datasets."""
        numbers = {stems: number for number, stems in enumerate(self.groups)}
        self.group_of = {graph: numbers[stems] for graph, stems in stems_by_graph.items()}

    @cached_property
    def groups_by_stem(self) -> Mapping[str, Sequence[int]]:
        groups: dict[str, list[int]] = {}
        for number, stems in enumerate(self.groups):
            for stem in stems:
                groups.setdefault(stem, []).append(number)
        return groups
