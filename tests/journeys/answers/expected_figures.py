"""What the questions on figures must answer, by the source files alone.

Each function takes the rows of the answer in French and asserts what holds. A pooled figure is a
multiple of 5 and less than 5 from the sum of what the partners sent; a suppressed one is absent,
never zero.
"""

import re
from collections.abc import Callable
from math import prod

import pandas as pd

from tests.journeys.answers.figures import (
    ALL_AGES,
    BANDS,
    EVERYWHERE,
    MEASURES,
    bounds,
    read_attendance,
    read_box_office,
    read_performances,
    read_table,
    to_numbers,
)
from tests.journeys.answers.offerings import DEMO, labels, read_announcements

Row = dict[str, str]
Rows = list[Row]
Check = Callable[[Rows], None]
UNIT = 5
"""What published figures are multiples of."""


def plain(region: str) -> str:
    """Return the name that files give a region: the ontology tells it from the city."""
    return region.removesuffix(" (région administrative)")


def assert_published(value: str, exact: float) -> None:
    """Assert that a published figure is the rounded sum."""
    assert float(value) % UNIT == 0
    assert abs(float(value) - exact) < UNIT, (value, exact)


def assert_contributors(text: str, partners: int) -> None:
    """Assert that a figure says of how many partners it is, exactly or at least."""
    assert int(text.removesuffix("+")) <= partners if text.endswith("+") else int(text) == partners
    assert int(text.removesuffix("+")) >= 3


