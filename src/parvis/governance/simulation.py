"""Compare what readers may do under two sets of agreements: those in force, and with a draft."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from parvis.governance.access_request import ANONYMOUS, Reader
from parvis.governance.evaluation import decide
from parvis.governance.parties import EVERYONE, HOST, MEMBERS
from parvis.governance.policies import AGGREGATE, DISCOVER, PURPOSE, READ, Policies, Stratum

READERS = "urn:parvis:readers"
"""The group of parties that are no members: they read and give no data."""

Contributions = Mapping[str, Mapping[Stratum, datetime]]
"""Until when each stratum counts that a party contributed, by the party's IRI."""


class Level(IntEnum):
    """What a reader may know of a dataset."""

    NOTHING = 0
    EXISTENCE = 1
    CONTENT = 2


@dataclass(frozen=True)
class AccessChange:
    """A reader of a group for whom a dataset opens or closes."""

    group: str
    reader: Reader
    target: str
    before: Level
    after: Level


@dataclass(frozen=True)
class GroupCount:
    """How many datasets a reader of the group, at least one, may read before and after."""

    group: str
    readers: int
    before: int
    after: int


@dataclass(frozen=True)
class Simulation:
    """What a draft would change, by group of readers.

    `entering` and `leaving` are the datasets whose figures the third party may pool only with the
    draft, or only without it.
    """

    changes: tuple[AccessChange, ...]
    counts: tuple[GroupCount, ...]
    entering: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()

    @property
    def losses(self) -> tuple[AccessChange, ...]:
        """The changes by which a reader may know less than now."""
        return tuple(change for change in self.changes if change.after < change.before)


def access_level(policies: Policies, reader: Reader, target: str, at: datetime) -> Level:
    """Return what a reader may know of a dataset at an instant."""
    if decide(policies, reader, READ, target, at).allowed:
        return Level.CONTENT
    allowed = decide(policies, reader, DISCOVER, target, at).allowed
    return Level.EXISTENCE if allowed else Level.NOTHING


def group_readers(
    before: Policies,
    after: Policies,
    owner: str,
    projects: Mapping[str, Collection[str]],
    contributions: Contributions,
) -> dict[str, list[Reader]]:
    """Return readers of every kind, by group: the IRI of a role, party, kind, project or purpose.

    `owner` is the party whose agreement is drafted, `projects` have their members.
    """
    parties = before.parties
    host = parties.host or ""

    def reader(iri: str, *purposes: str) -> Reader:
        contributes = contributions.get(iri, {})
        return Reader(iri, frozenset(purposes), host=iri == host, contributes=contributes)

    others = sorted(iri for iri in parties.by_iri if iri not in {host, owner})
    members = {
        *parties.collections.get(MEMBERS, ()),
        *after.parties.collections.get(MEMBERS, ()),
    }
    groups = {
        EVERYONE: [ANONYMOUS],
        owner: [reader(owner)],
        HOST: [reader(host)] if host else [],
        MEMBERS: [reader(iri) for iri in others if iri in members],
        READERS: [reader(iri) for iri in others if iri not in members],
    }
    for iri in others:
        for kind in sorted(parties.by_iri[iri].kinds & parties.kinds):
            groups.setdefault(kind, []).append(reader(iri))
    for project, partners in projects.items():
        groups[project] = [reader(iri) for iri in others if iri in partners]
    rules = (*before.rules, *after.rules)
    purposes = {str(c.right) for r in rules for c in r.constraints if c.left == PURPOSE}
    for purpose in sorted(purposes):
        groups[purpose] = [reader(iri, purpose) for iri in others]
    return {group: readers for group, readers in groups.items() if readers}


def simulate(
    before: Policies,
    after: Policies,
    groups: Mapping[str, Sequence[Reader]],
    targets: Iterable[str],
    at: datetime,
) -> Simulation:
    """Evaluate agreements before and after for every reader and dataset, and compare."""
    datasets = list(targets)
    changes, counts = [], []
    for group, readers in groups.items():
        read: tuple[set[str], set[str]] = set(), set()
        for reader in readers:
            for target in datasets:
                levels = [
                    access_level(policies, reader, target, at) for policies in (before, after)
                ]
                for level, names in zip(levels, read, strict=True):
                    if level is Level.CONTENT:
                        names.add(target)
                if levels[0] is not levels[1]:
                    changes.append(AccessChange(group, reader, target, *levels))
        counts.append(GroupCount(group, len(readers), len(read[0]), len(read[1])))
    pooled = [
        {target for target in datasets if _may_pool(policies, target, at)}
        for policies in (before, after)
    ]
    return Simulation(
        tuple(changes),
        tuple(counts),
        tuple(sorted(pooled[1] - pooled[0])),
        tuple(sorted(pooled[0] - pooled[1])),
    )


def _may_pool(policies: Policies, target: str, at: datetime) -> bool:
    """Return whether the third party may pool a dataset's figures with others'."""
    host = policies.parties.host
    # The widest recipient counts: a release for some is a release too.
    return host is not None and any(
        decide(policies, Reader(host, host=True), AGGREGATE, target, at, recipient=r).allowed
        for r in (EVERYONE, MEMBERS, host)
    )
