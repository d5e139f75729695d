"""Duration of reconciling names, and how often the right entity is among the first three.

Run ``python tests/bench/reconciling.py [THINGS]`` (100,000 by default): invented venues and
organisations in ten graphs, requested over HTTP in process, like by OpenRefine: batches of ten
names, spelt differently than in the pool, with and without a second column. Prints milliseconds
next to those of plain searches for the same names; run it on an idle machine.
"""

import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient

from parvis.config import Limits, Settings, Share
from parvis.pooling.intake.load import load
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.web import create_app

THINGS = 100_000
GRAPHS = 10
BATCH, TIMES = 10, 50
SCHEMA = "http://schema.org/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
POOL = Path(__file__).parents[1] / "cases" / "pool"
KINDS = ("Théâtre", "Salle", "Centre culturel", "Bibliothèque", "Musée", "Compagnie", "Festival")
WORDS = re.findall(
    r"\w+",
    "Aube Brume Cap Dune Étoile Fleuve Grève Harpe Île Jetée Kayak Lune Marée Neige Orme Pin Quai"
    " Rive Saule Toit Usine Vague Zénith Ardoise Bouleau Cèdre Damier Écluse Forge Glace Héron"
    " Indigo Jardin Krill Lanterne Moulin Nacelle Oiseau Phare Quartz Rocher Sable Tilleul Verger",
)
PLACES = ("Rivage", "Val-des-Pins", "Petit-Nord", "Mont-Clair", "Baie-Longue", "Trois-Ponts")
BLIND = str.maketrans("éèêÉÎîôà", "eeeEIioa")


def names(count: int) -> list[str]:
    """Invent distinct names."""
    draw = random.Random(7)  # noqa: S311 - the same names at every run
    unique: dict[str, None] = {}
    while len(unique) < count:
        first, second = draw.sample(WORDS, 2)
        number = f" {draw.randrange(2, 100)}" if draw.random() < 0.7 else ""
        unique[f"{draw.choice(KINDS)} {first}-{second} de {draw.choice(PLACES)}{number}"] = None
    return list(unique)


def quads(labels: list[str]) -> Iterator[str]:
    """Write the name, type and page of each entity."""
    for number, name in enumerate(labels):
        kind = "Organization" if number % 2 else "Place"
        subject, graph = f"<{iri(number)}>", f"<urn:x:graph:{number % GRAPHS}>"
        yield f"{subject} {TYPE} <{SCHEMA}{kind}> {graph} .\n"
        yield f'{subject} <{SCHEMA}name> "{name}"@fr {graph} .\n'
        yield f"{subject} <{SCHEMA}url> <https://x.example/{number}> {graph} .\n"


def iri(number: int) -> str:
    return f"https://pool.example/thing/{number}"


def misspelt(name: str) -> str:
    """Remove a letter from the last word before the hyphen."""
    word = name.partition("-")[0].rpartition(" ")[2]
    return name.replace(word, word[:-2] + word[-1:], 1)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "no accents, capitals": lambda name: name.translate(BLIND).upper(),
    "words too many": lambda name: f"La société du {name} inc. (OBNL)",
    "a word missing": lambda name: name.replace(" de ", " ").rpartition(" ")[0],
    "misspelt": misspelt,
}


def main(count: int) -> None:
    """Build a pool and reconcile."""
    with TemporaryDirectory() as folder:
        labels = names(count)
        settings = build_pool(Path(folder), labels)
        app = create_app(settings)
        client = app.test_client()
        client.get("/reconcile")
        sys.stdout.write(f"{count:,} things in {GRAPHS} graphs\n")
        draw = random.Random(3)  # noqa: S311 - the same questions at every run
        plain = search_names(client, labels, draw)
        for spelling, write in SPELLINGS.items():
            reconcile(client, labels, draw, spelling, write, plain=plain)
        reconcile(
            client, labels, draw, "with a page", SPELLINGS["words too many"], plain=plain, page=True
        )
        app.extensions["parvis"].close()


def build_pool(folder: Path, labels: list[str]) -> Settings:
    """Publish the entities in a pool."""
    unlimited = Share(rows=0, query_seconds=0)
    settings = Settings(
        data=folder / "data",
        catalog=POOL,
        base="https://pool.example/",
        limits=Limits(anonymous=unlimited),
    )
    file = folder / "things.nq"
    with file.open("w", encoding="utf-8") as out:
        out.writelines(quads(labels))
    with Pool.open(settings) as pool:
        load(pool, file, access="open")
        publish(pool)
    return settings


def search_names(client: FlaskClient, labels: list[str], draw: random.Random) -> float:
    """Search for single names, like the page; return the milliseconds of one."""
    durations = []
    for name in draw.sample(labels, TIMES):
        start = time.perf_counter()
        client.get("/search", query_string={"q": name}, headers={"Accept": "application/json"})
        durations.append(1000 * (time.perf_counter() - start))
    sys.stdout.write(f"  {'a search':24} {median(durations):6.1f} ms a name\n")
    return median(durations)


def reconcile(  # noqa: PLR0913 - what is measured
    client: FlaskClient,
    labels: list[str],
    draw: random.Random,
    spelling: str,
    write: Callable[[str], str],
    *,
    plain: float,
    page: bool = False,
) -> None:
    """Reconcile batches of ten names, and print the duration and accuracy."""
    durations, correct, matched = [], 0, 0
    for _ in range(TIMES):
        sample = draw.sample(range(len(labels)), BATCH)
        body = json.dumps(
            {str(number): query(number, write(labels[number]), page=page) for number in sample}
        )
        start = time.perf_counter()
        answers = client.post("/reconcile", data={"queries": body}).get_json()
        durations.append(1000 * (time.perf_counter() - start))
        for number in sample:
            best = answers[str(number)]["result"][:3]
            correct += iri(number) in {candidate["id"] for candidate in best}
            matched += bool(best) and best[0]["match"] and best[0]["id"] == iri(number)
    per_name, percentile = median(durations) / BATCH, quantiles(durations, n=20)[-1]
    sys.stdout.write(
        f"  {spelling:24} {per_name:6.1f} ms a name ({per_name / plain:4.1f} × a search),"
        f" {1000 / per_name:6.0f} names/s; a batch {median(durations):6.1f} ms,"
        f" p95 {percentile:6.1f} ms; first three"
        f" {correct / BATCH / TIMES:6.1%}, matched {matched / BATCH / TIMES:6.1%}\n"
    )


def query(number: int, name: str, *, page: bool) -> dict[str, object]:
    """Write a query for a name of one kind, with its page if known."""
    kind = "Organization" if number % 2 else "Place"
    fields: dict[str, object] = {"query": name, "type": f"{SCHEMA}{kind}", "limit": 5}
    if page:
        fields["properties"] = [{"pid": f"{SCHEMA}url", "v": f"https://x.example/{number}"}]
    return fields


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else THINGS)
