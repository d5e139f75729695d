"""The magazine that relays."""

from dataclasses import replace
from pathlib import Path

from .forms import Cell, in_words, money, slug, write_csv
from .season import Invention, Occasion


def magazine_outings(made: Invention, file: Path) -> None:
    """Write the magazine's listings: others' outings for small children, and its own."""
    young = {"children-0-3", "children-4-7", "families"}
    own = made.by("Bottines et doudous")
    festival = made.facts["festival"]["by"]
    others = [
        one
        for one in (
            *made.shows,
            *made.activities,
            *(replace(one, by=festival) for one in made.festival),
        )
        if one.public in young and one not in own and not one.cancelled
    ]
    chosen = sorted(made.rng.sample(others, 66), key=lambda one: (one.start, one.title))
    heads = [
        "Quoi",
        "Genre",
        "Quand",
        "Où",
        "Adresse",
        "Ville",
        "Code postal",
        "Qui",
        "Pour qui",
        "Coût",
        "Lien",
        "NEQ",
        "Wikidata",
    ]
    rows = [_outing(made, one) for one in (*chosen, *own)]
    rows[9][8] = "dès la marche"
    write_csv(file, [heads, *rows], delimiter=",")


def _outing(made: Invention, one: Occasion) -> list[Cell]:
    """Describe an outing in the magazine's words: the day in letters, no hour."""
    venue, own = one.venue, one.venue.key == "bottine"
    small = "" if own or one.public == "families" else f", {made.public(one.public)}"
    return [
        one.title + small,
        one.discipline,
        in_words(one.start.date()),
        venue.name if own else venue.other,
        venue.street if own else venue.other_street,
        venue.city,
        venue.postal,
        made.called(one.by, "magazine"),
        made.public(one.public),
        money(one.price),
        f"https://bottines.example/sorties/{slug(one.title)}",
        made.neq(one.by),
        venue.wikidata,
    ]


def magazine_readers(made: Invention, file: Path) -> None:
    """Write whom the magazine reaches."""
    rows: list[list[Cell]] = [
        [row["public"], made.region(row["region"]), row["language"], row["channel"], row["size"]]
        for row in made.facts["reach"]
    ]
    heads = ["Public", "Région", "Langue", "Canal", "Personnes"]
    write_csv(file, [heads, *rows], delimiter=",")
