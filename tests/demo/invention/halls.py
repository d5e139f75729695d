"""The halls that pool their figures only: tickets by channel, box office by month."""

import random
from pathlib import Path

from .forms import Cell, write_csv
from .season import YEAR, Invention

AREAS = {"01": 900, "03": 1900, "06": 6200, "13": 1500, "16": 1900}
"""Where people come from, and about how many a hall has of each."""
CHANNELS = (0.6, 0.3, 0.1)
SEATS = {
    "salle-des-erables": 320,
    "scene-du-phare": 300,
    "maison-des-voix": 340,
    "theatre-du-tilleul": 310,
    "centre-grand-large": 350,
}
"""The seats of each hall."""
NIGHTS = {
    "Théâtre": (6, 7, 7, 6, 5, 7, 7, 7, 6, 4, 0, 0),
    "Humour": (4, 4, 4, 4, 3, 4, 4, 4, 4, 3, 0, 0),
}
"""About how many performances there are a month, from September on."""
WITHOUT_COMEDY, WITH_COMEDY_IN_JUNE = "scene-du-phare", ("maison-des-voix", "theatre-du-tilleul")
PRICES = {"Théâtre": 34, "Humour": 41}
AT_HOME, TOURS = "06", ("03", "16")
"""Where theatre is played, and where comedy is in each season."""
JUNE = 9
"""Its place in a season."""
FIRST, MONTHS = 2024, 24
"""Two seasons, the first one from September of this year."""


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
    rows: list[list[Cell]] = []
    for discipline, numbers in NIGHTS.items():
        comedy = discipline == "Humour"
        for turn in range(MONTHS if hall != WITHOUT_COMEDY or not comedy else 0):
            (season, place), (year, month) = divmod(turn, 12), divmod(turn + 8, 12)
            nights = numbers[place] + rng.randint(-1, 1) if numbers[place] else 0
            if comedy and place == JUNE and hall not in WITH_COMEDY_IN_JUNE:
                nights = 0
            available = nights * (SEATS[hall] - rng.randint(4, 12))
            sold, free = (
                round(available * rng.uniform(least, most))
                for least, most in ((0.6, 0.8), (0.02, 0.05))
            )
            revenue = sold * PRICES[discipline] * rng.uniform(0.78, 0.92)
            when = f"{FIRST + year}-{month + 1:02}"
            where = made.region(TOURS[season] if comedy else AT_HOME)
            rows.append([when, discipline, where, nights, available, sold, free, f"{revenue:.2f}"])
    heads = ["Mois", "Discipline", "Région", "Représentations", "Billets disponibles"]
    heads += ["Billets vendus", "Billets de faveur", "Recettes"]
    write_csv(file, [heads, *rows], delimiter=",")
