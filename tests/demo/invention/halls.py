"""The halls that pool their figures only: publics, tickets by channel, box office by month."""

import random
from collections.abc import Iterator
from pathlib import Path

from .forms import Cell, slug, write_csv
from .season import BANDS, YEAR, Invention, split_ages

AREAS = {"01": 900, "03": 1900, "06": 6200, "13": 1500, "16": 1900}
"""Where people come from, and about how many a hall has of each."""
CHANNELS = (0.6, 0.3, 0.1)
HOMES = {
    "salle-des-erables": ("16", 320),
    "scene-du-phare": ("01", 300),
    "maison-des-voix": ("06", 340),
    "theatre-du-tilleul": ("06", 310),
    "centre-grand-large": ("06", 350),
}
"""The region of each hall, and its seats."""
NIGHTS = {
    "Théâtre": (6, 8, 8, 6, 5, 7, 8, 7, 6, 3, 0, 0),
    "Humour": (2, 3, 3, 4, 2, 3, 3, 3, 3, 2, 0, 0),
}
"""About how many performances there are a month, from September on."""
FIRST, MONTHS = 2024, 24
"""Two seasons, the first one from September of this year."""


def hall_publics(made: Invention, file: Path) -> None:
    """Write a hall's public by age columns, of sizes near those of the others."""
    rng = random.Random(file.parts[-3])  # noqa: S311 - figures for a demo, no secret
    rows: list[list[Cell]] = []
    for discipline, weight, place in _arts(file.parts[-3], 1.0, 0.5):
        for area, size in AREAS.items():
            total = round(weight * size * rng.uniform(0.8, 1.2))
            ages = split_ages(total, rng)
            where = (made.region(place), made.region(area))
            rows.append([YEAR, slug(discipline), *where, *ages, total])
    heads = ["annee", "discipline", "lieu", "region", *BANDS[:-1], "75+", "total"]
    write_csv(file, [heads, *rows], delimiter=",")


def hall_tickets(made: Invention, file: Path) -> None:
    """Write a hall's theatre tickets by channel of sale, which it pools for members only."""
    rng = random.Random(f"{file.parts[-3]} tickets")  # noqa: S311 - figures for a demo, no secret
    rows: list[list[Cell]] = []
    for area, size in AREAS.items():
        sold = [round(size * share * rng.uniform(0.7, 1.3)) for share in CHANNELS]
        rows.append([YEAR, made.region(area), *sold, sum(sold)])
    heads = ["Année", "Région", "Site web", "Guichet", "Téléphone", "Total"]
    write_csv(file, [heads, *rows], delimiter=",")


def hall_box_office(made: Invention, file: Path) -> None:
    """Write a hall's box office month by month; in summer there is none, and it says so."""
    hall = file.parts[-3]
    rng = random.Random(f"{hall} box office")  # noqa: S311 - figures for a demo, no secret
    seats, rows = HOMES[hall][1], list[list[Cell]]()
    for discipline, price, place in _arts(hall, 34, 41):
        for turn in range(MONTHS):
            year, month = divmod(turn + 8, 12)
            usual = NIGHTS[discipline][turn % 12]
            nights = max(usual + rng.randint(-1, 1), 1) if usual else 0
            available = nights * (seats - rng.randint(4, 12))
            sold = round(available * rng.uniform(0.62, 0.88))
            free = round(available * rng.uniform(0.02, 0.05))
            revenue = round(sold * price * rng.uniform(0.78, 0.92), 2)
            counts = [nights, available, sold, free, f"{revenue:.2f}"]
            when = f"{FIRST + year}-{month + 1:02}"
            rows.append([when, discipline, made.region(place), *counts])
    heads = ["Mois", "Discipline", "Région", "Représentations", "Billets disponibles"]
    heads += ["Billets vendus", "Billets de faveur", "Recettes"]
    write_csv(file, [heads, *rows], delimiter=",")


def _arts(hall: str, theatre: float, comedy: float) -> Iterator[tuple[str, float, str]]:
    """Yield a hall's disciplines, each with a number and the region where it takes place.

    Theatre is at home; comedy, which one of the halls does not have, is in Montréal.
    """
    home = HOMES[hall][0]
    yield "Théâtre", theatre, home
    if home != "01":
        yield "Humour", comedy, "06"
