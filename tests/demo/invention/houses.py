"""The museum, the libraries and the festival, in their own files."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from .audiences import AGES, JSON_KEYS, KINDS, split_visits
from .forms import WRITTEN, Cell, grouped, slug, write_book, write_csv, write_json
from .season import PARTICIPANTS, YEAR, Facts, Invention, Occasion, Venue, by_area

ZONE = ZoneInfo("America/Toronto")


def museum_exhibitions(made: Invention, file: Path) -> None:
    """Write the museum's exhibitions, each with its activities."""
    shows = [_exhibition(row) for row in made.facts["exhibitions"]]
    for turn, one in enumerate(made.by("Musée des Marées")):
        day = f"{one.start:%Y-%m-%d}"
        open_then = [show for show in shows if show["debut"] <= day <= show["fin"]]
        open_then[turn % len(open_then)]["activites"].append(_museum_activity(made, one))
    marees = made.venues["marees"]
    place = {
        "nom": marees.name,
        "rue": marees.street,
        "ville": marees.city,
        "cp": marees.postal,
        "position": {"lat": marees.latitude, "lon": marees.longitude},
    }
    write_json(file, {"musee": place, "expositions": shows})


def _exhibition(row: Facts) -> dict[str, Any]:
    """Describe an exhibition, its activities yet to come."""
    return {
        "id": row["key"],
        "titre": row["title"],
        "debut": row["first"].isoformat(),
        "fin": row["last"].isoformat(),
        "salle": row["room"],
        "activites": [],
    }


def _museum_activity(made: Invention, one: Occasion) -> dict[str, object]:
    """Describe an activity; one does not know yet whether it is free."""
    free: object = "peut-être" if f"{one.start:%Y-%m-%d}" == "2026-11-12" else not one.price
    return {
        "id": f"{slug(one.title)}-{one.start:%Y%m%d}",
        "titre": one.title,
        "quand": f"{one.start:%Y-%m-%dT%H:%M}",
        "discipline": one.discipline,
        "public": made.public(one.public),
        "gratuit": free,
        "etat": "annulée" if one.cancelled else "prévue",
    }


def museum_visits(made: Invention, file: Path) -> None:
    """Write the museum's visits: the year is a key, the ages are members."""
    chance = Random("musee-marees visits")  # noqa: S311 - figures for a demo, no secret
    rows = []
    for area, (*ages, total) in by_area(made.figures["musee-marees"]):
        kinds = split_visits(total, chance)[len(ages) :]
        names = (*(JSON_KEYS[age] for age in AGES), *KINDS, "total")
        strata = zip(names, (*ages, *kinds, total), strict=True)
        rows.append({"region": made.region(area), **dict(strata)})
    write_json(file, {str(YEAR): rows})


def library_calendar(made: Invention, file: Path) -> None:
    """Write the libraries' activities as a calendar in universal time."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Bibliothèques de Val-des-Pins (inventées)//FR")
    calendar.add("version", "2.0")
    for one in made.by("Bibliothèques de Val-des-Pins"):
        calendar.add_component(_calendar_event(made, one))
    file.write_bytes(calendar.to_ical())


def _calendar_event(made: Invention, one: Occasion) -> icalendar.Event:
    """Describe an activity as a component."""
    venue, event = one.venue, icalendar.Event()
    start = one.start.replace(tzinfo=ZONE).astimezone(UTC)
    event.add("uid", f"{slug(one.title)}-{one.start:%Y%m%d}")
    event.add("dtstamp", WRITTEN)
    event.add("dtstart", start if one.minutes else one.start.date())
    if one.minutes:
        event.add("dtend", start + timedelta(minutes=one.minutes))
    event.add("summary", one.title)
    event.add("location", f"{venue.name} — {venue.street}, {venue.city} (Québec) {venue.postal}")
    event.add("categories", [made.public(one.public)])
    event.add("comment", one.discipline)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    return event


def library_loans(made: Invention, file: Path) -> None:
    """Write loans and participants: strata as columns, a heading above them, one cell unknown."""
    heads = ["BIBLIOTHÈQUE", "Indicateur", "Jeunes", "Adultes", "Aînés", "Organismes", "TOTAL"]
    names = [made.venues[key].name for key in made.facts["loans"]]
    rows = [
        [name, "Prêts", *(grouped(count, " ") for count in counts)]
        for name, counts in zip((*names, "Réseau"), made.loans(), strict=True)
    ]
    rows[1][5] = "n/d"
    people = ["Réseau", "Participants", *(grouped(count, " ") for count in PARTICIPANTS)]
    title = [[f"Statistiques {YEAR} (inventées)"] + [""] * 6, [""] * 7]
    write_csv(file, [*title, heads, *rows, people], encoding="utf-8-sig")


def festival_programme(made: Invention, file: Path) -> None:
    """Write the festival's programme: a sheet a day, and one for the places."""
    heads = ["Heure", "Titre", "Artiste", "Discipline", "Public", "Lieu", "Gratuit"]
    sheets: dict[str, list[list[Cell]]] = {}
    for number, one in enumerate(made.festival, 1):
        free = "à confirmer" if number == 23 else "non" if one.price else "oui"
        title = f"ANNULÉ – {one.title}" if one.cancelled else one.title
        public = made.public(one.public)
        line = [f"{one.start:%H:%M}", title, one.by, one.discipline, public, one.venue.name, free]
        sheets.setdefault(f"{one.start:%Y-%m-%d}", [[*heads]]).append([*line])
    places = [made.venues[key] for key in made.facts["festival"]["places"]]
    sheets["Lieux"] = list(_places(places))
    write_book(file, sheets)


def _places(places: list[Venue]) -> Iterator[list[Cell]]:
    """Give the sheet of the festival's places."""
    yield ["Lieu", "Adresse", "Ville", "Code postal", "Genre", "Latitude", "Longitude"]
    for one in places:
        where = (one.latitude, one.longitude)
        yield [one.name, one.street, one.city, one.postal, one.kind, *where]


def festival_survey(made: Invention, file: Path) -> None:
    """Write the festival's survey, with how many people answered."""
    heads = ["Année", "Discipline", "Provenance", "18-34 ans", "35-64 ans", "65 ans et plus"]
    rows: list[list[Cell]] = [[*heads, "Ensemble", "Répondants"]]
    for label, figures in made.survey.items():
        for area, counts in by_area(figures):
            rows.append([YEAR, label, made.region(area), *counts, counts[-1] // 24 + 8])
    write_book(file, {"Résultats": rows})
