"""Check that no suppressed figure is determined: `python tests/bench/witness_checker.py DATA`.

DATA is the data folder of a pool. Beside each release, parvis keeps *witness tables*: other tables
in which the suppressed figures have other values. If such a table agrees with everything that
somebody knows, that person cannot tell it from the real one, and so knows none of the figures that
differ. Nothing need be believed of how the tables were found: they are added up here.

This file shares no code with parvis, and uses no solver. What somebody knows, by this file:
* the figures of each release that it publishes, to the unit (they are rounded: one knows less);
* every sum: those that the release states, and those that its own keys show;
* that no figure is negative, nor less than what is public, or than what a member brings itself;
* that a figure that nobody changed is the same in two releases, and that where the others changed
  it one way only, it changed that way.

It proves that no suppressed figure is fixed, for who is no member and for each member alone. It
does not prove how far a figure is from being known (parvis asks ten, or p %: the audit of a release
does), nothing against members who put their figures together, nor what rooms bound (seats), nor
that the partners' figures in the file are those that they gave. What a member works out all the
same from what it brings, or from who left, is counted, not refused; for who is no member, refused.
"""

import gzip
import json
import math
import sys
from functools import cache
from pathlib import Path
from typing import Any

Document = dict[str, Any]
Releases = list[Document]
Cell = tuple[tuple[str, ...], tuple[tuple[str, float], ...]]  # a key, and what each one brings
Table = dict[Cell, float]  # by how much cells differ from the real ones

SAME = 0.001  # sums and published figures agree to this
OTHER = 0.04  # suppressed figures differ by this: forty times as much


def check(releases: Releases, witness: Document) -> list[str]:  # noqa: C901 - from top to bottom
    """Return what is wrong, as sentences; empty if the witness proves what it should."""
    wrong: list[str] = []
    cells, versions, published = read_cells(releases, wrong)
    tables = [read_table(table, cells, wrong) for table in witness["tables"]]
    wrong += [
        "a figure differs that is published"
        for table in tables
        for cell in table
        if cell in published and abs(table[cell]) > SAME
    ]
    for parts in list_sums(releases, cells, wrong):
        for table in tables:
            if abs(sum(sign * table.get(cell, 0) for cell, sign in parts)) > SAME:
                wrong.append("a sum does not hold in a table")
    by_key: dict[tuple[str, ...], list[Cell]] = {}
    for cell in versions:
        by_key.setdefault(cell[0], []).append(cell)
    members = {owner(name) for _, brought in versions for name, _ in brought}
    for attacker in sorted(members | {""}):
        fitting = [table for table in tables if fits(table, attacker, by_key)]
        if attacker == "" and len(fitting) < len(tables):
            wrong.append("a table contradicts what is public")
        excused = {tuple(at) for at in witness["settled"].get(attacker, ())} if attacker else set()
        for release, row in enumerate(cells):
            for place, (cell, status) in enumerate(row):
                is_suppressed = status == "suppressed" and cell not in published
                if is_suppressed and (release, place) not in excused:
                    hidden = sum(n for name, n in cell[1] if not knows(attacker, name))
                    differs = any(abs(table.get(cell, 0)) >= OTHER for table in fitting)
                    if hidden > SAME and not differs and not is_public(dict(cell[1])):
                        wrong.append(f"a suppressed figure differs in no table, for {attacker}")
    return wrong


def read_cells(
    releases: Releases, wrong: list[str]
) -> tuple[list[list[tuple[Cell, str]]], dict[Cell, int], set[Cell]]:
    """Return the cell and status of each place, all cells in order, and which are published.

    A cell is a key with what each contributor brings: the same in two releases is one cell.
    """
    rows: list[list[tuple[Cell, str]]] = []
    versions: dict[Cell, int] = {}
    published: set[Cell] = set()
    for number, release in enumerate(releases):
        row: list[tuple[Cell, str]] = []
        names = release["made"]["contributors"]
        sizes = {len(release[name]) for name in ("keys", "told")} | {len(release["made"]["values"])}
        if len(sizes) > 1 or len(set(map(tuple, release["keys"]))) < len(release["keys"]):
            wrong.append("a release has a key twice, or not as many keys as values")
            return [[] for _ in releases], {}, set()
        for place, key in enumerate(release["keys"]):
            cell = cell_of(
                key, {names[int(n)]: v for n, v in release["made"]["values"][place].items()}
            )
            versions.setdefault(cell, number)
            repeated = release.get("repeats", {}).get(str(place))
            if release["told"][place]:
                published.add(cell)
                if is_hidden(key):
                    wrong.append("a part is published that never is")
            if repeated is not None and cell_of(key, repeated) not in published:
                wrong.append("a figure is repeated that was not published before")
            is_seen = release["told"][place] or repeated is not None or is_hidden(key)
            row.append((cell, "seen" if is_seen else "suppressed"))
        rows.append(row)
    return rows, versions, published


def read_table(table: Document, cells: list[list[tuple[Cell, str]]], wrong: list[str]) -> Table:
    """Return by how much each cell differs; the same cell must differ alike in all releases."""
    moved: Table = {}
    for release, places in table.items():
        for place, by in places.items():
            if not (0 <= int(release) < len(cells) and 0 <= int(place) < len(cells[int(release)])):
                wrong.append("a table names a figure that does not exist")
            elif isinstance(by, bool) or not isinstance(by, int | float) or not math.isfinite(by):
                wrong.append("a table has something that is no number")
            else:
                moved.setdefault(cells[int(release)][int(place)][0], by)
    for number, row in enumerate(cells):
        for at, (cell, _) in enumerate(row):
            by = table.get(str(number), {}).get(str(at), 0)
            if not isinstance(by, str) and abs(moved.get(cell, 0) - by) > SAME:
                wrong.append("a figure that nobody changed differs from one release to another")
    return moved


