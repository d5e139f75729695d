"""Recall, precision and cost of linking.

Run ``python tests/bench/linking.py``: the demo's planted duplicates, then many invented entities
(100,000 by default, or the given number), half of them in two graphs under different
names; then the same again after one entity has changed.
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

from linking_in_memory import candidates

from parvis.config import Settings
from parvis.linking.candidates import Candidate
from parvis.linking.entity import Entity
from parvis.linking.evidence import moment
from parvis.linking.links import grounds
from parvis.pooling.linking.candidates import link, open_index
from parvis.pooling.linking.links import read_entities
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.demo.demo import build_demo

DEMO = Path(__file__).parents[2] / "catalog" / "demo"
INVENTED = Path(__file__).parents[1] / "demo" / "invention" / "invented.toml"
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
class Accuracy:
    """Accuracy of candidates: true pairs, pairs among the candidates, pairs linked at once.

    `within` counts the entities with a true counterpart among their first three candidates.
    """

    true: int
    matched: int
    paired: int
    within: int
    linked: int
    wrong: int

    @property
    def recall(self) -> float:
        """Return the share of entities with a counterpart among their first three candidates."""
        return self.within / self.paired if self.paired else 1.0

    @property
    def precision(self) -> float:
        """Return the share of true pairs among those linked at once."""
        return 1 - self.wrong / self.linked if self.linked else 1.0


def measure_candidates(
    matches: Collection[Candidate], truth: Mapping[str, Collection[str]]
) -> Accuracy:
    """Compare candidates with the truth: the counterparts of each entity."""
    ranked: defaultdict[str, list[str]] = defaultdict(list)
    for candidate in sorted(matches, key=lambda candidate: -candidate.score):
        ranked[candidate.here].append(candidate.there)
        ranked[candidate.there].append(candidate.here)
    having = [iri for iri, others in truth.items() if others]
    within = [iri for iri in having if set(ranked[iri][:3]) & set(truth[iri])]
    linked = [candidate for candidate in matches if grounds(candidate) is not None]
    return Accuracy(
        true=sum(map(len, truth.values())) // 2,
        matched=sum(candidate.there in truth.get(candidate.here, ()) for candidate in matches),
        paired=len(having),
        within=len(within),
        linked=len(linked),
        wrong=sum(candidate.there not in truth.get(candidate.here, ()) for candidate in linked),
    )


def demo_truth(listed: Iterable[Entity]) -> dict[str, set[str]]:
    """Return the counterparts of the demo's entities across graphs, by the data of its script."""
    invented = tomllib.loads(INVENTED.read_text(encoding="utf-8"))
    venues = {
        label: key
        for key, entry in invented["venues"].items()
        for label in (entry["name"], entry["other"])
    }
    houses = {
        _plain(label): key
        for key, entry in invented["organizations"].items()
        for label in (key, *entry.values())
    }
    groups: defaultdict[object, list[Entity]] = defaultdict(list)
    for entry in listed:
        for identity in identities(entry, venues, houses):
            groups[identity].append(entry)
    truth: dict[str, set[str]] = {}
    for group in groups.values():
        for entry in group:
            others = {counterpart.iri for counterpart in group if counterpart.graph != entry.graph}
            truth.setdefault(entry.iri, set()).update(others)
    return truth


def identities(
    entity: Entity, venues: Mapping[str, str], houses: Mapping[str, str]
) -> Iterator[object]:
    """List the identities of an entity of the demo, without its address and identifiers."""
    if entity.kind == "place":
        yield from {("place", venues[label]) for label in entity.names if label in venues}
    elif entity.kind == "organization":
        yield from {("house", houses.get(_plain(label), _plain(label))) for label in entity.names}
    elif entity.kind == "event":
        day = moment(entity.start)
        for label in entity.venues:
            if day and label in venues:
                title = entity.names[0].partition(",")[0]
                yield ("event", title, day[0], venues[label])


def _plain(text: str) -> str:
    """Remove the remark that a name is invented, and what follows a comma."""
    return text.partition(" (inv")[0].partition(",")[0]


def of_demo(pool: Pool) -> Accuracy:
    """Measure the demo's candidates."""
    listed, _ = read_entities(pool)
    return measure_candidates(candidates(listed), demo_truth(listed))


