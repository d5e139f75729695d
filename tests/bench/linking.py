"""What linking finds, how right it is, and what it costs.

Run ``python tests/bench/linking.py``: the demo's planted duplicates, then so many invented things
(100,000 by default, or the number that is given), half of them known to two graphs under names
written otherwise; then the same once more after one thing has changed.
"""

import random
import resource
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import Settings
from parvis.linking.candidates import Candidate, candidates
from parvis.linking.entity import Entity
from parvis.linking.evidence import moment
from parvis.linking.links import grounds
from parvis.pooling.linking.candidates import link, open_index
from parvis.pooling.linking.entities import read_entities
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.demo import build_demo

DEMO = Path(__file__).parents[2] / "catalog" / "demo"
SCHEMA = "http://schema.org/"
GRAPHS = 10
WORDS = (
    *(
        "Aube",
        "Brume",
        "Cap",
        "Dune",
        "Étoile",
        "Fleuve",
        "Grève",
        "Harpe",
        "Île",
        "Jetée",
        "Kayak",
    ),
    *("Lune", "Marée", "Neige", "Orme", "Pin", "Quai", "Rive", "Saule", "Toit", "Usine", "Vague"),
    *("Zénith", "Ardoise", "Bouleau", "Cèdre", "Damier", "Écluse", "Forge", "Glace"),
)
KINDS = ("Théâtre", "Salle", "Centre culturel", "Bibliothèque", "Musée", "Maison des arts")


@dataclass(frozen=True)
class Found:
    """How right the candidates are: pairs that are one, those found, those linked at once.

    `within` counts the things that have another one of theirs among their first three.
    """

    true: int
    found: int
    having: int
    within: int
    linked: int
    wrong: int

    @property
    def recall(self) -> float:
        """Give the share of things whose other one is among the first three candidates."""
        return self.within / self.having if self.having else 1.0

    @property
    def precision(self) -> float:
        """Give the share of the pairs linked at once that are one."""
        return 1 - self.wrong / self.linked if self.linked else 1.0


def measured(listed: Collection[Candidate], truth: Mapping[str, Collection[str]]) -> Found:
    """Hold candidates against what is known to be one: for each thing, the others."""
    ranked: defaultdict[str, list[str]] = defaultdict(list)
    for one in sorted(listed, key=lambda one: -one.score):
        ranked[one.here].append(one.there)
        ranked[one.there].append(one.here)
    having = [iri for iri, others in truth.items() if others]
    within = [iri for iri in having if set(ranked[iri][:3]) & set(truth[iri])]
    linked = [one for one in listed if grounds(one) is not None]
    return Found(
        true=sum(map(len, truth.values())) // 2,
        found=sum(one.there in truth.get(one.here, ()) for one in listed),
        having=len(having),
        within=len(within),
        linked=len(linked),
        wrong=sum(one.there not in truth.get(one.here, ()) for one in linked),
    )


def demo_truth(found: Iterable[Entity]) -> dict[str, set[str]]:
    """Tell by what the demo was made of which of its things are one, across graphs."""
    invented = tomllib.loads((DEMO / "invention" / "invented.toml").read_text(encoding="utf-8"))
    venues = {
        said: key for key, one in invented["venues"].items() for said in (one["name"], one["other"])
    }
    houses = {
        _plain(said): key
        for key, one in invented["organizations"].items()
        for said in (key, *one.values())
    }
    same: defaultdict[object, list[Entity]] = defaultdict(list)
    for one in found:
        for known in _known(one, venues, houses):
            same[known].append(one)
    truth: dict[str, set[str]] = {}
    for some in same.values():
        for one in some:
            others = {other.iri for other in some if other.graph != one.graph}
            truth.setdefault(one.iri, set()).update(others)
    return truth


def _known(one: Entity, venues: Mapping[str, str], houses: Mapping[str, str]) -> Iterator[object]:
    """Tell what a thing of the demo is, without looking at its address or its identifiers."""
    if one.kind == "place":
        yield from {("place", venues[said]) for said in one.names if said in venues}
    elif one.kind == "organization":
        yield from {("house", houses.get(_plain(said), _plain(said))) for said in one.names}
    elif one.kind == "event":
        day = moment(one.start)
        for said in one.venues:
            if day and said in venues:
                title = one.names[0].partition(",")[0]
                yield ("event", title, day[0], venues[said])


