"""The theatre, the dance company and the presenter, in their own files."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from .audiences import AGES, LANGUAGES, list_languages
from .forms import Cell, Rows, grouped, money, slug, write_book, write_csv, write_json
from .season import BANDS, YEAR, Invention, Occasion, Venue, by_area

ZONE = ZoneInfo("America/Toronto")
WIKIDATA = "http://www.wikidata.org/entity/"


def theatre_season(made: Invention, file: Path) -> None:
    """Write the theatre's performances: Windows-1252, semicolons, decimal commas."""
    heads = "No;Spectacle;Date;Lieu;Adresse;Ville;Code postal;Région;Discipline;Public visé;Prix"
    rows = []
    for number, one in enumerate(made.by("Théâtre de la Lanterne"), 1):
        home, venue = one.venue.key == "lanterne", one.venue
        price = "prix à venir" if number == 12 else money(one.price)
        postal = "" if venue.key == "canal" else venue.postal
        where = (venue.name, venue.street) if home else (venue.other, venue.other_street)
        rows.append(
            [
                f"LAN-{number:03}",
                one.title,
                f"{one.start:%d/%m/%Y %H:%M}",
                *where,
                venue.city,
                postal,
                made.region(venue.region),
                one.discipline,
                made.public(one.public),
                price,
                "Annulé" if one.cancelled else "Confirmé",
                f"https://lanterne.example/spectacles/{slug(one.title)}",
                venue.wikidata,
            ]
        )
    write_csv(
        file, [[*heads.split(";"), "Statut", "Page", "Wikidata du lieu"], *rows], encoding="cp1252"
    )


PRICES = (("Plein tarif", 0.55, 1.0), ("Tarif réduit", 0.25, 0.7), ("Abonnement", 0.2, 0.8))
"""The shares of the tickets of each price, and what each costs of the whole price."""
KNOWN = datetime(2026, 11, 23)  # noqa: DTZ001 - as the theatre writes it
"""The day of the theatre's last figures."""


def theatre_box_office(made: Invention, file: Path) -> None:
    """Write the figures of the theatre's performances at home, for all prices and by price."""
    heads = "No;Date;Type de prix;En date du;Jauge;Places bloquées;Billets disponibles"
    heads += ";Billets vendus;Billets de faveur;Recettes"
    # Chances of its own: those of the other files stay as they are.
    chance, rows = Random("représentations"), list[list[Cell]]()  # noqa: S311 - invented figures
    for number, occasion in enumerate(made.by("Théâtre de la Lanterne"), 1):
        if occasion.venue.key != "lanterne" or occasion.cancelled or occasion.start > KNOWN:
            continue
        blocked, gifts = chance.randrange(4, 13), chance.randrange(3, 19)
        sold = chance.randrange(96, 225) - gifts
        key = [f"LAN-{number:03}", f"{occasion.start:%Y-%m-%d}"]
        counts = [round(sold * share) for _, share, _ in PRICES[1:]]
        counts.insert(0, sold - sum(counts))
        revenues = [
            n * occasion.price * part for n, (_, _, part) in zip(counts, PRICES, strict=True)
        ]
        seats = ["240", str(blocked), str(240 - blocked)]
        total = [str(sold), str(gifts), f"{sum(revenues):.2f}".replace(".", ",")]
        rows.append([*key, "Tous les prix", f"{KNOWN:%Y-%m-%d}", *seats, *total])
        for (name, _, _), count, revenue in zip(PRICES, counts, revenues, strict=True):
            figures = [str(count), "", f"{revenue:.2f}".replace(".", ",")]
            rows.append([*key, name, f"{KNOWN:%Y-%m-%d}", "", "", "", *figures])
    write_csv(file, [heads.split(";"), *rows], encoding="cp1252")


def theatre_publics(made: Invention, file: Path) -> None:
    """Write the theatre's public by age columns."""
    ages = [f"{band} ans" for band in BANDS[:-1]]
    heads = ["Année", "Région", *ages, "75 ans et plus", "Total"]
    heads += [language.capitalize() for language in LANGUAGES]
    rows: list[list[Cell]] = [
        [str(YEAR), made.region(area), *map(grouped, [*counts, *list_languages(area, counts[-1])])]
        for area, counts in by_area(made.figures["theatre-lanterne"])
    ]
    write_csv(file, [heads, *rows], encoding="cp1252")


