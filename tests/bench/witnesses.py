"""Check the witness tables of random pools: `python tests/bench/witnesses.py [POOLS [FIRST]]`.

Each pool of `disclosure.py` and of `box_office_disclosure.py --changing` is released several times,
and after each release the independent checker must accept its witness; then each of the mutations
below, of the last release that has what it mutates, must be rejected. Exit code 1 otherwise.
"""

import copy
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from box_office_pools import KINDS as BOX_OFFICE_KINDS
from box_office_pools import invent_history, release_runs
from random_pools import KINDS, history
from witness_checker import cell_of, check, is_hidden

from parvis.config.json_data import to_json
from parvis.statistics.disclosure.release import ControlledRelease
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot

Releases = list[dict[str, Any]]
Witness = dict[str, Any]
FAR = 1_000_000
P = (15.0, 20.0, 25.0)


def write_evidence(releases: Iterable[ControlledRelease]) -> Iterator[tuple[Releases, Witness]]:
    """Yield the files of a pool after each release, as data: all releases, and the witness."""
    documents: Releases = []
    for release in releases:
        snapshot = ReleaseSnapshot.of(release.pooled, release.published, b"", release.repeats)
        documents.append(json.loads(json.dumps(to_json(snapshot))))
        yield documents, json.loads(json.dumps(to_json(release.witness)))


