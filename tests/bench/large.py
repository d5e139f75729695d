"""Large files: ``python tests/bench/large.py [--rows N] [--pool-rows N] [--megabytes N]``.

An invented programme of events is written as CSV, submitted and published; a smaller one is
withdrawn and expires from its pool; another as XML, with a step to a parent in its mapping, is
converted. Each command is a process of its own. ``--only WORD`` runs one of ``csv``, ``erasure``
and ``xml``; ``--folder`` keeps what is made.
"""

import argparse
import csv
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import languages
import pool
from measuring import measure_command
from table import Words, busy, mega, tell

PARVIS = Path(sys.executable).with_name("parvis")
OTHER = "bench/other"
OTHER_ROWS = 500
COLUMNS = ("id", "title", "start", "end", "venue", "city", "price", "url", "category")
CITIES = ("Montréal", "Québec", "Laval", "Gatineau", "Longueuil", "Sherbrooke")
CATEGORIES = ("theatre", "dance", "music", "circus")
SENTENCE = "Une soirée de la saison {} dans la salle {}, suivie d’un échange avec le public."
VENUES = 400
ITEMS = 200
"""Shows of a day, in XML."""
PATIENCE = 1_800.0
LINE = "{:34}{:>8}{:>8}{:>12}{:>8}  {}"
SHOW = f"{languages.BASE}id/event/bench/$(id)"
VENUE = f"{languages.BASE}id/place/bench/$(venue)"
DAY = "20{:02}-{:02}-{:02}"
DELETION = """
<id/agreement/bench> odrl:obligation [
  odrl:target <id/dataset/bench/events> ; odrl:assignee parvis:host ; odrl:action odrl:delete ;
  odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;
    odrl:rightOperand "2026-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .
"""


