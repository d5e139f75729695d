"""Read the figures of the demonstration's partners with pandas, from the files they sent.

Nothing of parvis is used. A region's name is that of the files: “Montréal”, “Plusieurs régions”.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd

from tests.journeys.answers.offerings import DEMO, read_sheets

EVERYWHERE = "Plusieurs régions"
ALL_AGES = "total"
BANDS = {
    "0 à 11 ans": (0, 11),
    "12 à 17 ans": (12, 17),
    "18 à 34 ans": (18, 34),
    "35 à 54 ans": (35, 54),
    "55 ans et plus": (55, 199),
}
"""The age brackets of the demonstration's releases."""
MEASURES = [
    "Représentations",
    "Billets disponibles",
    "Billets vendus",
    "Billets de faveur",
    "Recettes",
]


def read_table(file: Path) -> pd.DataFrame:
    """Read a CSV file of either of the encodings and delimiters that the partners use."""
    encoding = "utf-8-sig"
    try:
        text = file.read_text(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = file.read_text(encoding)
    delimiter = ";" if text.partition("\n")[0].count(";") > 1 else ","
    return pd.read_csv(file, sep=delimiter, encoding=encoding, dtype=str)


def to_numbers(texts: pd.Series) -> pd.Series:
    """Return numbers written with spaces and a decimal comma."""
    plain = texts.astype(str).str.replace(r"[\s\u00a0\u202f]", "", regex=True)
    return pd.to_numeric(plain.str.replace(",", "."), errors="coerce")


def bounds(stratum: str) -> tuple[int, int] | None:
    """Return the ages of a column, both included; None for a column of all ages or none."""
    digits = stratum.replace(" ans", "").replace(" et plus", "+")
    first, _, last = digits.partition("-")
    if digits.endswith("+") and digits[:-1].isdigit():
        return int(digits[:-1]), 199
    return (int(first), int(last)) if first.isdigit() and last.isdigit() else None


def _read_attendance() -> Iterator[pd.DataFrame]:
    for file in sorted(DEMO.glob("*/publics/publics.csv")):
        rows = read_table(file)
        rows.columns = [
            {"annee": "year", "Année": "year", "region": "home", "Région": "home"}.get(name, name)
            for name in rows.columns
        ]
        rows = rows.rename(columns={"Total": ALL_AGES, "discipline": "art", "lieu": "there"})
        partner = file.parts[-3]
        art = {"theatre-lanterne": "theatre", "danse-petit-nord": "dance"}.get(partner)
        if "art" not in rows:
            rows["art"] = art
        if "there" not in rows:
            rows["there"] = EVERYWHERE
        yield rows.melt(["year", "art", "there", "home"], var_name="age", value_name="n").assign(
            partner=partner
        )
    # The festival's survey estimates entries: an estimate is never added to what was counted.
    rows = read_sheets(DEMO / "diffusion-rivage/saison/saison.xlsx")["Billetterie"]
    yield pd.DataFrame(
        {
            "year": rows["Année"].astype(int).astype(str),
            "art": rows["Discipline"],
            "there": EVERYWHERE,
            "home": rows["Région"],
            "age": ALL_AGES,
            "n": rows["Entrées"].astype(str),
            "partner": "diffusion-rivage",
        }
    )


@cache
def read_attendance() -> pd.DataFrame:
    """Return the entries that each partner counted, by year, discipline, both areas and age."""
    rows = pd.concat([*_read_attendance()], ignore_index=True)
    names = {
        "theatre": "Théâtre",
        "comedy": "Humour",
        "dance": "Danse",
        "music": "Musique",
        "circus": "Cirque",
    }
    return rows.assign(n=to_numbers(rows["n"]), art=rows["art"].replace(names))


@cache
def read_box_office() -> pd.DataFrame:
    """Return the monthly totals of each partner: a row for a month and a discipline."""
    halls = [
        read_table(file).assign(partner=file.parts[-3])
        for file in sorted(DEMO.glob("*/bilans/bilans.csv"))
    ]
    shows = read_performances()
    shows = shows[shows["Type de prix"] == "Tous les prix"]
    shows = shows.assign(Mois=shows["Date"].str[:7], Discipline="Théâtre", Représentations="1")
    rows = pd.concat([*halls, shows.assign(partner="theatre-lanterne")], ignore_index=True)
    rows[MEASURES] = rows[MEASURES].apply(to_numbers)
    return rows[["Mois", "Discipline", "Région", "partner", *MEASURES]]


@cache
def read_performances() -> pd.DataFrame:
    """Return the box office that a theatre publishes itself, by performance and price type."""
    file = DEMO / "theatre-lanterne/representations/representations.csv"
    return pd.read_csv(file, sep=";", encoding="cp1252", dtype=str)
