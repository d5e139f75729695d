"""Houses of several regions and sizes: their audiences of two years, and what they announce."""

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .forms import Cell, money, slug, write_book, write_csv, write_json
from .season import YEAR, split_shares

AGES = ("0-11", "12-17", "18-34", "35-54", "55+")
LANGUAGES = ("français", "anglais", "autre langue")
CHANNELS = ("web", "guichet", "téléphone")
CHANNEL_SHARES = (0.68, 0.23, 0.09)
JSON_KEYS = {
    "0-11": "enfants",
    "12-17": "ados",
    "18-34": "jeunesAdultes",
    "35-54": "adultes",
    "55+": "aines",
    "français": "francais",
    "autre langue": "autre",
    "téléphone": "telephone",
    "entrées": "entrees",
}
"""The columns by their names in JSON, where paths have letters only."""
KINDS = ("individuels", "groupes", "scolaires")
MONTREAL, ALL, SEVERAL = "06", "toutes", "Plusieurs régions"
NEAREST = {"01": "03", "05": "16"}
"""Where people of an area go to see comedy, which tours in the others."""
LAST_YEAR = 0.93
"""The size of the year before, beside the last one."""

Facts = Mapping[str, Any]
Row = dict[str, Cell]
CONTENT: Facts = tomllib.loads(
    Path(__file__).with_name("audiences.toml").read_text(encoding="utf-8")
)
HOUSES: Facts = CONTENT["houses"]
MUSEUMS: Facts = CONTENT["museums"]
PROGRAMMES: Facts = CONTENT["programmes"]


def house_audiences(regions: Mapping[str, str], file: Path) -> None:
    """Write a house's audiences: ages by discipline, languages and channels of sale for all."""
    rows = list(_list_audiences(regions, file.parts[-3]))
    heads = list(rows[0])
    if file.suffix == ".json":
        write_json(
            file,
            [
                {JSON_KEYS.get(k, k): value for k, value in row.items() if value != ""}
                for row in rows
            ],
        )
    elif file.suffix == ".xlsx":
        write_book(file, {"Publics": [heads, *(list(row.values()) for row in rows)]})
    else:
        write_csv(file, [heads, *(list(row.values()) for row in rows)], delimiter=",")


def _list_audiences(regions: Mapping[str, str], name: str) -> Iterator[Row]:
    house = HOUSES[name]
    rng = random.Random(f"{name} audiences")  # noqa: S311 - figures for a demo, no secret
    people = dict.fromkeys(CONTENT["areas"], 0)
    earlier: list[Row] = []
    for discipline in house["disciplines"]:
        for area, size in CONTENT["areas"].items():
            facts = CONTENT["disciplines"][discipline]
            weight = facts["montreal" if area == MONTREAL else "regions"] * house["size"]
            total = round(weight * size * rng.uniform(0.85, 1.15))
            total = round(total * (1.3 if area == house["home"] != MONTREAL else 1))
            shares = facts["ages"] if area == MONTREAL else facts.get("elsewhere", facts["ages"])
            where = regions[NEAREST.get(area, area)] if discipline == "comedy" else SEVERAL
            ages = dict(zip(AGES, split_shares(total, shares, rng), strict=True))
            row = _row(name, [YEAR, discipline, where, regions[area]])
            yield row | ages | {"entrées": total}
            before = round(total * LAST_YEAR * rng.uniform(0.93, 1.04))
            earlier.append(
                _row(name, [YEAR - 1, discipline, where, regions[area]]) | {"entrées": before}
            )
            people[area] += total
    for area, total in people.items():
        languages = dict(zip(LANGUAGES, list_languages(area, total), strict=True))
        row = _row(name, [YEAR, ALL, SEVERAL, regions[area]]) | languages
        if house.get("tickets"):
            sold = split_shares(round(total * 0.9), CHANNEL_SHARES, rng)
            row |= dict(zip(CHANNELS, sold, strict=True)) | {"billets": sum(sold)}
        yield row
    yield from earlier


def list_languages(area: str, total: int) -> list[int]:
    """Split people of an area by language."""
    rng = random.Random(f"{area} {total} languages")  # noqa: S311 - invented figures
    english = CONTENT["anglophones"][area] / 100
    return split_shares(total, (0.96 - english, english, 0.04), rng)


def _row(name: str, strata: Sequence[Cell]) -> Row:
    """Return a row without figures, its columns in their order."""
    heads = ["annee", "discipline", "lieu", "region", *AGES, *LANGUAGES]
    heads += [*CHANNELS, "billets"] if HOUSES[name].get("tickets") else []
    return dict.fromkeys([*heads, "entrées"], "") | dict(zip(heads[:4], strata, strict=True))


def museum_audiences(regions: Mapping[str, str], file: Path) -> None:
    """Write a museum's visits, by ages and by kinds of visitors."""
    rng = random.Random(f"{file.parts[-3]} visits")  # noqa: S311 - figures for a demo, no secret
    rows: list[list[Cell]] = [["annee", "region", *AGES, *KINDS, "visites"]]
    for area, size in MUSEUMS[file.parts[-3]].items():
        total = round(size * rng.uniform(0.9, 1.1))
        rows.append([YEAR, regions[area], *split_visits(total, rng), total])
    write_csv(file, rows)


def split_visits(total: int, rng: random.Random) -> list[int]:
    """Split visits by age, then by kind of visitor."""
    ages = split_shares(total, (0.19, 0.09, 0.16, 0.29, 0.27), rng)
    return [*ages, *split_shares(total, (0.7, 0.12, 0.18), rng)]


def house_programme(publics: Mapping[str, str], regions: Mapping[str, str], file: Path) -> None:
    """Write what a house announces, each night at home."""
    name = file.parts[-3]
    programme = PROGRAMMES[name]
    venue = programme["venue"]
    rows: list[Row] = []
    for number in range(programme["times"]):
        act = programme["acts"][number % len(programme["acts"])]
        start: datetime = programme["first"] + timedelta(days=number * programme["every"])
        end = start + timedelta(minutes=programme["minutes"])
        rows.append(
            {
                "numero": f"{slug(name)}-{number + 1:03}",
                "titre": act["title"],
                "debut": f"{start:%Y-%m-%dT%H:%M}",
                "fin": f"{end:%Y-%m-%dT%H:%M}",
                "discipline": act["discipline"],
                "public": publics[act["public"]],
                "prix": money(act["price"]) if file.suffix == ".csv" else act["price"],
                "lieu": venue["name"],
                "adresse": venue["street"],
                "ville": venue["city"],
                "cp": venue["postal"],
                "region": regions[venue["region"]],
            }
        )
    if file.suffix == ".json":
        write_json(file, {"programme": rows})
    else:
        write_csv(file, [list(rows[0]), *(list(row.values()) for row in rows)])
