"""The candidates that are kept between two runs, beside the record: ``links.json``.

They say nothing that the record does not, so that they can always be made again; they go when
something is erased.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from parvis.linking.candidates import (
    Candidate,
    Watch,
    candidates,
    first,
    problems,
    shared_in_vain,
)
from parvis.linking.entity import Entity
from parvis.linking.problems import Problem
from parvis.store.durable import replace

FILE = "links.json"


@dataclass(frozen=True)
class Shown:
    """What a person is shown of a thing: its graph, its names, where and when it is."""

    graph: str
    names: tuple[str, ...]
    place: str = ""
    start: str = ""

    @classmethod
    def of(cls, one: Entity) -> Self:
        """Tell what matters of a thing."""
        place = ", ".join(filter(None, (*one.venues[:1], *one.streets[:1], one.postal)))
        return cls(one.graph, one.names, place, one.start)

    @property
    def name(self) -> str:
        """Give the first name; none if it has none."""
        return next(iter(self.names), "")


@dataclass
class Suggestions:
    """The candidates, what is shown of their things, and what each thing's content was."""

    candidates: list[Candidate] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    vain: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    """The digest of the content that each graph had in the last run."""
    compared: int = 0
    """How many things were compared anew by the last run."""

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read those of the last run; a file that cannot be read counts for none."""
        try:
            found = json.loads((data / FILE).read_bytes())
            return cls(
                candidates=[Candidate.from_json(one) for one in found["candidates"]],
                shown={
                    iri: Shown(**(one | {"names": tuple(one["names"])}))
                    for iri, one in found["shown"].items()
                },
                problems=[Problem(**one) for one in found["problems"]],
                digests=found["digests"],
                vain=frozenset(found["vain"]),
                counts=found["counts"],
                versions=found.get("versions", {}),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, data: Path) -> None:
        """Keep them for the next run."""
        plain: dict[str, Any] = {
            "candidates": [one.to_json() for one in self.candidates],
            "shown": {iri: vars(one) for iri, one in self.shown.items()},
            "problems": [one.kept() for one in self.problems],
            "digests": self.digests,
            "vain": sorted(self.vain),
            "counts": self.counts,
            "versions": self.versions,
        }
        data.mkdir(parents=True, exist_ok=True)
        replace(data / FILE, json.dumps(plain, ensure_ascii=False).encode())

    def then(
        self, things: Collection[Entity], wrong: Iterable[Problem], watch: Watch | None = None
    ) -> "Suggestions":
        """Give those of what there is now; only what changed since is compared anew."""
        digests = {f"{one.graph} {one.iri}": one.digest for one in things}
        vain = frozenset(shared_in_vain(things))
        changed = self._changed(things, digests, vain)
        kept = [one for one in self.candidates if not changed & {*one.pair}]
        found = first([*kept, *candidates(things, changed, watch)])
        told = {iri for one in found for iri in one.pair}
        return Suggestions(
            candidates=found,
            shown={one.iri: Shown.of(one) for one in things if one.iri in told},
            problems=[*wrong, *problems(things)],
            digests=digests,
            vain=vain,
            counts=_counted(things),
            compared=len(changed & {one.iri for one in things}),
        )

    def _changed(
        self, things: Collection[Entity], digests: Mapping[str, str], vain: frozenset[str]
    ) -> set[str]:
        """Tell what must be compared anew: what is new, other or gone, and its candidates.

        So must be what bears an identifier that has begun to link, or ceased to.
        """
        before = self.digests
        keys = {
            key for key in before.keys() | digests.keys() if before.get(key) != digests.get(key)
        }
        found = {key.partition(" ")[2] for key in keys}
        turned = self.vain ^ vain
        found |= {one.iri for one in things if turned & {*one.identifiers}}
        beside = {iri for one in self.candidates if found & {*one.pair} for iri in one.pair}
        return found | beside


def forget(data: Path) -> None:
    """Delete the candidates: the next run makes them anew."""
    (data / FILE).unlink(missing_ok=True)


def _counted(things: Iterable[Entity]) -> dict[str, int]:
    """Count things by kind."""
    found: dict[str, int] = {}
    for one in things:
        found[one.kind] = found.get(one.kind, 0) + 1
    return dict(sorted(found.items()))