def write_csv(file: Path, count: int, mark: str = "e") -> None:
    """Write events, a row each."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*COLUMNS, "description"])
        for number in range(count):
            day = DAY.format(20 + number % 9, number % 12 + 1, number % 28 + 1)
            venue = number % VENUES
            row = (
                f"{mark}{number}",
                f"Spectacle {mark}{number} de la saison",
                f"{day}T20:00:00-05:00",
                f"{day}T22:{number % 60:02}:00-05:00",
                f"salle-{venue}",
                CITIES[venue % len(CITIES)],
                f"{10 + number % 90}.5",
                f"https://billets.example/spectacle/{mark}{number}",
                CATEGORIES[number % len(CATEGORIES)],
            )
            writer.writerow([*row, SENTENCE.format(number % 5000, venue)])


def csv_mapping() -> str:
    """Write the mapping of the events, as JSON, which is YAML too."""
    event = [
        ["a", "schema:TheaterEvent"],
        ["schema:name", "$(title)", "fr~lang"],
        ["schema:startDate", "$(start)", "xsd:dateTime"],
        ["schema:endDate", "$(end)", "xsd:dateTime"],
        ["schema:location", f"{VENUE}~iri"],
        ["schema:price", "$(price)", "xsd:decimal"],
        ["schema:url", "$(url)~iri"],
        ["parvis:discipline", "concept:discipline/$(category)~iri"],
        ["schema:description", "$(description)", "fr~lang"],
    ]
    place = [
        ["a", "schema:Place"],
        ["schema:name", "$(venue)", "fr~lang"],
        ["schema:addressLocality", "$(city)"],
    ]
    source = {"access": "events.csv", "referenceFormulation": "csv"}
    mappings = {
        "event": {"sources": "events", "s": SHOW, "po": event},
        "place": {"sources": "events", "s": VENUE, "po": place},
    }
    return json.dumps({"sources": {"events": source}, "mappings": mappings}, indent=1)


def write_xml(folder: Path, megabytes: float) -> tuple[Path, Path]:
    """Write days of shows, whose date is the day's, and their mapping; return both."""
    source = {
        "access": "shows.xml",
        "referenceFormulation": "xpath",
        "iterator": "/programme/day/show",
    }
    pairs = [
        ["a", "schema:TheaterEvent"],
        ["schema:name", "$(title)", "fr~lang"],
        ["schema:description", "$(text)", "fr~lang"],
        ["schema:startDate", "$(../@date)", "xsd:date"],
    ]
    show = {"sources": "shows", "s": f"{languages.BASE}id/event/bench/$(@id)", "po": pairs}
    mapping, file = folder / "mapping.yml", folder / "shows.xml"
    mapping.write_text(json.dumps({"sources": {"shows": source}, "mappings": {"show": show}}))
    number = 0
    with file.open("w", encoding="utf-8") as stream:
        stream.write("<programme>\n")
        while stream.tell() < megabytes * 1_000_000:
            day = number // ITEMS
            date = DAY.format(20 + day // 336 % 10, day % 12 + 1, day % 28 + 1)
            stream.write(f'<day date="{date}">\n')
            for _ in range(ITEMS):
                text = SENTENCE.format(number, number % VENUES)
                stream.write(f'<show id="{number}"><title>Spectacle {number}</title>')
                stream.write(f"<text>{text * 3}</text></show>\n")
                number += 1
            stream.write("</day>\n")
        stream.write("</programme>\n")
    return mapping, file


def write_pool(folder: Path, count: int) -> None:
    """Write a catalogue folder of a large dataset and a small one, and their files."""
    pool.write(folder / "catalog", PATIENCE)
    partner = folder / "catalog" / "bench"
    for name, rows in (("events", count), ("other", OTHER_ROWS)):
        (partner / name).mkdir(exist_ok=True)
        (partner / name / "mapping.yml").write_text(csv_mapping(), encoding="utf-8")
        record = (pool.PREFIXES + pool.DATASET).replace("bench/events", f"bench/{name}")
        (partner / name / "dataset.ttl").write_text(record, encoding="utf-8")
        write_csv(folder / f"{name}.csv", rows, mark=name[0])
    target = "odrl:target <id/dataset/bench/events>"
    agreement = pool.AGREEMENT.replace(target, f"{target} , <id/dataset/{OTHER}>")
    (partner / "agreement.ttl").write_text(pool.PREFIXES + agreement, encoding="utf-8")


def run(name: str, folder: Path, command: Words, wanted: str = "") -> None:
    """Run a command, and print its line."""
    usage = measure_command([PARVIS, *command], folder, PATIENCE)
    sizes = f"{mega(usage.peak)} MB", mega(usage.sum_peak)
    tell(LINE.format(name, f"{usage.wall:.1f}", f"{usage.cpu:.1f}", *sizes, wanted))


def measure_csv(folder: Path, count: int) -> None:
    write_pool(folder, count)
    places: Words = ["--data", folder / "data", "--catalog", folder / "catalog"]
    size = (folder / "events.csv").stat().st_size
    command: Words = ["submit", pool.KEY, "events.csv", *places]
    run(f"submit {count} rows, {mega(size)} MB", folder, command, "60 s, 700 MB")
    run("publish", folder, ["publish", *places], "60 s, 1500 MB")


def measure_erasure(folder: Path, count: int) -> None:
    write_pool(folder, count)
    places: Words = ["--data", folder / "data", "--catalog", folder / "catalog"]
    run(f"submit {count} rows", folder, ["submit", pool.KEY, "events.csv", *places])
    run(f"submit {OTHER_ROWS} rows", folder, ["submit", OTHER, "other.csv", *places])
    run("publish", folder, ["publish", *places])
    run("withdraw the small dataset", folder, ["withdraw", OTHER, *places], "15 s")
    with (folder / "catalog" / "bench" / "agreement.ttl").open("a") as file:
        file.write(DELETION)
    run("expire the large one", folder, ["expire", *places], "15 s")


def measure_xml(folder: Path, megabytes: int) -> None:
    mapping, file = write_xml(folder, megabytes)
    command: Words = ["convert", mapping, "--source", file, "-o", folder / "shows.nt"]
    run(f"convert {megabytes} MB of XML", folder, command, "150 MB")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--pool-rows", type=int, default=66_000, help="600,000 triples")
    parser.add_argument("--megabytes", type=int, default=85)
    parser.add_argument("--only", choices=("csv", "erasure", "xml"))
    parser.add_argument("--folder", type=Path, help="where to leave what is made")
    settings = parser.parse_args()
    parts = {
        "xml": (measure_xml, settings.megabytes),
        "csv": (measure_csv, settings.rows),
        "erasure": (measure_erasure, settings.pool_rows),
    }
    tell(LINE.format("command", "wall s", "CPU s", "largest", "all MB", "wanted"))
    for name, (measure, size) in parts.items():
        if settings.only in {None, name}:
            with TemporaryDirectory() as temporary:
                folder = Path(settings.folder or temporary) / name
                folder.mkdir(parents=True)
                measure(folder.resolve(), size)
    tell(busy())


if __name__ == "__main__":
    main()
