"""How fast a list of names is reconciled, and how often the right thing is among the first three.

Run ``python tests/bench/reconciling.py [THINGS]`` (100,000 by default): invented venues and
organisations in ten graphs, asked for over HTTP in process, as OpenRefine does: batches of ten
names, written otherwise than in the pool, with and without a second column. Prints milliseconds
beside those of plain searches for the same names; run it on a quiet machine.
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
    """Invent names, no two alike."""
    draw = random.Random(7)  # noqa: S311 - the same names at every run
    found: dict[str, None] = {}
    while len(found) < count:
        one, other = draw.sample(WORDS, 2)
        number = f" {draw.randrange(2, 100)}" if draw.random() < 0.7 else ""
        found[f"{draw.choice(KINDS)} {one}-{other} de {draw.choice(PLACES)}{number}"] = None
    return list(found)


def quads(told: list[str]) -> Iterator[str]:
    """Say what each thing is called, what it is, and where its page is."""
    for number, name in enumerate(told):
        kind = "Organization" if number % 2 else "Place"
        this, graph = f"<{iri(number)}>", f"<urn:x:graph:{number % GRAPHS}>"
        yield f"{this} {TYPE} <{SCHEMA}{kind}> {graph} .\n"
        yield f'{this} <{SCHEMA}name> "{name}"@fr {graph} .\n'
        yield f"{this} <{SCHEMA}url> <https://x.example/{number}> {graph} .\n"


def iri(number: int) -> str:
    """Name a thing."""
    return f"https://pool.example/thing/{number}"


def misspelt(name: str) -> str:
    """Leave a letter out of the longest word."""
    word = name.partition("-")[0].rpartition(" ")[2]
    return name.replace(word, word[:-2] + word[-1:], 1)


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "no accents, capitals": lambda name: name.translate(BLIND).upper(),
    "words too many": lambda name: f"La société du {name} inc. (OBNL)",
    "a word missing": lambda name: name.replace(" de ", " ").rpartition(" ")[0],
    "misspelt": misspelt,
}


def main(count: int) -> None:
    """Build a pool, and ask."""
    with TemporaryDirectory() as folder:
        told = names(count)
        settings = built(Path(folder), told)
        app = create_app(settings)
        client = app.test_client()
        client.get("/reconcile")
        sys.stdout.write(f"{count:,} things in {GRAPHS} graphs\n")
        draw = random.Random(3)  # noqa: S311 - the same questions at every run
        plain = searched(client, told, draw)
        for how, write in WRITTEN.items():
            asked(client, told, draw, how, write, plain=plain)
        asked(client, told, draw, "with a page", WRITTEN["words too many"], plain=plain, page=True)
        app.extensions["parvis"].close()


def built(folder: Path, told: list[str]) -> Settings:
    """Publish the things in a pool."""
    free = Share(rows=0, query_seconds=0)
    settings = Settings(
        data=folder / "data",
        catalog=POOL,
        base="https://pool.example/",
        limits=Limits(anonymous=free),
    )
    file = folder / "things.nq"
    with file.open("w", encoding="utf-8") as out:
        out.writelines(quads(told))
    with Pool.open(settings) as pool:
        load(pool, file, access="open")
        publish(pool)
    return settings


def searched(client: FlaskClient, told: list[str], draw: random.Random) -> float:
    """Search for names one by one, as the page does; gives the milliseconds of one."""
    taken = []
    for name in draw.sample(told, TIMES):
        begun = time.perf_counter()
        client.get("/search", query_string={"q": name}, headers={"Accept": "application/json"})
        taken.append(1000 * (time.perf_counter() - begun))
    sys.stdout.write(f"  {'a search':24} {median(taken):6.1f} ms a name\n")
    return median(taken)


def asked(  # noqa: PLR0913 - what is measured
    client: FlaskClient,
    told: list[str],
    draw: random.Random,
    how: str,
    write: Callable[[str], str],
    *,
    plain: float,
    page: bool = False,
) -> None:
    """Reconcile batches of ten names, and print what it took and found."""
    taken, right, matched = [], 0, 0
    for _ in range(TIMES):
        some = draw.sample(range(len(told)), BATCH)
        body = json.dumps({str(one): query(one, write(told[one]), page=page) for one in some})
        begun = time.perf_counter()
        found = client.post("/reconcile", data={"queries": body}).get_json()
        taken.append(1000 * (time.perf_counter() - begun))
        for one in some:
            best = found[str(one)]["result"][:3]
            right += iri(one) in {candidate["id"] for candidate in best}
            matched += bool(best) and best[0]["match"] and best[0]["id"] == iri(one)
    each, last = median(taken) / BATCH, quantiles(taken, n=20)[-1]
    sys.stdout.write(
        f"  {how:24} {each:6.1f} ms a name ({each / plain:4.1f} × a search), {1000 / each:6.0f}"
        f" names/s; a batch {median(taken):6.1f} ms, p95 {last:6.1f} ms; first three"
        f" {right / BATCH / TIMES:6.1%}, matched {matched / BATCH / TIMES:6.1%}\n"
    )


def query(number: int, name: str, *, page: bool) -> dict[str, object]:
    """Ask for a name of one kind, with its page if it is known."""
    kind = "Organization" if number % 2 else "Place"
    found: dict[str, object] = {"query": name, "type": f"{SCHEMA}{kind}", "limit": 5}
    if page:
        found["properties"] = [{"pid": f"{SCHEMA}url", "v": f"https://x.example/{number}"}]
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else THINGS)
