"""Problems of what graphs state of entities: reported, never a ground to merge."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parvis.i18n import N_, both

MOST_ADDRESSES = 3
"""Addresses that one entity may have; with more, none counts."""
_MOST_EXAMPLES = 3

CONTRADICTORY = N_("{iri} is said to be of several kinds: {kinds}; it is linked to nothing")
ADDRESSES = N_("{iri} has {count} addresses: none of them counts")
NAMELESS = N_("{iri} has no name")
SWAPPED = N_("the coordinates of {iri} are the wrong way round: {point}; they do not count")
SHARED = N_(
    "the identifier {identifier} is given to {count} things that cannot be one ({some}): it links"
    " none of them"
)
ACROSS = N_("{iri} ({kind}) is said to be the same as {other} ({other_kind}): it cannot be")
CONFLICT = N_(
    "{here} and {there} were judged to be one, which others exclude: see the negative judgement"
    " on {no} and {nor}"
)

TWICE = N_(
    "{here} and {there} share an identifier, but then {no} and {nor}, which one graph tells apart,"
    " would be one: left to a person"
)


@dataclass(frozen=True)
class LinkingProblem:
    """One problem, and the graph that states it (empty where several do)."""

    template: str
    graph: str
    fields: Mapping[str, object]

    @property
    def sentences(self) -> dict[str, str]:
        return both(self.template, **self.fields)

    def to_json(self) -> dict[str, Any]:
        return {"said": self.sentences, "graph": self.graph or None}

    def to_stored(self) -> dict[str, Any]:
        # The index stores the template, not a sentence; it is read with `LinkingProblem(**fields)`.
        return {"template": self.template, "graph": self.graph, "fields": dict(self.fields)}


def list_examples(iris: Iterable[str]) -> str:
    return ", ".join(sorted(set(iris))[:_MOST_EXAMPLES])


def report_shared_identifier(identifier: str, bearers: Collection[str]) -> LinkingProblem:
    """Report an identifier that links nothing; `bearers` are the IRIs of its entities."""
    fields = {"identifier": identifier, "count": len(bearers), "some": list_examples(bearers)}
    return LinkingProblem(SHARED, "", fields)
