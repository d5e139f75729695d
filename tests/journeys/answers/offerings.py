"""Read the announcements of the demonstration's partners with pandas, from the files they sent.

Nothing of parvis is used: regions come from the file or from postal codes, an outing that several
partners announce is known by its day, town and title.
"""

import json
import re
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from python_calamine import CalamineWorkbook
from rdflib import Graph, Literal
from rdflib.namespace import SKOS

from parvis.config import knowledge

DEMO = knowledge("catalog") / "demo"
HERE = ZoneInfo("America/Toronto")
REGIONS = {
    "G1": "Capitale-Nationale",
    "G5": "Bas-Saint-Laurent",
    "G6": "Chaudière-Appalaches",
    "G7": "Saguenay–Lac-Saint-Jean",
    "H2": "Montréal",
    "H7": "Laval",
    "J4": "Montérégie",
    "J5": "Lanaudière",
}
"""The regions of the demonstration by the beginning of their postal codes."""
CHILDREN = {"Tout-petits (0 à 3 ans)", "Enfants de 4 à 7 ans", "Enfants de 8 à 12 ans"}


def slug(text: str) -> str:
    """Return a text without capitals, accents and signs."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")


@cache
def labels(scheme: str, lang: str = "fr") -> dict[str, str]:
    """Return the preferred label of each code and label of a code list, in a language."""
    graph = Graph().parse(knowledge("ontology") / f"{scheme}.ttl", format="turtle")
    preferred = {
        concept: str(label)
        for concept, label in graph.subject_objects(SKOS.prefLabel)
        if isinstance(label, Literal) and label.language == lang
    }
    codes = {
        str(code): preferred[concept]
        for concept, code in graph.subject_objects(SKOS.notation)
        if concept in preferred
    }
    others = {
        str(label).casefold(): preferred[concept]
        for concept, label in graph.subject_objects(SKOS.altLabel)
        if isinstance(label, Literal) and label.language == lang
    }
    return codes | others | {label.casefold(): label for label in preferred.values()}


def read_sheets(path: Path) -> dict[str, pd.DataFrame]:
    """Read each sheet of a workbook, from the first row on that names every column."""
    book, sheets = CalamineWorkbook.from_path(str(path)), {}
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        first = next(n for n, row in enumerate(rows) if all(isinstance(c, str) and c for c in row))
        sheets[name] = pd.DataFrame(rows[first + 1 :], columns=rows[first])
    return sheets


def read_theatre() -> pd.DataFrame:
    file = DEMO / "theatre-lanterne/programmation/programmation.csv"
    rows = pd.read_csv(file, sep=";", encoding="cp1252", dtype=str).fillna("")
    start = pd.to_datetime(rows["Date"], format="%d/%m/%Y %H:%M", errors="coerce")
    return pd.DataFrame(
        {
            "partner": "theatre-lanterne",
            "title": rows["Spectacle"],
            "start": start.dt.strftime("%Y-%m-%dT%H:%M"),
            "discipline": rows["Discipline"],
            "audience": rows["Public visé"],
            "venue": rows["Lieu"],
            "town": rows["Ville"],
            "code": rows["Code postal"],
            "region": rows["Région"],
            "scheduled": rows["Statut"] == "Confirmé",
            "cancelled": rows["Statut"] == "Annulé",
            "price": rows["Prix"]
            .str.extract(r"([\d]+,?\d*)")[0]
            .str.replace(",", ".")
            .astype(float),
            "work": rows["Spectacle"],
        }
    )


def read_evenings() -> pd.DataFrame:
    """Read the programmes of those who give a row for each evening, as CSV or as JSON."""
    tables = [
        (file, pd.read_csv(file, sep=";", dtype=str))
        for file in sorted(DEMO.glob("*/programmation/programmation.csv"))
        if file.parts[-3] != "theatre-lanterne"
    ]
    tables += [
        (file, pd.DataFrame(json.loads(file.read_text("utf-8"))["programme"]))
        for file in sorted(DEMO.glob("*/programmation/programmation.json"))
    ]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "partner": file.parts[-3],
                    "title": rows["titre"],
                    "start": rows["debut"].str[:16],
                    "discipline": rows["discipline"],
                    "audience": rows["public"],
                    "venue": rows["lieu"],
                    "town": rows["ville"],
                    "code": rows["cp"],
                    "region": rows["region"],
                    "scheduled": True,
                }
            )
            for file, rows in tables
        ]
        or [pd.DataFrame()]
    )


def read_presenter() -> pd.DataFrame:
    sheets = read_sheets(DEMO / "diffusion-rivage/saison/saison.xlsx")
    halls = sheets["Salles"].set_index(sheets["Salles"]["Code"].str.casefold())
    rows = sheets["Programmation"]
    hall = halls.reindex(rows["Salle"].str.casefold()).reset_index(drop=True)
    return pd.DataFrame(
        {
            "partner": "diffusion-rivage",
            "title": rows["Titre"],
            "start": rows["Date et heure"].map(
                lambda at: f"{at:%Y-%m-%dT%H:%M}" if isinstance(at, datetime) else None
            ),
            "discipline": rows["Discipline"],
            "audience": rows["Public"],
            "venue": hall["Salle"],
            "town": hall["Ville"],
            "code": hall["Code postal"],
            "scheduled": rows["Statut"] != "ANNULÉ",
            "cancelled": rows["Statut"] == "ANNULÉ",
            "price": pd.to_numeric(rows["Prix"], errors="coerce"),
            "performer": rows["Compagnie"],
        }
    )


def read_dancers() -> pd.DataFrame:
    document = json.loads((DEMO / "danse-petit-nord/tournee/tournee.jsonld").read_text("utf-8"))
    rows = pd.json_normalize(document["@graph"])
    return pd.DataFrame(
        {
            "partner": "danse-petit-nord",
            "title": rows["name"],
            "start": rows["startDate"].str[:16],
            "discipline": "Danse",
            "audience": rows["audience"],
            "venue": rows["location.name"],
            "town": rows["location.address.addressLocality"],
            "code": rows["location.address.postalCode"],
            "scheduled": rows["eventStatus"] == "EventScheduled",
            "cancelled": rows["eventStatus"] == "EventCancelled",
            "work": rows["name"],
        }
    )


def read_festival() -> pd.DataFrame:
    sheets = read_sheets(DEMO / "festival-neiges/programme/programme.xlsx")
    places = sheets["Lieux"].set_index("Lieu")
    days = [rows.assign(day=day) for day, rows in sheets.items() if day != "Lieux"]
    rows = pd.concat(days, ignore_index=True)
    place = places.reindex(rows["Lieu"]).reset_index()
    cancelled = rows["Titre"].str.strip().str.startswith("ANNULÉ")
    return pd.DataFrame(
        {
            "partner": "festival-neiges",
            "title": rows["Titre"].str.replace(r"^\s*ANNULÉ\s*–\s*", "", regex=True),
            "start": rows["day"] + "T" + rows["Heure"],
            "discipline": rows["Discipline"],
            "audience": rows["Public"],
            "venue": rows["Lieu"],
            "town": place["Ville"],
            "code": place["Code postal"],
            "scheduled": ~cancelled,
            "cancelled": cancelled,
            "free": rows["Gratuit"] == "oui",
            "performer": rows["Artiste"],
            "main": "Festival",
        }
    )


def read_magazine() -> pd.DataFrame:
    rows = pd.read_csv(DEMO / "magazine-bottines/sorties/sorties.csv", dtype=str).fillna("")
    months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    number = {name: n for n, name in enumerate(months.split(), 1)}
    parts = rows["Quand"].str.extract(r"(\d+)(?:er)? (\w+) (\d{4})")
    days = (
        parts[2] + "-" + parts[1].map(number).map("{:02.0f}".format) + "-" + parts[0].str.zfill(2)
    )
    return pd.DataFrame(
        {
            "partner": "magazine-bottines",
            "title": rows["Quoi"],
            "start": days,
            "discipline": rows["Genre"],
            "audience": rows["Pour qui"],
            "venue": rows["Où"],
            "town": rows["Ville"],
            "code": rows["Code postal"],
            "scheduled": True,
            "cancelled": False,
            "free": rows["Coût"] == "Gratuit",
        }
    )


def read_museum() -> pd.DataFrame:
    document = json.loads((DEMO / "musee-marees/expositions/expositions.json").read_text("utf-8"))
    museum, rows = document["musee"], []
    for shown in document["expositions"]:
        common = {"partner": "musee-marees", "town": museum["ville"], "code": museum["cp"]}
        exhibition = {
            "title": shown["titre"]["fr"],
            "start": shown["debut"],
            "venue": shown["salle"],
            "discipline": "Muséologie",
            "audience": "Grand public",
            "scheduled": True,
        }
        rows.append(common | exhibition)
        rows += [
            common
            | {
                "title": activity["titre"],
                "start": activity["quand"][:16],
                "venue": museum["nom"],
                "discipline": activity["discipline"],
                "audience": activity["public"],
                "scheduled": activity["etat"] == "prévue",
                "cancelled": activity["etat"] == "annulée",
                "free": activity["gratuit"] is True,
                "main": shown["titre"]["fr"],
            }
            for activity in shown["activites"]
        ]
    return pd.DataFrame(rows)


def read_libraries() -> pd.DataFrame:
    text = (DEMO / "biblio-val-des-pins/activites/activites.ics").read_text("utf-8")
    unfolded, rows = re.sub(r"\r?\n[ \t]", "", text), []
    for block in unfolded.split("BEGIN:VEVENT")[1:]:
        fields: dict[str, Any] = {
            name: value.replace("\\,", ",")
            for name, value in re.findall(r"(?m)^([A-Z]+)[^:\r\n]*:(.*?)\r?$", block)
        }
        venue, _, address = fields["LOCATION"].partition(" — ")
        start = pd.Timestamp(fields["DTSTART"])
        rows.append(
            {
                "partner": "biblio-val-des-pins",
                "title": fields["SUMMARY"],
                "start": f"{start.tz_convert(HERE):%Y-%m-%dT%H:%M}"
                if start.tz
                else f"{start:%Y-%m-%d}",
                "discipline": fields["COMMENT"],
                "audience": fields["CATEGORIES"],
                "venue": venue,
                "town": re.sub(r"^.*, ([^,]*) \(Québec\).*$", r"\1", address),
                "code": address[-7:],
                "scheduled": fields["STATUS"] == "CONFIRMED",
                "cancelled": fields["STATUS"] == "CANCELLED",
            }
        )
    return pd.DataFrame(rows)


@cache
def read_announcements() -> pd.DataFrame:
    """Return the announcements of all partners that can be read, one a row.

    `outing` is what several partners announce as one thing: of a day, a town and a title.
    """
    tables = [
        read()
        for read in (
            read_theatre,
            read_evenings,
            read_presenter,
            read_dancers,
            read_festival,
            read_magazine,
            read_museum,
            read_libraries,
        )
    ]
    rows = pd.concat(tables, ignore_index=True)
    for flag in ("free", "scheduled", "cancelled"):
        rows[flag] = rows[flag].eq(True)  # noqa: FBT003 - what is unknown is not so
    rows["title"] = rows["title"].str.strip()
    rows["day"] = rows["start"].str[:10]
    rows["code"] = rows["code"].fillna("").str.replace(" ", "")
    rows["region"] = rows["region"].fillna(rows["code"].str[:2].map(REGIONS))
    for column, scheme in (("discipline", "discipline"), ("audience", "audience")):
        rows[column] = rows[column].fillna("").str.strip().str.casefold().map(labels(scheme))
    # The magazine adds the ages to the title.
    title = rows["title"].str.replace(r", [^,]*\bans$", "", regex=True).map(slug)
    rows["outing"] = rows["day"] + " " + rows["town"] + " " + title
    return rows