def _plain(text: str) -> str:
    """Leave out what says that a house is invented, and what it is besides."""
    return text.partition(" (inv")[0].partition(",")[0]


def of_demo(pool: Pool) -> Found:
    """Measure the demo's candidates."""
    found, _ = read_entities(pool)
    return measured(candidates(found), demo_truth(found))


def invent(count: int, changed: int = 0) -> dict[str, list[str]]:
    """Write so many things in `GRAPHS` graphs, as lines; half are there twice; gives them by graph.

    The first `changed` things have another street.
    """
    rng = random.Random(8)  # noqa: S311 - no secret
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for number in range(count * 2 // 3):
        words = " ".join(rng.sample(WORDS, 2))
        called = f"{rng.choice(KINDS)} {rng.choice(('du', 'de la'))} {words} {number // 40}"
        street = f"{number % 900 + 1}, rue {rng.choice(WORDS)}{' nord' * (number < changed)}"
        postal = f"{rng.choice('GHJ')}{number % 9 + 1}{'ABCEKLM'[number % 7]}"
        postal += f" {number % 10}{'RSTV'[number % 4]}{number // 7 % 10}"
        home = number % GRAPHS
        lines[f"g{home}"].update(_thing(f"g{home}", number, (called, street, postal)))
        if number % 2 == 0:
            other = f"g{(home + 1 + number // 2 % (GRAPHS - 1)) % GRAPHS}"
            again = f"{words} {number // 40}", street.replace(", rue", ""), postal
            lines[other].update(_thing(other, number, again))
    return {graph: sorted(some) for graph, some in lines.items()}


def _thing(graph: str, number: int, told: tuple[str, str, str]) -> Iterator[str]:
    """Write a place: its name, street and postal code; one of five has an identifier."""
    iri = f"<http://x.test/id/place/{graph}/{number}>"
    address = f"<http://x.test/id/address/{graph}/{number}>"
    name, street, postal = told
    yield f"{iri} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{SCHEMA}Place> ."
    yield f'{iri} <{SCHEMA}name> "{name}"@fr .'
    yield f"{iri} <{SCHEMA}address> {address} ."
    yield f'{address} <{SCHEMA}streetAddress> "{street}" .'
    yield f'{address} <{SCHEMA}postalCode> "{postal}" .'
    if number % 5 == 0:
        yield f"{iri} <{SCHEMA}sameAs> <http://www.wikidata.org/entity/Q{number + 1}> ."


def filled(folder: Path, count: int, changed: int = 0) -> Settings:
    """Put the invented things into the record of a pool."""
    settings = Settings.load(data=folder / "data", catalog=DEMO)
    with Pool.open(settings) as pool:
        for graph, lines in invent(count, changed).items():
            file = folder / f"{graph}.nt"
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            pool.record.put(f"http://x.test/graph/{graph}/d", file)
    return settings


def invented_truth(found: Iterable[Entity]) -> dict[str, set[str]]:
    """Tell which of the invented things are one: those of one number."""
    same: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        same[one.iri.rpartition("/")[2]].add(one.iri)
    return {iri: some - {iri} for some in same.values() for iri in some}


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        settings = Settings.load(data=Path(folder) / "data", catalog=DEMO)
        for _ in build_demo(settings):
            pass
        with Pool.open(settings) as pool:
            _print(f"demo: {_told(of_demo(pool))}")
    with TemporaryDirectory() as folder:
        _large(Path(folder), count)


def _large(folder: Path, count: int) -> None:
    """Measure many things, then the same with one changed."""
    for changed in (0, 1):
        with Pool.open(filled(folder, count, changed)) as pool:
            wall, cpu = time.perf_counter(), time.process_time()
            done = link(pool)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            _print(
                f"{sum(done.things.values())} things, {done.compared} compared anew: {wall:.1f} s"
                f" ({cpu:.1f} s of processor), at most {peak:.0f} MB"
            )
            if not changed:
                truth = invented_truth(read_entities(pool)[0])
                with open_index(pool.settings.data) as index:
                    listed = index.candidates() if index else []
                _print(f"invented: {_told(measured(listed, truth))}")


def _told(found: Found) -> str:
    return (
        f"{found.true} pairs are one, {found.found} are candidates; within the first three"
        f" {found.within}/{found.having} ({found.recall:.3f}); linked at once {found.linked},"
        f" precision {found.precision:.3f}"
    )


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