def dance_tour(made: Invention, file: Path) -> None:
    """Write the dance company's tour as its web site does: JSON-LD of schema.org."""
    site = "https://petitnord.example"
    graph = [
        {
            "@type": "DanceEvent",
            "@id": f"{site}/dates/{slug(one.title)}-{one.start:%Y%m%d}",
            "identifier": f"{slug(one.title)}-{one.start:%Y%m%d}",
            "name": one.title,
            "url": f"{site}/{slug(one.title)}",
            "startDate": one.start.replace(tzinfo=ZONE).isoformat(),
            "eventStatus": "Event" + ("Cancelled" if one.cancelled else "Scheduled"),
            "audience": made.public(one.public),
            "location": _schema_place(one.venue, made.wikidata(one.venue, "dance")),
            "offers": {
                "@type": "Offer",
                "availability": "SoldOut" if one.start.day % 10 == 0 else "InStock",
                "isAccessibleForFree": False,
                "url": f"{site}/billets/{slug(one.title)}",
            },
        }
        for one in made.by("Danse Petit Nord")
    ]
    write_json(file, {"@context": "https://schema.org/", "@graph": graph})


def _schema_place(venue: Venue, wikidata: str) -> dict[str, object]:
    """Describe a venue as a tour's page would."""
    address = {
        "@type": "PostalAddress",
        "streetAddress": venue.other_street,
        "addressLocality": venue.city,
        "postalCode": venue.postal.replace(" ", ""),
    }
    place: dict[str, object] = {"@type": "Place", "name": venue.other, "address": address}
    return place | ({"sameAs": WIKIDATA + wikidata} if wikidata else {})


def dance_publics(made: Invention, file: Path) -> None:
    """Write the dance company's public by age columns."""
    rows: list[list[Cell]] = [
        [YEAR, made.region(area), *counts, *list_languages(area, counts[-1])]
        for area, counts in by_area(made.figures["danse-petit-nord"])
    ]
    heads = ["annee", "region", *AGES, "total", *LANGUAGES]
    write_csv(file, [heads, *rows], delimiter=",")


def presenter_book(made: Invention, *files: Path) -> None:
    """Write the presenter's workbook: halls, programme, box office."""
    keys = ("quai", "embruns", "moulin", "capbleu", "erables")
    halls = [made.venues[key] for key in keys]
    programme = sorted(
        (one for one in made.shows if one.venue in halls), key=lambda one: (one.start, one.title)
    )
    sheets: dict[str, Rows] = {
        "Salles": [
            ["Diffusion Rivage (inventée) — nos salles"],
            [],
            [
                *("Code", "Salle", "Adresse", "Ville", "Code postal", "Région", "Places"),
                *("Wikidata", "Latitude", "Longitude"),
            ],
            *(_hall(made, hall) for hall in halls),
        ],
        "Programmation": [
            ["Saison 2026-2027"],
            [],
            [
                "No",
                "Titre",
                "Compagnie",
                "Discipline",
                "Salle",
                "Date et heure",
                "Public",
                "Prix",
                "Statut",
                "NEQ",
            ],
            *(_listed(made, number, one) for number, one in enumerate(programme, 1)),
        ],
        "Billetterie": list(_box_office(made)),
    }
    for file in files:
        write_book(file, sheets)


def _hall(made: Invention, hall: Venue) -> list[Cell]:
    """Describe a hall; one of them does not know its seats."""
    seats: Cell = "env. 275" if hall.key == "embruns" else hall.seats
    region = made.region(hall.region)
    return [
        hall.key.upper(),
        hall.name,
        hall.street,
        hall.city,
        hall.postal,
        region,
        seats,
        hall.wikidata,
        hall.latitude,
        hall.longitude,
    ]


def _listed(made: Invention, number: int, one: Occasion) -> list[Cell]:
    """Describe a performance in the presenter's words."""
    price: Cell = "35 $ / 30 $" if number == 40 else one.price
    public = "Tous les curieux" if number == 55 else made.public(one.public)
    return [
        f"R27-{number:03}",
        one.title,
        made.called(one.by, "presenter"),
        one.discipline,
        one.venue.key.upper(),
        one.start,
        public,
        price,
        "ANNULÉ" if one.cancelled else "",
        made.neq(one.by, "presenter"),
    ]


def _box_office(made: Invention) -> Iterator[list[Cell]]:
    """Tell tickets sold and people who came, by discipline and region."""
    yield ["Année", "Discipline", "Région", "Billets vendus", "Entrées"]
    for label, figures in made.tickets.items():
        for area, counts in by_area(figures):
            yield [YEAR, label, made.region(area), *counts]