def list_sums(
    releases: Releases, cells: list[list[tuple[Cell, str]]], wrong: list[str]
) -> list[list[tuple[Cell, int]]]:
    """List sums as cells with signs that give zero: those that a release states, and others."""
    sums = []
    for release, row in zip(releases, cells, strict=True):
        stated = {(total, *sorted(parts)) for total, parts in release["made"]["relations"]}
        for total, *parts in sorted(stated | implied_sums(release["keys"])):
            brought = [dict(row[place][0][1]) for place in (total, *parts)] if row else []
            holds = all(
                abs(brought[0].get(name, 0) - sum(part.get(name, 0) for part in brought[1:])) < 1
                for name in {name for part in brought for name in part}
            )
            if holds and row:
                sums.append([(row[total][0], 1), *((row[place][0], -1) for place in parts)])
            elif (total, *parts) in stated:
                wrong.append("a sum does not hold in the release itself")
    return sums


def implied_sums(keys: list[list[str]]) -> set[tuple[int, ...]]:
    """Guess sums from the keys: a total over disciplines, areas or the parts of a layer."""
    groups: dict[tuple[object, ...], tuple[list[int], list[int]]] = {}
    for place, (measure, period, discipline, area, layer, code) in enumerate(keys):
        at = {"discipline": discipline, "area": area, "code": code}
        for name, value in at.items():
            others = tuple(sorted((n, v) for n, v in at.items() if n != name))
            whole = not layer if name == "code" else value == "*" or value.endswith("/total")
            layers = (
                (layer,)
                if layer or name != "code"
                else ("age", "public", "language", "channel", "event", "size")
            )
            for each in layers:
                group = groups.setdefault((measure, period, name, others, each), ([], []))
                group[0 if whole else 1].append(place)
    return {(whole[0], *sorted(parts)) for whole, parts in groups.values() if whole and parts}


def fits(table: Table, attacker: str, by_key: dict[tuple[str, ...], list[Cell]]) -> bool:
    """Tell whether a table agrees with what somebody knows of each cell, and of each change."""
    for cell, moved in table.items():
        known = sum(n for name, n in cell[1] if knows(attacker, name))
        if sum(n for _, n in cell[1]) + moved < known - SAME:
            return False
        if abs(moved) > SAME and is_public(dict(cell[1])):
            return False
        for other in by_key[cell[0]]:
            by = moved - table.get(other, 0)
            # By how much all others together changed it, really and in the table.
            others = [n for name, n in changes(other, cell) if not knows(attacker, name)]
            if min(others, default=0) >= 0 and sum(others) + by < -SAME:
                return False
            if max(others, default=0) <= 0 and sum(others) + by > SAME:
                return False
    return True


@cache
def changes(former: Cell, latter: Cell) -> list[tuple[str, float]]:
    """List what changed from one cell to another; gains and losses of one partner are offset."""
    before, after = dict(former[1]), dict(latter[1])
    by_owner: dict[str, list[tuple[str, float]]] = {}
    for name in sorted(before.keys() | after.keys()):
        by = after.get(name, 0) - before.get(name, 0)
        if by:
            by_owner.setdefault(owner(name), []).append((name, by))
    for name, moves in by_owner.items():
        if min(by for _, by in moves) < 0 < max(by for _, by in moves):
            moves[:] = [(name, sum(by for _, by in moves))]
    return [move for moves in by_owner.values() for move in moves]


@cache
def knows(attacker: str, name: str) -> bool:
    """Tell whether somebody knows what a contributor brings; "" is no member."""
    shared = bool(attacker) and name.endswith(" shared")
    return owner(name) == attacker or name.endswith(" public") or shared


def cell_of(key: list[str], brought: dict[str, float]) -> Cell:
    return tuple(key), tuple(sorted((name, round(n, 3)) for name, n in brought.items() if n))


def owner(name: str) -> str:
    return name.removesuffix(" public").removesuffix(" shared").partition(" reserved ")[0]


def is_public(brought: dict[str, float]) -> bool:
    return all(name.endswith(" public") for name in brought)


def is_hidden(key: list[str]) -> bool:
    measure, period, discipline, area, layer, code = key
    return not discipline or not area or " rest" in measure + period or bool(layer and not code)


def read(file: Path) -> Document:
    document: Document = json.loads(gzip.decompress(file.read_bytes()))
    return document


def main(data: str) -> int:
    failed, folder = 0, Path(data) / "releases"
    for file in sorted(folder.glob("*/*/*.witness.gz")):
        witness = read(file)
        if not file.with_name(file.name.replace(".witness", ".json")).is_file():
            print(file.relative_to(folder), "of a release that was interrupted")  # noqa: T201
            continue
        named = [
            read(folder / dataset / f"{number}.json.gz")["kept"]
            for dataset, number in witness["releases"]
        ]
        # Of a partner that withdrew, figures are removed: what they were part of cannot be checked.
        complete = all(release["made"] for release in named)
        wrong = check(named, witness) if complete else []
        failed += bool(wrong)
        verdict = "; ".join(sorted(set(wrong))) or ("proved" if complete else "figures removed")
        print(file.relative_to(folder), verdict)  # noqa: T201
    for file in sorted(folder.glob("*/*/*.json.gz")):
        release = read(file)
        # Surveys and counts of people are controlled otherwise, without witness tables.
        has_cells = bool(release["kept"]["made"]) and release["strata"] not in {"surveys", "people"}
        if has_cells and not file.with_name(file.name.replace(".json", ".witness")).is_file():
            print(file.relative_to(folder), "without evidence")  # noqa: T201
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:])))
