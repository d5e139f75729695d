"""What the questions on offerings must answer, by the source files alone."""

import json
from collections import Counter
from collections.abc import Callable

import pandas as pd

from tests.journeys.answers.expected_figures import list_pooled_strata, plain
from tests.journeys.answers.figures import list_pooled_datasets, read_table
from tests.journeys.answers.offerings import CHILDREN, DEMO, read_announcements, read_sheets, slug

Row = dict[str, str]
Rows = list[Row]
Check = Callable[[Rows], None]


def scheduled() -> pd.DataFrame:
    events = read_announcements()
    return events[events["scheduled"]]


def count_outings(events: pd.DataFrame, *columns: str) -> dict[tuple[str, ...], int]:
    """Count each outing once, whoever announces it, by columns."""
    groups = events.dropna(subset=[*columns]).groupby([*columns])["outing"].nunique()
    return {key if isinstance(key, tuple) else (key,): int(n) for key, n in groups.items()}


def calendrier_par_mois(rows: Rows) -> None:
    events = scheduled()
    events = events.assign(month=events["day"].str[:7])
    answer = {(row["month"], row["discipline"]): int(row["events"]) for row in rows}
    assert answer == count_outings(events, "month", "discipline")
    assert len(answer) == len(rows)


def offres_par_public_vise(rows: Rows) -> None:
    answer = {(plain(row["area"]), row["audience"]): int(row["events"]) for row in rows}
    assert answer == count_outings(scheduled(), "region", "audience")
    assert len(answer) == len(rows)


def offres_sans_public_connu(rows: Rows) -> None:
    """Neither counted nor suppressed: of the disciplines and regions that no figure is of."""
    counts = count_outings(scheduled(), "discipline", "region")
    answer = {(row["discipline"], plain(row["area"])): int(row["events"]) for row in rows}
    counted = {*list_pooled_strata(), *list_other_strata()}
    assert answer == {key: n for key, n in counts.items() if key not in counted}


def list_other_strata() -> set[tuple[str, str]]:
    """Return the disciplines and regions of the visits and tickets that are pooled too."""
    strata: set[tuple[str, str]] = set()
    pooled = list_pooled_datasets()
    if "musee-marees/frequentation" in pooled:
        museum = json.loads((DEMO / "musee-marees/frequentation/frequentation.json").read_text())
        strata |= {("Muséologie", row["region"]) for rows in museum.values() for row in rows}
    for file in DEMO.glob("*/visites/visites.csv"):
        if "/".join(file.parts[-3:-1]) in pooled:
            strata |= {("Muséologie", region) for region in read_table(file)["region"]}
    if "diffusion-rivage/billetterie" in pooled:
        sold = read_sheets(DEMO / "diffusion-rivage/saison/saison.xlsx")["Billetterie"]
        strata |= set(zip(sold["Discipline"], sold["Région"], strict=True))
    return strata


def evenements_par_mots(rows: Rows) -> None:
    """Each announcement whose title has the word, in the singular or the plural."""
    events = read_announcements()
    words = events["title"].map(lambda title: set(slug(title).split("-")))
    matches = events[words.map(lambda of: bool(of & {"conte", "contes"}))]
    answer = Counter((row["name"], row["start"][:16]) for row in rows)
    assert answer == Counter(zip(matches["title"], matches["start"], strict=True))


def prix_par_discipline(rows: Rows) -> None:
    events = scheduled()
    # A show has one price, whichever of its rows says it in words.
    prices = events.assign(price=events.groupby(["partner", "title"])["price"].transform("max"))
    prices = prices.dropna(subset=["price"])
    prices = prices.drop_duplicates(["outing", "discipline", "price"])
    groups = dict([*prices.groupby("discipline")])
    assert {row["discipline"] for row in rows} == set(groups)
    for row in rows:
        group = groups[row["discipline"]]
        assert int(row["events"]) == group["outing"].nunique()
        expected = (group["price"].min(), group["price"].mean(), group["price"].max())
        for name, value in zip(("lowest", "average", "highest"), expected, strict=True):
            assert abs(float(row[name]) - value) <= 0.005, row


def productions_en_tournee(rows: Rows) -> None:
    groups = scheduled().dropna(subset=["work"]).groupby(["partner", "work"])
    touring = {key[1]: group for key, group in groups if len(set(group["town"])) > 1}
    assert {row["production"] for row in rows} == set(touring)
    for row in rows:
        group = touring[row["production"]]
        assert int(row["towns"]) == group["town"].nunique()
        assert int(row["events"]) == len(group)
        assert (row["first"][:16], row["last"][:16]) == (group["start"].min(), group["start"].max())