class Case:
    """The files of a pool, to be mutated, and a figure that is suppressed in the last release.

    The figure differs from the real one in some table.
    """

    def __init__(self, releases: Releases, witness: Witness) -> None:
        self.releases, self.witness = copy.deepcopy(releases), copy.deepcopy(witness)
        self.last = self.releases[-1]
        self.tables: list[dict[str, dict[str, Any]]] = self.witness["tables"]
        self.moves = {
            place: by
            for table in self.tables
            for place, by in table.get(str(len(releases) - 1), {}).items()
            if not self.is_hidden(place) and place not in self.last["repeats"] and abs(by) > 1
        }

    def is_hidden(self, place: str) -> bool:
        key: list[str] = self.last["keys"][int(place)]
        return is_hidden(key)

    @property
    def place(self) -> str:
        return str(min(map(int, self.moves)))

    @property
    def published(self) -> str:
        return str(self.last["told"].index(True))

    def each_move(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield the moves of the figure, and of the same key in other releases."""
        key = self.last["keys"][int(self.place)]
        for table in self.tables:
            for number, places in table.items():
                for place in list(places):
                    if self.releases[int(number)]["keys"][int(place)] == key:
                        yield places, place

    def set_moves(self, change: Callable[[Any], Any]) -> None:
        for places, place in self.each_move():
            places[place] = change(places[place])

    def add_move(self, place: str, by: object) -> None:
        """Let a figure differ in the first table, in all releases where it is the same."""
        parts = self.last["made"]["values"][int(place)]
        names = self.last["made"]["contributors"]
        brought = {names[int(number)]: value for number, value in parts.items()}
        for number, release in enumerate(self.releases):
            for other, key in enumerate(release["keys"]):
                own = release["made"]["values"][other]
                others = {release["made"]["contributors"][int(n)]: v for n, v in own.items()}
                if key == self.last["keys"][int(place)] and others == brought:
                    self.tables[0].setdefault(str(number), {})[str(other)] = by


def publish(case: Case) -> None:
    case.last["told"][int(case.place)] = True


def publish_former(case: Case) -> None:
    key = case.last["keys"][int(case.place)]
    for release in case.releases[:-1]:
        if key in release["keys"]:
            release["told"][release["keys"].index(key)] = True
    publish(case)


def publish_part(case: Case) -> None:
    hidden = next(
        place for place in map(str, range(len(case.last["keys"]))) if case.is_hidden(place)
    )
    case.last["told"][int(hidden)] = True


def publish_sum(case: Case) -> None:
    """Publish what two suppressed figures are together: with one of them the other is known."""
    first = int(case.place)
    second = next(
        int(place)
        for place, by in case.moves.items()
        if int(place) != first
        and all(
            abs(
                t.get(str(len(case.releases) - 1), {}).get(str(first), 0)
                + t.get(str(len(case.releases) - 1), {}).get(place, 0)
            )
            > 1
            for t in case.tables[:1]
        )
    )
    values, together = case.last["made"]["values"], Counter[str]()
    for place in (first, second):
        together.update(values[place])
    case.last["keys"].append(["attendance", "other", "*", "*", "", ""])
    values.append(dict(together))
    case.last["told"].append(True)
    case.last["made"]["relations"].append([len(values) - 1, [first, second]])


def repeat_unpublished(case: Case) -> None:
    case.last["repeats"][case.place] = {"m0": 123.0}


def state_wrong_sum(case: Case) -> None:
    case.last["made"]["relations"].append([int(case.published), [int(case.place)]])


def shorten_sum(case: Case) -> None:
    relations = case.last["made"]["relations"]
    next(parts for _, parts in relations if len(parts) > 1).pop()


def change_contribution(case: Case) -> None:
    whole = case.last["made"]["relations"][0][0]
    row = case.last["made"]["values"][whole]
    row[next(iter(row))] += 500


def open_contributions(case: Case) -> None:
    names = case.last["made"]["contributors"]
    for release in case.releases:
        release["made"]["contributors"] = [
            f"{name.removesuffix(' public')} public" for name in release["made"]["contributors"]
        ]
    assert names


def swap_values(case: Case) -> None:
    values = case.last["made"]["values"]
    values[0], values[-1] = values[-1], values[0]


def forget_members(case: Case) -> None:
    case.last["made"]["values"] = [{} for _ in case.last["made"]["values"]]


def differ_once(case: Case) -> None:
    """Let a figure that nobody changed differ in one of two releases only."""
    for table in case.tables:
        moved = set()
        for number, places in table.items():
            release = case.releases[int(number)]
            names = release["made"]["contributors"]
            for place in places:
                parts = release["made"]["values"][int(place)]
                brought = {names[int(column)]: value for column, value in parts.items()}
                cell = cell_of(release["keys"][int(place)], brought)
                if cell in moved:
                    del places[place]
                    return
                moved.add(cell)
    raise LookupError


def scale_all(factor: float) -> Callable[[Case], None]:
    def mutate(case: Case) -> None:
        for table in case.tables:
            for places in table.values():
                for place in places:
                    places[place] *= factor

    return mutate


def excuse_all(case: Case) -> None:
    """Say of all figures that everybody knows them anyway."""
    case.tables.clear()
    case.witness["settled"][""] = [
        [number, place]
        for number, release in enumerate(case.releases)
        for place in range(len(release["keys"]))
    ]


def drop_member_release(case: Case) -> None:
    """Leave out the release before: its figures would not be compared."""
    del case.releases[-2]
    assert case.releases


def add_places(number: str, place: str) -> Callable[[Case], None]:
    return lambda case: case.tables[0].setdefault(number, {}).update({place: 1.0})


MUTATIONS: Mapping[str, Callable[[Case], object]] = {
    "a suppressed figure is published": publish,
    "it is published in a former release": publish_former,
    "all figures are published": lambda c: c.last.update(told=[True] * len(c.last["told"])),
    "a part that is never published is": publish_part,
    "the sum of two suppressed figures is published": publish_sum,
    "a figure is repeated that was not published": repeat_unpublished,
    "a sum is stated that is none": state_wrong_sum,
    "a part of a sum is left out": shorten_sum,
    "a partner brings more to a total": change_contribution,
    "all partners’ figures are public": open_contributions,
    "two figures have each other’s values": swap_values,
    "nobody brings anything": forget_members,
    "a key is there twice": lambda c: c.last["keys"].__setitem__(0, c.last["keys"][1]),
    "a key is missing": lambda c: c.last["keys"].pop(),
    "a status is missing": lambda c: c.last["told"].pop(),
    "a release is left out": drop_member_release,
    "there is no table": lambda c: c.tables.clear(),
    "the tables are the real one": lambda c: c.set_moves(lambda _: 0),
    "the tables are nearly the real one": scale_all(1e-3),
    "the tables are far away": scale_all(1000.0),
    "all figures are said to be known anyway": excuse_all,
    "a figure differs by more": lambda c: c.add_move(c.place, c.moves[c.place] + 5),
    "a figure is negative": lambda c: c.add_move(c.place, -FAR),
    "a published figure differs": lambda c: c.add_move(c.published, 5.0),
    "an unchanged figure differs once": differ_once,
    "a difference is no number": lambda c: c.set_moves(lambda _: float("nan")),
    "a difference is endless": lambda c: c.set_moves(lambda _: float("inf")),
    "a difference is a text": lambda c: c.set_moves(str),
    "a difference is true": lambda c: c.set_moves(lambda _: True),
    "a table names no figure": add_places("0", "99999"),
    "a table names no release": add_places("99", "0"),
    "a table counts from the end": add_places("0", "-1"),
}
"""What is wrong with a release, or with its evidence, that must be rejected."""


def list_rejected(releases: Releases, witness: Witness) -> dict[str, bool]:
    """Return which mutations are rejected; without those for which a pool has no figure."""
    rejected = {}
    for name, mutate in MUTATIONS.items():
        case = Case(releases, witness)
        try:
            mutate(case)
        except (LookupError, StopIteration, ValueError):
            continue
        rejected[name] = bool(check(case.releases, case.witness))
    return rejected


def list_pools(pools: int, first: int) -> Iterator[tuple[str, Iterable[ControlledRelease]]]:
    for seed in range(first, first + pools):
        p = P[seed % len(P)]
        yield f"pool {seed}", history(seed, KINDS[seed % len(KINDS)], p=p)
        if seed % 5 == 0:  # each takes as long as five of the others
            states = invent_history(seed, BOX_OFFICE_KINDS[seed % len(BOX_OFFICE_KINDS)])
            yield f"box office {seed}", release_runs(states, p=p)


def main(pools: int, first: int) -> int:
    """Check all; return how many checks did not end as they must."""
    failures, total, counts, start = 0, Counter[str](), Counter[str](), time.process_time()
    for name, releases in list_pools(pools, first):
        evidence: tuple[Releases, Witness] | None = None
        for documents, witness in write_evidence(releases):
            total["releases"] += 1
            total["tables"] += len(witness["tables"])
            total["known to a member anyway"] += sum(map(len, witness["settled"].values()))
            if wrong := check(documents, witness):
                failures += 1
                print(f"{name}, release {len(documents)}: {Counter(wrong)}", flush=True)  # noqa: T201
            evidence = documents, witness
        if evidence is not None and evidence[1]["tables"]:
            for mutation, is_rejected in list_rejected(*evidence).items():
                counts[mutation] += 1
                if not is_rejected:
                    failures += 1
                    print(f"{name}: accepted although {mutation}", flush=True)  # noqa: T201
    print(  # noqa: T201
        f"{dict(total)}, {sum(counts.values())} mutations of {len(counts)} kinds,"
        f" {failures} wrong; {time.process_time() - start:.0f} s of processor"
    )
    return failures


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.exit(bool(main(*numbers, *(200, 0)[len(numbers) :])))