def invent(count: int, changed: int = 0) -> dict[str, list[str]]:
    """Write entities in `GRAPHS` graphs, half of them twice; return the lines by graph.

    The first `changed` entities have another street.
    """
    rng = random.Random(8)  # noqa: S311 - no secret
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for number in range(count * 2 // 3):
        words = " ".join(rng.sample(WORDS, 2))
        name = f"{rng.choice(KINDS)} {rng.choice(('du', 'de la'))} {words} {number // 40}"
        street = f"{number % 900 + 1}, rue {rng.choice(WORDS)}{' nord' * (number < changed)}"
        postal = f"{rng.choice('GHJ')}{number % 9 + 1}{'ABCEKLM'[number % 7]}"
        postal += f" {number % 10}{'RSTV'[number % 4]}{number // 7 % 10}"
        index = number % GRAPHS
        lines[f"g{index}"].update(place_lines(f"g{index}", number, (name, street, postal)))
        if number % 2 == 0:
            second_graph = f"g{(index + 1 + number // 2 % (GRAPHS - 1)) % GRAPHS}"
            variant = f"{words} {number // 40}", street.replace(", rue", ""), postal
            lines[second_graph].update(place_lines(second_graph, number, variant))
    return {graph: sorted(graph_lines) for graph, graph_lines in lines.items()}


def place_lines(graph: str, number: int, fields: tuple[str, str, str]) -> Iterator[str]:
    """Write a place: its name, street and postal code; one in five has an identifier."""
    iri = f"<http://x.test/id/place/{graph}/{number}>"
    address = f"<http://x.test/id/address/{graph}/{number}>"
    name, street, postal = fields
    yield f"{iri} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{SCHEMA}Place> ."
    yield f'{iri} <{SCHEMA}name> "{name}"@fr .'
    yield f"{iri} <{SCHEMA}address> {address} ."
    yield f'{address} <{SCHEMA}streetAddress> "{street}" .'
    yield f'{address} <{SCHEMA}postalCode> "{postal}" .'
    if number % 5 == 0:
        yield f"{iri} <{SCHEMA}sameAs> <http://www.wikidata.org/entity/Q{number + 1}> ."


def fill_pool(folder: Path, count: int, changed: int = 0) -> Settings:
    """Put the invented entities into the record of a pool."""
    settings = Settings.load(data=folder / "data", catalog=DEMO)
    with Pool.open(settings) as pool:
        for graph, lines in invent(count, changed).items():
            file = folder / f"{graph}.nt"
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            pool.record.put(f"http://x.test/graph/{graph}/d", file)
    return settings


def invented_truth(listed: Iterable[Entity]) -> dict[str, set[str]]:
    """Return the counterparts of the invented entities: those of the same number."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for entity in listed:
        groups[entity.iri.rpartition("/")[2]].add(entity.iri)
    return {iri: group - {iri} for group in groups.values() for iri in group}


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        settings = Settings.load(data=Path(folder) / "data", catalog=DEMO)
        for _ in build_demo(settings):
            pass
        with Pool.open(settings) as pool:
            _print(f"demo: {format_accuracy(of_demo(pool))}")
    with TemporaryDirectory() as folder:
        _large(Path(folder), count)


def _large(folder: Path, count: int) -> None:
    """Measure many entities, then the same with one changed."""
    for changed in (0, 1):
        with Pool.open(fill_pool(folder, count, changed)) as pool:
            wall, cpu = time.perf_counter(), time.process_time()
            result = link(pool)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            _print(
                f"{sum(result.things.values())} things, {result.compared} compared anew:"
                f" {wall:.1f} s ({cpu:.1f} s of processor), at most {peak:.0f} MB"
            )
            if not changed:
                truth = invented_truth(read_entities(pool)[0])
                with open_index(pool.settings.data) as index:
                    matches = index.candidates() if index else []
                _print(f"invented: {format_accuracy(measure_candidates(matches, truth))}")


def format_accuracy(accuracy: Accuracy) -> str:
    return (
        f"{accuracy.true} pairs are one, {accuracy.matched} are candidates; within the first three"
        f" {accuracy.within}/{accuracy.paired} ({accuracy.recall:.3f});"
        f" linked at once {accuracy.linked}, precision {accuracy.precision:.3f}"
    )


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