def sorties_annulees(rows: Rows) -> None:
    events = read_announcements()
    cancelled = events[events["cancelled"]]
    answer = Counter((row["event"], row["start"][:16]) for row in rows)
    assert answer == Counter(zip(cancelled["title"], cancelled["start"], strict=True))


def read_since(question: str) -> str:
    """Return the day from which a question looks on, unless its reader chooses another."""
    query = (DEMO / f"queries/{question}.rq").read_text("utf-8")
    return query.partition('?since { "')[2][:10]


def sorties_gratuites(rows: Rows) -> None:
    """Each outing from a day on, once; with its hour, where a partner gives it."""
    free = scheduled()[lambda events: events["free"]]
    free = free[free["day"] >= read_since("sorties-gratuites")]
    starts = free.groupby("outing")["start"].max()
    assert sorted(row["start"][:16] for row in rows) == sorted(starts)
    titles = free.groupby("outing")["title"].min()
    assert Counter(row["event"] for row in rows) == Counter(titles)


def sorties_jeunes_publics(rows: Rows) -> None:
    """From the day that the query names on, soonest first, 200 at most."""
    events = read_announcements()
    since = read_since("sorties-jeunes-publics")
    events = events[~events["cancelled"] & (events["day"] >= since)]
    events = events[events["audience"].isin(CHILDREN | {"Familles"})]
    groups = events.groupby(["outing", "audience", "town"])["start"].max()
    assert sorted(row["start"][:16] for row in rows) == sorted(groups)[:200]


def activites_des_expositions(rows: Rows) -> None:
    parts = scheduled().dropna(subset=["main"])
    groups = dict([*parts.groupby("main")])
    assert len(rows) == len(groups)
    for row in rows:
        festival = row["main"].startswith("Festival")
        group = groups["Festival" if festival else row["main"]]
        assert (int(row["activities"]), int(row["free"])) == (len(group), group["free"].sum())


def compagnies_accueillies(rows: Rows) -> None:
    """By presenter and discipline: what the names of a company are is judged by persons."""
    shows = scheduled().dropna(subset=["performer"])
    names = {"diffusion-rivage": "Diffusion Rivage (inventée)"}
    names |= {"festival-neiges": "Festival des Neiges d’encre (inventé)"}
    answer: Counter[tuple[str, str]] = Counter()
    for row in rows:
        answer[row["presenter"], row["discipline"]] += int(row["events"])
    expected = Counter(zip(shows["partner"].map(names), shows["discipline"], strict=True))
    assert answer == expected


def grandes_salles(rows: Rows) -> None:
    halls = read_sheets(DEMO / "diffusion-rivage/saison/saison.xlsx")["Salles"]
    seats = {
        name: int(n)
        for name, n in zip(halls["Salle"], halls["Places"], strict=True)
        if isinstance(n, float)
    }
    by_code = count_outings(scheduled(), "code")
    codes = dict(zip(halls["Salle"], halls["Code postal"].str.replace(" ", ""), strict=True))
    assert [row["seats"] for row in rows] == [str(n) for n in sorted(seats.values(), reverse=True)]
    for row in rows:
        assert int(row["seats"]) == seats[row["venue"]]
        assert int(row["events"]) == by_code.get((codes[row["venue"]],), 0)


def lieux_par_region(rows: Rows) -> None:
    events = scheduled()
    outings = count_outings(events, "region")
    partners = events.groupby("region")["partner"].nunique()
    assert {plain(row["area"]) for row in rows} == {region for (region,) in outings}
    for row in rows:
        region = plain(row["area"])
        assert int(row["events"]) == outings[region,]
        assert int(row["partners"]) == partners[region]


def lieux_par_type(rows: Rows) -> None:
    """Libraries and museum: the types of the others are told by several partners."""
    events = scheduled()
    partners = {"Bibliothèque": "biblio-val-des-pins", "Musée": "musee-marees"}
    counts = {row["type"]: row for row in rows}
    for kind, partner in partners.items():
        codes = events[events["partner"] == partner]["code"].unique()
        there = events[events["code"].isin(codes)]
        assert int(counts[kind]["events"]) == there["outing"].nunique()
    venues = events[events["partner"] == partners["Bibliothèque"]]["venue"].nunique()
    assert int(counts["Bibliothèque"]["places"]) == venues


