"""The demo, as a newcomer runs it: a process, its addresses, and an answer across partners."""

import csv
import io
import json
import re
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

import pytest

from parvis.catalog import Query, load_queries
from parvis.config import knowledge
from tests.serving import Demo

PATIENCE = 60
QUICK = 1.0
"""Seconds that an example query may take, the best of three times."""
DEMO = knowledge("catalog") / "demo"
ASKED = load_queries(DEMO)


def test_the_demo_says_where_it_is_and_that_it_is_invented(demo: Demo) -> None:
    """Four addresses, one command, and a warning that nothing is real."""
    assert "invented" in demo.lines[0]
    assert len([line for line in demo.lines if line.startswith("  http://localhost:")]) == 4


def test_the_printed_command_answers_across_partners(demo: Demo) -> None:
    """Events of several partners meet the pooled publics of their discipline and area."""
    address = demo.lines[-1].split("curl ")[1]
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    assert len({row["partner"] for row in rows}) >= 3
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    assert all(int(row["people"]) > 0 for row in rows)
    assert all(re.match(r"\d{4}-\d\d-\d\d", row["start"]) for row in rows)


def test_the_printed_token_reads_more_than_nobody(demo: Demo) -> None:
    """A newcomer sees what members see of one another."""
    query = urllib.parse.urlencode({"query": "SELECT ?g { GRAPH ?g {} }", "format": "csv"})
    asked = f"{demo.address}sparql?{query}"
    found = []
    for headers in ({}, {"Authorization": f"Bearer {demo.token}"}):
        request = urllib.request.Request(asked, headers=headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            found.append(answer.read().decode().splitlines())
    assert len(found[1]) > len(found[0])


def test_who_gives_figures_of_theatre_receives_its_portrait(demo: Demo) -> None:
    """The theatre whose token is printed is told tickets that nobody else is, by channel."""
    address = f"{demo.address}portrait.csv?measure=tickets&release=tiers-neutre/portrait-theatre"
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {demo.token}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        found = list(csv.DictReader(io.StringIO(answer.read().decode())))
    told = [row for row in found if row["value"]]
    assert {row["discipline"] for row in told} == {"theatre"}
    assert {row["channel"] for row in told} == {"website", "box-office", "phone", "total"}
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(address, timeout=PATIENCE)  # noqa: S310 - loopback


def test_young_parents_are_reached_through_the_parents_magazine(demo: Demo) -> None:
    """The relay is named to everyone and comes first, with its reasons."""
    address = f"{demo.address}relays.json?public=jeunes-parents"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        first, *_ = json.load(answer)["relays"]
    assert first["iri"].endswith("/id/partner/magazine-bottines")
    assert first["reasons"][0]["fr"] == "rejoint le public demandé : Jeunes parents"
    assert first["people"]["at_least"] == 24_500


def rows(demo: Demo, slug: str, lang: str = "fr") -> list[dict[str, str]]:
    """Ask an example query of the demo, as anyone may."""
    address = f"{demo.address}queries/{slug}.csv?lang={lang}"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


@pytest.mark.parametrize("slug", [one.slug for one in ASKED.values() if "# language" in one.text])
def test_a_question_asked_in_english_has_the_same_rows_in_english(demo: Demo, slug: str) -> None:
    """As many, numbers and dates the same, and what has a name in English is called so."""
    french, english = rows(demo, slug), rows(demo, slug, "en")
    assert len(french) == len(english) > 0
    assert Counter(_without_words(french)) == Counter(_without_words(english))
    assert french != english


def _without_words(found: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Keep what has digits alone, which is no name of either language."""
    return [tuple(one for one in row.values() if re.fullmatch(r"[\d.:T+-]+", one)) for row in found]


def test_a_venue_that_several_partners_know_counts_once(demo: Demo) -> None:
    """As many as were invented, though their partners tell more than twice as many."""
    invented = tomllib.loads((DEMO / "invention" / "invented.toml").read_text(encoding="utf-8"))
    venues = Counter(invented["regions"][one["region"]] for one in invented["venues"].values())
    told = {
        row["area"].partition(" (")[0]: int(row["venues"]) for row in rows(demo, "lieux-par-region")
    }
    venues["Bas-Saint-Laurent"] += 3  # the rooms of the museum
    assert told == {area: venues[area] for area in told}
    (libraries,) = (row for row in rows(demo, "lieux-par-type") if row["type"] == "Bibliothèque")
    assert libraries["places"] == "3"


@pytest.mark.parametrize("slug", ["sorties-gratuites", "sorties-jeunes-publics"])
def test_an_outing_that_several_partners_announce_is_told_once(demo: Demo, slug: str) -> None:
    """With its hour, if one of them knows it: the magazine tells the day only."""
    told = Counter(
        (row["start"][:10], row["event"].partition(",")[0], row.get("audience"), row.get("town"))
        for row in rows(demo, slug)
    )
    assert len(told) > 100
    assert told.total() == len(told)


def test_a_performance_that_three_announce_is_one_page_with_who_says_what(demo: Demo) -> None:
    """All that is said of it, each value with its dataset; the partners are named."""
    told = Counter(row["performance"] for row in rows(demo, "annonces-en-double"))
    (performance, count), *_ = told.most_common(1)
    assert count >= 3
    page = _page(f"{demo.address}fr/id/{performance.partition('/id/')[2]}.html")
    assert "plusieurs jeux de données en parlent" in page.casefold()
    named = page.partition("Qui le dit")[2].partition("</ul>")[0]
    assert named.count("<li>") >= 3
    sources = set(re.findall(r'class="source" href="/fr/dataset/([^"]+)"', page))
    assert len(sources & {_dataset(row["graph"]) for row in rows(demo, "annonces-en-double")}) >= 3


def _dataset(graph: str) -> str:
    """Give the key of the dataset that a graph is."""
    return graph.partition("/graph/")[2]


def _page(address: str) -> str:
    """Get a page."""
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode())


def test_offerings_beside_publics_count_each_performance_once(demo: Demo) -> None:
    """By its canonical name where it has one, whoever announces it."""
    query = """SELECT ?event ?known { ?event schema:startDate ?start ; parvis:discipline ?art ;
      schema:location/parvis:territory ?area . OPTIONAL { ?known owl:sameAs ?event }
      FILTER NOT EXISTS { ?event schema:eventStatus schema:EventCancelled } }"""
    asked = urllib.parse.urlencode({"query": query, "format": "csv"})
    with urllib.request.urlopen(f"{demo.address}sparql?{asked}", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        told = list(csv.DictReader(io.StringIO(answer.read().decode())))
    with urllib.request.urlopen(f"{demo.address}offerings.json", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        events = json.load(answer)["events"]
    assert events == len({row["known"] or row["event"] for row in told})
    assert events < len({row["event"] for row in told})


def test_an_organisation_is_told_once_with_all_its_names(demo: Demo) -> None:
    """A member that others name differently is a member still."""
    (museum,) = (row for row in rows(demo, "organismes-par-type") if row["type"] == "Musée")
    assert len(museum["names"].split(" | ")) == 2
    assert museum["partner"] == "true"


@pytest.mark.parametrize("query", ASKED.values(), ids=list(ASKED))
def test_every_example_query_has_an_answer_soon(demo: Demo, query: Query) -> None:
    """Rows, a yes or triples, from the endpoint as anyone may ask it."""
    address = f"{demo.lines[-1].split('curl ')[1].rpartition('/')[0]}/{query.slug}"
    times: list[float] = []
    while min(times, default=PATIENCE) > QUICK and len(times) < 3:
        began = time.monotonic()
        ending = "nt" if query.form == "CONSTRUCT" else "json"
        with urllib.request.urlopen(f"{address}.{ending}", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            body = answer.read()
        times.append(time.monotonic() - began)
    assert min(times) <= QUICK
    if query.form == "CONSTRUCT":
        assert body.count(b" .\n") > 1
    elif query.form == "ASK":
        assert json.loads(body)["boolean"] is True
    else:
        rows = [json.dumps(row) for row in json.loads(body)["results"]["bindings"]]
        assert rows
        assert len(set(rows)) == len(rows)
