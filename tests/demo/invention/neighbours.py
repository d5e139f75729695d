"""The magazine that relays, and the third party that adds up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .forms import Cell, in_words, money, slug, write_csv
from .season import BANDS, BRACKETS, PARTICIPANTS, YEAR, Figure, Invention, Occasion

Stratum = tuple[str, str, str, str]
"""A measure, a discipline, an area and an age bracket."""


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


def pooled_publics(made: Invention, file: Path) -> None:
    """Write the sums of the partners' figures and how many partners stand behind each."""
    sums: Counter[Stratum] = Counter()
    partners: Counter[Stratum] = Counter()
    for figures in _contributions(made):
        for key, value in figures.items():
            sums[key] += value
            partners[key] += 1
    heads = ["mesure", "discipline", "region", "age", "annee", "nombre", "partenaires"]
    rows: list[list[Cell]] = [[*key, YEAR, sums[key], partners[key]] for key in sorted(sums)]
    write_csv(file, [heads, *rows], delimiter=",")


def _contributions(made: Invention) -> Iterator[Counter[Stratum]]:
    """Give each partner's figures by the pool's strata; brackets that differ are left out."""
    tickets = [one for figures in made.tickets.values() for one in figures]
    survey = [one for figures in made.survey.values() for one in figures]
    for figures in (*made.figures.values(), tickets, survey, _library_figures(made)):
        found: Counter[Stratum] = Counter()
        for one in figures:
            if one.age in {*BRACKETS, *BANDS, "total"}:
                found[one.measure, one.discipline, one.area, one.age] += one.value
        yield found


def _library_figures(made: Invention) -> list[Figure]:
    """Give what the libraries counted of the whole network, organisations only in the total."""
    ages = (*BRACKETS, None, "total")
    counted = (("loans", made.loans()[-1]), ("attendance", PARTICIPANTS))
    return [
        Figure(measure, "literature", "14", age, value)
        for measure, values in counted
        for age, value in zip(ages, values, strict=True)
        if age
    ]
