"""Invented cultural events, always the same: a table of 26 columns of any length.

Values are written so that any RML engine can read them: the benchmark measures the conversion of
clean files to triples. Files are written row by row, in constant memory.
"""

import csv
import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import xlsxwriter

Value = str | int | float | bool | None
Record = dict[str, Value]

ZONE = ZoneInfo("America/Toronto")
FIRST = datetime(2026, 1, 1, 14, tzinfo=UTC)
STATUSES = ("EventScheduled",) * 8 + ("EventCancelled", "EventRescheduled")
DISCIPLINES = ("theatre", "dance", "music", "circus", "storytelling", "cinema", "literature")
AUDIENCES = ("all", "children", "families", "teens", "adults", "seniors")
CITIES = ("Montréal", "Laval", "Saint-Jérôme", "Québec", "L’Île-Perrot", "Trois-Rivières")
MOTIFS = (("l’été", "summer"), ("la forêt", "the forest"), ("nos aïeux", "our forebears"))
SHAPES = (("Conte de {}", "A tale of {}"), ("{}, la nuit", "{}, by night"), ("Ô {} !", "O {}!"))
SENTENCES = (
    "Une soirée « à la carte », pour petits et grands.",
    'Le public y est "complice", du début à la fin.',
    "Durée : 1 h 30, sans entracte ; œuvre créée à Chicoutimi.",
    "Dès 8 ans, gratuit pour les moins de 12 ans, sur présentation d’une preuve d’âge.",
)
LETTERS = "ABCEGHJKLMNPRSTVWXYZ"


def events(count: int) -> Iterator[Record]:
    """Generate events; a tenth of the optional cells are empty, or more where real files are."""
    draw = random.Random(26)  # noqa: S311 - invented data, not secrets
    for number in range(1, count + 1):
        yield _event(draw, number, max(10, count // 10))


def _event(draw: random.Random, number: int, halls: int) -> Record:
    def maybe(value: Value, share: float = 0.1) -> Value:
        return None if draw.random() < share else value

    shape, motif = draw.choice(SHAPES), draw.choice(MOTIFS)
    start = FIRST + timedelta(hours=draw.randrange(8760), minutes=draw.choice((0, 30)))
    free = draw.random() < 0.3
    organizer = draw.randrange(1, 400)
    site = f"https://organisme-{organizer}.example"
    created = start.date() - timedelta(days=draw.randrange(30, 300))
    return {
        "id": f"E{number:07}",
        "title_fr": f"{shape[0].format(motif[0])} ({number})",
        "title_en": maybe(f"{shape[1].format(motif[1])} ({number})", 0.2),
        "description": maybe(" ".join(draw.sample(SENTENCES, draw.randrange(1, 4)))),
        "start": start.astimezone(ZONE).isoformat(),
        "end": maybe((start + timedelta(minutes=90)).astimezone(ZONE).isoformat()),
        "status": draw.choice(STATUSES),
        "price": None if free else draw.randrange(500, 9000, 25) / 100,
        "free": free,
        "capacity": maybe(draw.randrange(20, 3000)),
        "url": maybe(f"{site}/programmation/{number}"),
        "postal_code": maybe(_postal_code(draw)),
        "city": draw.choice(CITIES),
        "venue_id": f"S{draw.randrange(1, halls + 1):06}",
        "discipline": draw.choice(DISCIPLINES),
        "organizer_id": f"O{organizer:03}",
        "language": maybe(draw.choice(("fr", "fr", "fr", "en"))),
        "latitude": maybe(round(draw.uniform(45, 49), 5)),
        "longitude": maybe(round(draw.uniform(-79, -65), 5)),
        "audience": maybe(draw.choice(AUDIENCES)),
        "age": maybe(draw.randrange(3, 18), 0.5),
        "image": maybe(f"{site}/images/{number}.jpg", 0.3),
        "created": created.isoformat(),
        "modified": maybe((created + timedelta(days=draw.randrange(20))).isoformat(), 0.3),
        "room": maybe(f"Salle {draw.randrange(1, 9)}", 0.5),
        "remarks": maybe("à confirmer", 0.9),
    }


def _postal_code(draw: random.Random) -> str:
    letters, figures = draw.choices(LETTERS, k=2), draw.choices("0123456789", k=3)
    return f"H{figures[0]}{letters[0]} {figures[1]}{letters[1]}{figures[2]}"


def venues(count: int) -> Iterator[Record]:
    """Generate the halls of events: events have their code, their IRI is made of `key`."""
    for number in range(1, max(10, count // 10) + 1):
        yield {
            "code": f"S{number:06}",
            "key": f"salle-{number}",
            "name": f"Salle n° {number}",
            "city": CITIES[number % len(CITIES)],
        }


def text(column: str, value: Value) -> str:
    """Write a value as in a text file: two decimals for money."""
    if value is None:
        return ""
    if column == "price":
        return f"{value:.2f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_csv(file: Path, records: Iterable[Record]) -> None:
    """Write CSV (RFC 4180) in UTF-8."""
    first, rows = peek(records)
    with file.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(first)
        out.writerows([text(*cell) for cell in record.items()] for record in rows)


def write_json(file: Path, records: Iterable[Record]) -> None:
    """Write a list of objects, one per line, with native numbers and booleans and no null."""
    with file.open("w", encoding="utf-8") as stream:
        for number, record in enumerate(records):
            values = {key: value for key, value in record.items() if value is not None}
            stream.write(",\n" if number else "[\n")
            stream.write(json.dumps(values, ensure_ascii=False))
        stream.write("\n]\n")


def write_xml(file: Path, records: Iterable[Record]) -> None:
    """Write an element per record, an element per value."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<events>\n')
        for record in records:
            inner = "".join(
                f"<{key}>{escape(text(key, value))}</{key}>"
                for key, value in record.items()
                if value is not None
            )
            stream.write(f"<event>{inner}</event>\n")
        stream.write("</events>\n")


def write_xlsx(file: Path, records: Iterable[Record]) -> None:
    """Write a workbook of one sheet; numbers are numbers, the rest is text."""
    first, rows = peek(records)
    with xlsxwriter.Workbook(
        str(file), {"constant_memory": True, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("events")
        sheet.write_row(0, 0, list(first))
        for number, record in enumerate(rows, 1):
            for column, (key, value) in enumerate(record.items()):
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                sheet.write(number, column, value if is_number else text(key, value))


def peek(records: Iterable[Record]) -> tuple[Record, Iterator[Record]]:
    """Return the first record, and an iterator of all of them."""
    iterator = iter(records)
    first = next(iterator)
    return first, chain([first], iterator)


WRITERS: dict[str, Callable[[Path, Iterable[Record]], None]] = {
    "csv": write_csv,
    "json": write_json,
    "xlsx": write_xlsx,
    "xml": write_xml,
}


def write(folder: Path, kind: str, count: int) -> Path:
    """Write events in a format; a join has two tables. Return the file, or the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "join":
        write_csv(folder / "venues.csv", venues(count))
        write_csv(folder / "events.csv", events(count))
        return folder
    file = folder / f"events.{kind}"
    WRITERS[kind](file, events(count))
    return file
