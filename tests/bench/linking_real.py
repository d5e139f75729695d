"""Recall and precision of linking on real facilities, and on their namesakes elsewhere.

Run ``python tests/bench/linking_real.py``: the facilities of Québec in the open database of
cultural facilities, and some with generic names, are matched with 1,200 of them as another
organisation would write them, and with namesakes in other municipalities, which are never one. Some
rows of the first dataset stand there twice. Without the shared file, nothing is measured.

What counts as wrong is not all wrong: the database lists some facilities twice itself.
"""

import csv
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from linking_in_memory import candidates

from parvis.linking.candidates import Candidate
from parvis.linking.entity import Entity, entities
from parvis.linking.links import grounds
from parvis.store.search.words import fold

FILE = Path(__file__).parents[3] / "shared" / "data" / "ODCAF_v1.0.csv"
SCHEMA = "http://schema.org/"
TRUE = 1_200
TWICE = 60
MOVED = 300
"""Real names that the second dataset has in another municipality only."""
GENERIC = (
    *("Centre culturel", "Musée de la Gare", "Bibliothèque municipale", "Maison de la culture"),
    *("Salle communautaire", "Vieux Moulin", "Centre d’exposition", "Théâtre de la Ville"),
    *("Salle Desjardins", "Centre d’art", "Église Saint-Joseph", "Bibliothèque Saint-Charles"),
    *("Maison des arts", "Vieux Presbytère", "Auditorium de la polyvalente", "Café du Marché"),
    *("Galerie d’art", "Société d’histoire", "Centre des loisirs", "Théâtre d’été"),
    *("Salle de spectacle", "La Grange", "Parc du Centenaire", "Chapelle du Rosaire"),
)
EACH = 20
"""Municipalities in which each dataset has a facility of such a name, half of them the same."""
BANDS = (0.4, 0.6, 0.7, 0.8, 0.9)
WIKIDATA = "http://www.wikidata.org/entity/Q"


@dataclass(frozen=True)
class Facility:
    """A facility as a dataset writes it; `number` is its true identity."""

    number: int
    name: str
    city: str
    street: str = ""
    postal: str = ""
    url: str = ""
    identifier: str = ""
    copy: int = 0

    def lines(self, graph: str) -> Iterator[str]:
        place = f"<http://x.test/id/place/{graph}/{self.number}-{self.copy}>"
        address = place.replace("/place/", "/address/")
        yield f"{place} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{SCHEMA}Place> ."
        yield f"{place} <{SCHEMA}address> {address} ."
        if self.url:
            yield f"{place} <{SCHEMA}url> <{self.url}> ."
        if self.identifier:
            yield f"{place} <{SCHEMA}sameAs> <{WIKIDATA}{self.identifier}> ."
        texts = {
            "streetAddress": self.street,
            "postalCode": self.postal,
            "addressLocality": self.city,
        }
        for subject, term, text in (
            (place, "name", self.name),
            *((address, *item) for item in texts.items()),
        ):
            if text:
                escaped = text.replace("\\", "").replace('"', '\\"')
                yield f'{subject} <{SCHEMA}{term}> "{escaped}" .'


@dataclass
class Pairs:
    """Two datasets, and which of their rows are one: those of the same number."""

    rng: random.Random
    first: list[Facility] = field(default_factory=list)
    second: list[Facility] = field(default_factory=list)

    def entities(self) -> list[Entity]:
        datasets = {"first": self.first, "second": self.second}
        graphs = {
            graph: sorted(f"{line}\n".encode() for row in rows for line in row.lines(graph))
            for graph, rows in datasets.items()
        }
        return [
            entity
            for graph, lines in graphs.items()
            for entity in entities(lines, graph).entities.values()
        ]


def read_facilities() -> list[Facility]:
    """Read the facilities of Québec that have a name and a municipality, each once."""
    facilities: dict[tuple[str, str], Facility] = {}
    with FILE.open(encoding="cp1252", newline="") as text:
        for row in csv.DictReader(text):
            stated = {name: "" if cell in {"..", "0"} else cell for name, cell in row.items()}
            name, city = stated["Facility_Name"], stated["City"].title()
            if stated["Prov_Terr"] != "qc" or not name or not city:
                continue
            street = f"{stated['Street_No']} {stated['Street_Name']}".strip()
            facility = Facility(int(row["Index"]), name, city, street, stated["Postal_Code"])
            facilities.setdefault((fold(name), fold(city)), facility)
    return list(facilities.values())