def latest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the entries of the latest year, of events anywhere."""
    return rows[rows["year"] == rows["year"].max()]


def sum_entries(rows: pd.DataFrame) -> tuple[float, int]:
    return float(rows["n"].sum()), rows["partner"].nunique()


def everywhere(rows: pd.DataFrame) -> pd.DataFrame:
    """Return entries of events of all regions: a partner that tells them apart gives no total."""
    apart = rows[rows["there"] != EVERYWHERE]
    wholes = rows[rows["there"] == EVERYWHERE]
    keys = ["partner", "year", "art", "home", "age"]
    merged = apart.merge(wholes[keys].drop_duplicates(), on=keys, how="left", indicator=True)
    return pd.concat([wholes, merged[merged["_merge"] == "left_only"]])


def publics_par_age(rows: Rows) -> None:
    entries = everywhere(latest(read_attendance()))
    entries = entries[entries["age"].map(bounds).notna()]
    assert rows
    for row in rows:
        low, high = BANDS[row["age"]]
        within = (
            entries["age"]
            .map(bounds)
            .map(lambda b, low=low, high=high: low <= b[0] and b[1] <= high)
        )
        matches = entries[within & (entries["art"] == row["discipline"])]
        exact, partners = sum_entries(matches)
        assert_published(row["attendance"], exact)
        assert_contributors(row["partners"], partners)
    assert len({(row["discipline"], row["age"]) for row in rows}) == len(rows)


def publics_par_region(rows: Rows) -> None:
    entries = everywhere(latest(read_attendance()))
    entries = entries[entries["age"] == ALL_AGES]
    assert len({row["residence"] for row in rows}) == len(rows) > 0
    for row in rows:
        exact, partners = sum_entries(entries[entries["home"] == plain(row["residence"])])
        assert_published(row["attendance"], exact)
        assert_contributors(row["partners"], partners)


def publics_par_millier(rows: Rows) -> None:
    publics_par_region([row | {"partners": "3+"} for row in rows])
    for row in rows:
        exact = 1000 * float(row["attendance"]) / float(row["inhabitants"])
        assert abs(float(row["perThousand"]) - exact) <= 0.05
        assert not row["covered"] or 0 < float(row["covered"]) <= 100


def list_pooled_strata() -> dict[tuple[str, str], tuple[float, int]]:
    """Return the entries and the partners of each discipline and region of residence."""
    entries = everywhere(latest(read_attendance()))
    entries = entries[entries["age"] == ALL_AGES]
    return {key: sum_entries(group) for key, group in entries.groupby(["art", "home"])}


def scheduled_strata() -> set[tuple[str, str]]:
    events = read_announcements()
    events = events[events["scheduled"]]
    return set(zip(events["discipline"], events["region"], strict=True))


def publics_sans_offre(rows: Rows) -> None:
    """Of the published strata, exactly those of which no performance is announced."""
    pooled, scheduled = list_pooled_strata(), scheduled_strata()
    assert rows
    for row in rows:
        key = row["discipline"], plain(row["residence"])
        assert key not in scheduled
        assert_published(row["attendance"], pooled[key][0])
        assert_contributors(row["partners"], pooled[key][1])


def offres_et_publics(rows: Rows) -> None:
    """Each outing once, beside the entries of its discipline among those who live in its region."""
    pooled, events = list_pooled_strata(), read_announcements()
    shown = {(row["discipline"], plain(row["area"])): row["attendance"] for row in rows}
    for key, attendance in shown.items():
        assert_published(attendance, pooled[key][0])
    events = events[events["scheduled"]]
    strata = pd.Series(zip(events["discipline"], events["region"], strict=True), events.index)
    assert len(rows) == events[strata.isin(shown)]["outing"].nunique()


def billets_par_mois(rows: Rows) -> None:
    sums = read_box_office().groupby(["Mois", "Discipline"])
    assert len({(row["month"], row["discipline"]) for row in rows}) == len(rows) > 12
    for row in rows:
        group = sums.get_group((row["month"], row["discipline"]))
        assert_published(row["tickets"], group["Billets vendus"].sum())
        assert_contributors(row["partners"], group["partner"].nunique())


def tendance_membres_presents(rows: Rows) -> None:
    """Compare a month with that of a year before, each of the same partners."""
    sums = read_box_office().groupby(["Mois", "Discipline"])
    assert len({(row["month"], row["discipline"]) for row in rows}) == len(rows) > 0
    for row in rows:
        year, _, month = row["month"].partition("-")
        now = sums.get_group((row["month"], row["discipline"]))
        before = sums.get_group((f"{int(year) - 1}-{month}", row["discipline"]))
        assert set(now["partner"]) == set(before["partner"])
        assert_published(row["tickets"], now["Billets vendus"].sum())
        assert_published(row["before"], before["Billets vendus"].sum())
        assert_contributors(row["partners"], now["partner"].nunique())
        assert abs(float(row["index"]) - 100 * float(row["tickets"]) / float(row["before"])) <= 0.05


def occupation_par_saison(rows: Rows) -> None:
    months = read_box_office()
    first = months["Mois"].str[:4].astype(int) - (months["Mois"].str[5:].astype(int) < 9)
    season = first.astype(str) + "-" + (first + 1).astype(str)
    sums = months.groupby([season, "Discipline"])
    assert len({(row["season"], row["discipline"]) for row in rows}) == len(rows) >= 4
    for row in rows:
        group = sums.get_group((row["season"], row["discipline"]))
        total = group[MEASURES].sum()
        entries = total["Billets vendus"] + total["Billets de faveur"]
        assert abs(float(row["attendance"]) - entries) < 2 * UNIT
        assert abs(float(row["performances"]) - total["Représentations"]) < UNIT
        assert abs(float(row["rate"]) - 100 * entries / total["Billets disponibles"]) < 0.1
        assert_contributors(row["partners"], group["partner"].nunique())


def prix_moyen_par_taille(rows: Rows) -> None:
    sizes = {
        slug: size
        for slug in read_box_office()["partner"].unique()
        if (size := read_size(slug)) is not None
    }
    months = read_box_office()
    sums = months.groupby([months["Mois"].str[:4], months["partner"].map(sizes)])
    assert len({(row["year"], row["size"]) for row in rows}) == len(rows) > 0
    for row in rows:
        group = sums.get_group((row["year"], row["size"]))
        total = group[MEASURES].sum()
        assert_published(row["tickets"], total["Billets vendus"])
        assert_published(row["revenue"], total["Recettes"])
        assert abs(float(row["average"]) - total["Recettes"] / total["Billets vendus"]) < 0.01
        assert_contributors(row["partners"], group["partner"].nunique())


def read_size(partner: str) -> str | None:
    """Return the label of a partner's size: what it says, or by the seats that it offers a year."""
    text = (DEMO / partner / "partner.ttl").read_text("utf-8")
    code = text.partition("concept/organization-size/")[2].partition(">")[0]
    counts = [re.search(rf"parvis:{name} (\d+)", text) for name in ("seats", "performancesPerYear")]
    if not code and all(counts):
        offered = prod(int(count[1]) for count in counts if count)
        code = "small" if offered < 10_000 else "medium" if offered < 50_000 else "large"
    names = {"large": "grand", "medium": "moyen", "small": "petit"}
    return labels("organization-size")[names[code]] if code else None


def origine_des_publics(rows: Rows) -> None:
    entries = latest(read_attendance())
    entries = entries[entries["age"] == ALL_AGES]
    sums = entries.groupby(["art", "there", "home"])
    assert len(rows) > 3
    for row in rows:
        key = row["discipline"], plain(row["eventArea"]), plain(row["residence"])
        assert key[1] != EVERYWHERE
        group = sums.get_group(key)
        assert_published(row["attendance"], group["n"].sum())
        assert_contributors(row["partners"], group["partner"].nunique())


