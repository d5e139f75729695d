"""Read the figures of the demonstration's partners with pandas, from the files they sent.

Nothing of parvis is used. A region's name is that of the files: “Montréal”, “Plusieurs régions”.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
from rdflib import Graph, URIRef

from tests.journeys.answers.offerings import DEMO, labels, read_sheets

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


COLUMNS = {
    "year": ("annee", "Année"),
    "home": ("region", "Région"),
    "there": ("lieu",),
    "art": ("discipline", "Discipline"),
    ALL_AGES: ("Total", "entrées", "entrees", "Entrées"),
    "0-11": ("enfants",),
    "12-17": ("ados",),
    "18-34": ("jeunesAdultes",),
    "35-54": ("adultes",),
    "55+": ("aines",),
}
"""What the partners call each column."""
NAMES = {name: column for column, names in COLUMNS.items() for name in names}


@cache
def list_pooled_datasets() -> frozenset[str]:
    """Return the datasets that an agreement lets the third party add up for everyone."""
    graph, odrl, datasets = Graph(), "http://www.w3.org/ns/odrl/2/", set()
    for file in sorted(DEMO.glob("*/agreement.ttl")):
        graph.parse(file, format="turtle", publicID="http://localhost:8000/")
    for rule in graph.objects(None, URIRef(f"{odrl}permission")):
        aggregates = (rule, URIRef(f"{odrl}action"), URIRef(f"{odrl}aggregate")) in graph
        if aggregates and (rule, URIRef(f"{odrl}constraint"), None) not in graph:
            targets = graph.objects(rule, URIRef(f"{odrl}target"))
            datasets |= {str(target).partition("/id/dataset/")[2] for target in targets}
    return frozenset(datasets)


def _read_publics() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table of each dataset of entries, with the columns as the partner calls them."""
    for file in sorted(DEMO.glob("*/publics/publics.*")):
        name = "/".join(file.parts[-3:-1])
        match file.suffix:
            case ".csv":
                yield name, read_table(file)
            case ".json":
                yield name, pd.DataFrame(json.loads(file.read_text("utf-8")))
            case _:
                yield name, pd.concat(read_sheets(file).values())
    # The festival's survey estimates entries: an estimate is never added to what was counted.
    box_office = read_sheets(DEMO / "diffusion-rivage/saison/saison.xlsx")["Billetterie"]
    yield "diffusion-rivage/billetterie", box_office


@cache
def read_attendance() -> pd.DataFrame:
    """Return the entries that each partner counted, by year, discipline, both areas and age."""
    tables = []
    for name, table in _read_publics():
        rows = table.rename(columns=NAMES)
        partner = name.partition("/")[0]
        only = {"theatre-lanterne": "theatre", "danse-petit-nord": "dance"}.get(partner)
        rows["art"] = rows.get("art", only)
        rows["there"] = rows.get("there", EVERYWHERE)
        ages = [column for column in rows if column == ALL_AGES or bounds(str(column))]
        keys = ["year", "art", "there", "home"]
        rows = rows.melt(keys, ages, var_name="age", value_name="n")
        tables.append(rows.assign(partner=partner, pooled=name in list_pooled_datasets()))
    rows = pd.concat(tables, ignore_index=True)
    rows["n"] = to_numbers(rows["n"])
    rows["year"] = to_numbers(rows["year"]).astype(int).astype(str)
    arts = labels("discipline")
    rows["art"] = rows["art"].map(lambda art: arts.get(str(art).casefold(), art))
    return rows[rows["pooled"]].dropna(subset=["n"])


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