def invent_pairs(facilities: list[Facility]) -> Pairs:
    """Make the two datasets."""
    rng = random.Random(6)  # noqa: S311 - no secret
    by_city: defaultdict[str, list[Facility]] = defaultdict(list)
    for facility in facilities:
        by_city[facility.city].append(facility)
    cities = sorted(by_city)
    pairs = Pairs(rng)

    def neighbour(city: str) -> Facility:
        # A facility elsewhere has an address of that municipality, as real ones do.
        return rng.choice([row for row in by_city[city] if row.postal] or by_city[city])

    first = [with_site(rng, facility) for facility in facilities]
    generic: list[Facility] = []
    only: list[Facility] = []
    for number, name in enumerate(GENERIC):
        for place, city in enumerate(rng.sample(cities, EACH * 3 // 2)):
            near = neighbour(city)
            street = (
                f"{rng.randrange(1, 900)}, {near.street.lstrip('0123456789 ') or 'rue Principale'}"
            )
            facility = Facility(100_000 + 100 * number + place, name, city, street, near.postal)
            (generic if place < EACH else only).append(with_site(rng, facility))
    shared = [row for row in generic if row.number % 100 >= EACH // 2]
    pairs.first = first + generic
    real = rng.sample(first, TRUE - len(shared) + MOVED)
    same, moved = real[:-MOVED], real[-MOVED:]
    pairs.second = [vary(rng, row) for row in (*same, *shared, *only)]
    for row in moved:
        # A name that says its municipality is not found elsewhere.
        if not set(fold(row.city).split("-")) & set(re.findall(r"\w+", fold(row.name))):
            near = neighbour(rng.choice([city for city in cities if city != row.city]))
            elsewhere = replace(
                near, number=row.number + 200_000, name=row.name, street=f"{rng.randrange(900)} rue"
            )
            pairs.second.append(vary(rng, with_site(rng, elsewhere)))
    _give_identifiers(pairs)
    pairs.first += [replace(vary(rng, row), copy=1) for row in rng.sample(pairs.first, TWICE)]
    return pairs


def _give_identifiers(pairs: Pairs) -> None:
    """Give one true pair in five an identifier, and copy some to a namesake elsewhere."""
    second = {row.number: place for place, row in enumerate(pairs.second)}
    names: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(pairs.second):
        names[fold(row.name)].append(place)
    for place, row in enumerate(pairs.first):
        key = str(row.number + 1)
        if row.number % 5 == 0:
            pairs.first[place] = replace(row, identifier=key)
            if row.number in second:
                target = second[row.number]
                pairs.second[target] = replace(pairs.second[target], identifier=key)
            elif others := [n for n in names[fold(row.name)] if not pairs.second[n].identifier]:
                # The wrong row of a list was looked up by its name.
                target = others[0]
                pairs.second[target] = replace(pairs.second[target], identifier=key)


def with_site(rng: random.Random, row: Facility) -> Facility:
    """Give a facility a site of its own, a page of its municipality or of a network, or none."""
    slug = re.sub(r"\W+", "", fold(row.name))[:24]
    city = re.sub(r"\W+", "-", fold(row.city))
    sites = (
        *(f"https://www.{slug}{row.number}.example/",) * 3,
        *(f"https://ville.{city}.example/{slug}",) * 2,
        f"https://www.facebook.com/{slug}{row.number}",
        *("",) * 4,
    )
    return replace(row, url=rng.choice(sites))


def vary(rng: random.Random, row: Facility) -> Facility:
    """Write a facility as another organisation would."""
    name, city, url = row.name, row.city, row.url
    short = re.sub(
        r"(?i)\b(bibliothèque|musée|centre|maison) (?:de la|de l’|du|des|de|d’)\s*", r"\1 ", name
    )
    names = (
        *(name,) * 3,
        name.upper(),
        fold(name),
        short,
        short,
        f"{name} ({city})",
        f"{name} de {city}" if city not in name else name,
        f"La {name}",
        f"{name} inc.",
        name.replace("Saint-", "St-").replace("Bibliothèque", "Biblio.").replace("Centre", "Ctre"),
    )
    cities = (
        *(city,) * 4,
        city.upper(),
        fold(city).title(),
        city.replace("Saint", "St").replace("-", " "),
        f"Ville de {city}",
        f"{city} (Québec)",
        f"{city}, QC",
        "",
    )
    if "facebook" not in url and url:
        bare = url.replace("https://www.", "https://").rstrip("/")
        urls = (url, bare, url.replace("https", "http"), f"{bare}/accueil", f"{bare}/fr/infos", "")
        url = rng.choice(urls)
    return replace(
        row,
        name=rng.choice(names),
        city=rng.choice(cities),
        street=row.street.replace("rue ", "") if rng.random() < 0.6 else "",
        postal=row.postal if rng.random() < 0.5 else "",
        url=url,
    )


def _number(iri: str) -> str:
    return iri.rpartition("/")[2].partition("-")[0]


def _is_internal(candidate: Candidate) -> bool:
    return candidate.here.split("/")[5] == candidate.there.split("/")[5]


def _is_true(candidate: Candidate) -> bool:
    return _number(candidate.here) == _number(candidate.there)


def describe(name: str, matches: Iterable[Candidate], true: int) -> str:
    """Return the precision and the recall of some candidates in words."""
    listed = list(matches)
    right = sum(map(_is_true, listed))
    precision = right / len(listed) if listed else 1.0
    return f"{name}: {len(listed)} pairs, precision {precision:.3f}, recall {right / true:.3f}"


def main() -> None:
    """Print the figures."""
    if not FILE.exists():
        sys.exit("the shared files are not here")
    pairs = invent_pairs(read_facilities())
    numbers = {row.number for row in pairs.first}
    true = sum(row.number in numbers for row in pairs.second)
    # A row that stands twice is one with its counterpart by both of its entries.
    true += sum(row.copy and row.number in {r.number for r in pairs.second} for row in pairs.first)
    ranked = candidates(pairs.entities())
    across = [pair for pair in ranked if not _is_internal(pair)]
    lines = [f"{len(pairs.first)} and {len(pairs.second)} facilities, {true} true pairs"]
    lines += [
        describe(f"from {least}", (p for p in across if p.score >= least), true) for least in BANDS
    ]
    linked = [pair for pair in across if grounds(pair)]
    lines.append(describe("by the rule", linked, true))
    within = [pair for pair in ranked if _is_internal(pair)]
    lines.append(describe("within one dataset", within, TWICE))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