# What a theatre publishes itself, performance by performance.


def read_shows() -> pd.DataFrame:
    """Return the performances in all, with their title and weekday."""
    rows = read_performances()
    rows = rows[rows["Type de prix"] == "Tous les prix"].copy()
    for column in ("Billets disponibles", "Billets vendus", "Billets de faveur", "Recettes"):
        rows[column] = to_numbers(rows[column])
    programme = read_table(DEMO / "theatre-lanterne/programmation/programmation.csv")
    rows["production"] = rows["No"].map(programme.set_index("No")["Spectacle"].str.strip())
    days = ["Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche"]
    rows["weekday"] = pd.to_datetime(rows["Date"]).dt.day_of_week.map(dict(enumerate(days)))
    return rows.assign(discipline="Théâtre", month=rows["Date"].str[:7])


def occupancy_by(column: str) -> Check:
    def check(rows: Rows) -> None:
        sums = read_shows().groupby(column)
        assert {row[column] for row in rows} == set(sums.groups)
        for row in rows:
            group = sums.get_group(row[column])
            entries = group["Billets vendus"].sum() + group["Billets de faveur"].sum()
            assert int(row["performances"]) == len(group)
            assert int(row["attendance"]) == entries
            assert (
                abs(float(row["rate"]) - 100 * entries / group["Billets disponibles"].sum()) <= 0.05
            )
            assert row["partners"] == "1"

    return check


def prix_moyen_par_mois(rows: Rows) -> None:
    sums = read_shows().groupby("month")
    assert [row["month"] for row in rows] == sorted(sums.groups)
    for row in rows:
        group = sums.get_group(row["month"])
        tickets, revenue = group["Billets vendus"].sum(), group["Recettes"].sum()
        assert (int(row["performances"]), int(row["tickets"])) == (len(group), tickets)
        assert abs(float(row["revenue"]) - revenue) < 0.005
        assert abs(float(row["average"]) - revenue / tickets) <= 0.005


def recettes_par_type_de_prix(rows: Rows) -> None:
    prices = read_performances()
    prices = prices[prices["Type de prix"] != "Tous les prix"]
    names = {"Plein tarif": "Prix régulier", "Tarif réduit": "Prix réduit"}
    sums = prices.assign(
        tickets=to_numbers(prices["Billets vendus"]), money=to_numbers(prices["Recettes"])
    ).groupby(prices["Type de prix"].replace(names))
    assert {row["name"] for row in rows} == set(sums.groups)
    for row in rows:
        group = sums.get_group(row["name"])
        assert int(row["tickets"]) == group["tickets"].sum()
        assert abs(float(row["revenue"]) - group["money"].sum()) < 0.005
        assert abs(float(row["average"]) - group["money"].sum() / group["tickets"].sum()) <= 0.005


def prets_par_public(rows: Rows) -> None:
    file = DEMO / "biblio-val-des-pins/prets/prets.csv"
    table = pd.read_csv(file, sep=";", encoding="utf-8-sig", skiprows=2, dtype=str)
    table = table[(table["Indicateur"] == "Prêts") & (table["BIBLIOTHÈQUE"] != "Réseau")]
    ages = {"Jeunes": "0 à 13 ans", "Adultes": "14 à 64 ans", "Aînés": "65 ans et plus"}
    expected = {
        (line["BIBLIOTHÈQUE"], label): int(to_numbers(pd.Series([line[column]])).iloc[0])
        for _, line in table.iterrows()
        for column, label in ages.items()
    }
    assert {(row["library"], row["age"]): int(row["loans"]) for row in rows} == expected


CHECKS: dict[str, Check] = {
    "billets-par-mois": billets_par_mois,
    "meilleurs-jours": occupancy_by("weekday"),
    "occupation-par-discipline": occupancy_by("discipline"),
    "occupation-par-saison": occupation_par_saison,
    "offres-et-publics": offres_et_publics,
    "origine-des-publics": origine_des_publics,
    "prets-par-public": prets_par_public,
    "prix-moyen-par-mois": prix_moyen_par_mois,
    "prix-moyen-par-taille": prix_moyen_par_taille,
    "publics-par-age": publics_par_age,
    "publics-par-millier-d-habitants": publics_par_millier,
    "publics-par-region": publics_par_region,
    "publics-sans-offre": publics_sans_offre,
    "recettes-par-type-de-prix": recettes_par_type_de_prix,
    "remplissage-des-spectacles": occupancy_by("production"),
    "tendance-membres-presents": tendance_membres_presents,
}