def lieux_sur_la_carte(rows: Rows) -> None:
    """Each place with coordinates, and the outings at its postal code."""
    events = scheduled()
    by_town = events.groupby("venue")["code"].first()
    halls = read_sheets(DEMO / "diffusion-rivage/saison/saison.xlsx")["Salles"]
    sites = read_sheets(DEMO / "festival-neiges/programme/programme.xlsx")["Lieux"]
    located = [*halls["Salle"][halls["Latitude"].astype(str) != ""], *sites["Lieu"]]
    museum = pd.read_json(DEMO / "musee-marees/expositions/expositions.json", typ="series")["musee"]
    assert {row["name"] for row in rows} == {*located, museum["nom"]}
    codes = dict(zip(halls["Salle"], halls["Code postal"], strict=True))
    codes |= dict(zip(sites["Lieu"], sites["Code postal"], strict=True))
    codes[museum["nom"]] = museum["cp"]
    outings = count_outings(events, "code")
    for row in rows:
        code = codes.get(row["name"], by_town.get(row["name"], "")).replace(" ", "")
        assert int(row["events"]) == outings.get((code,), 0), row


def annonces_en_double(rows: Rows) -> None:
    events = read_announcements()
    several = events[events.groupby("outing")["partner"].transform("nunique") > 1]
    assert Counter((row["day"], row["event"]) for row in rows) == Counter(
        zip(several["day"], several["title"], strict=True)
    )
    assert len({row["performance"] for row in rows}) == several["outing"].nunique()


def qui_a_dit_quoi(rows: Rows) -> None:
    events = read_announcements()
    events = events[events["title"].str.startswith("Petites tempêtes")]
    answer = Counter((row["event"], row["start"][:16]) for row in rows)
    assert answer == Counter(zip(events["title"], events["start"], strict=True))
    assert {row["file"] for row in rows} >= {"programmation.csv", "sorties.csv"}


def read_readers() -> pd.DataFrame:
    return read_table(DEMO / "magazine-bottines/lectorat/lectorat.csv").astype({"Personnes": int})


def relais_jeunes_parents(rows: Rows) -> None:
    readers = read_readers()
    readers = readers[readers["Public"] == "Jeunes parents"]
    columns = ["Région", "Langue", "Canal", "Personnes"]
    expected = Counter(readers[columns].itertuples(index=False, name=None))
    answer = Counter(
        (plain(row["residence"]), row["language"], row["channel"], int(row["people"]))
        for row in rows
    )
    assert answer == expected


def relais_par_canal(rows: Rows) -> None:
    groups = read_readers().groupby(["Public", "Canal"])
    assert {(row["audience"], row["channel"]) for row in rows} == set(groups.groups)
    for row in rows:
        group = groups.get_group((row["audience"], row["channel"]))
        assert int(row["atMost"]) == group["Personnes"].sum()
        assert int(row["areas"]) == group["Région"].nunique()


def relais_pour_les_sorties(rows: Rows) -> None:
    audiences = {"Tout-petits (0 à 3 ans)", "Enfants de 4 à 7 ans", "Familles"}
    events = scheduled()
    outings = count_outings(events[events["audience"].isin(audiences)], "region")
    expected = Counter(
        (region, outings[region,], channel, people)
        for region, channel, people in read_readers()[["Région", "Canal", "Personnes"]].itertuples(
            index=False, name=None
        )
        if (region,) in outings
    )
    assert expected == Counter(
        (plain(row["area"]), int(row["events"]), row["channel"], int(row["people"])) for row in rows
    )


CHECKS: dict[str, Check] = {
    "activites-des-expositions": activites_des_expositions,
    "annonces-en-double": annonces_en_double,
    "calendrier-par-mois": calendrier_par_mois,
    "compagnies-accueillies": compagnies_accueillies,
    "evenements-par-mots": evenements_par_mots,
    "grandes-salles": grandes_salles,
    "lieux-par-region": lieux_par_region,
    "lieux-par-type": lieux_par_type,
    "lieux-sur-la-carte": lieux_sur_la_carte,
    "offres-par-public-vise": offres_par_public_vise,
    "offres-sans-public-connu": offres_sans_public_connu,
    "prix-par-discipline": prix_par_discipline,
    "productions-en-tournee": productions_en_tournee,
    "qui-a-dit-quoi": qui_a_dit_quoi,
    "relais-jeunes-parents": relais_jeunes_parents,
    "relais-par-canal": relais_par_canal,
    "relais-pour-les-sorties": relais_pour_les_sorties,
    "sorties-annulees": sorties_annulees,
    "sorties-gratuites": sorties_gratuites,
    "sorties-jeunes-publics": sorties_jeunes_publics,
}
