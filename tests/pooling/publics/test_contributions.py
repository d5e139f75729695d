"""What a partner gives is counted from what it submits, and opens what is asked in return."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from rdflib import Literal

from parvis.catalog.ontology import ontology
from parvis.config import Settings, knowledge
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, Reader, Shortfall
from parvis.i18n import both
from parvis.ledger import Contributions, Tokens
from parvis.ledger.database import STEPS
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.contributions import settle_contributions
from parvis.pooling.serving.access import explain_access
from parvis.pooling.serving.readers import Readers, create_token
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.retention import withdraw
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS

ASKED = DatasetKey("theatre-lanterne", "publics")
GIVEN = DatasetKey("danse-petit-nord", "publics")
MEMBERS = "odrl:assignee parvis:members ; odrl:action odrl:read ]"
IN_RETURN = (
    "odrl:assignee parvis:members ; odrl:action odrl:read ; odrl:constraint"
    " [ odrl:leftOperand parvis:contributesStratum ; odrl:operator odrl:eq ;"
    " odrl:rightOperand parvis:sameStratum ] ]"
)
END, LATER = '"2038-01-01T00:00:00-05:00"', '"2999-01-01T00:00:00-05:00"'
"""When the agreement ends, and when it ends here: after all that counts today."""
COUNT = "SELECT (COUNT(?o) AS ?n) WHERE { GRAPH <%s> { ?o a qb:Observation } }"


HEADS = "Année;Région;Jeunes (0-13);Adultes (14-64);Aînés (65 et +);Total"
REGIONS = ("Montréal", "Laval", "Montérégie", "Capitale-Nationale", "Bas-Saint-Laurent")
OWN = [[120 + 31 * row, 410 + 57 * row, 95 + 13 * row, 625 + 101 * row] for row in range(5)]
"""Figures of the giver's own, region by region: three ages and all of them."""
Rows = Sequence[Sequence[int]]


def give(catalog: Path, rows: Rows, year: int = 2025) -> None:
    """Write what the giver gives."""
    lines = [
        ";".join(map(str, (year, region, *row))) for region, row in zip(REGIONS, rows, strict=False)
    ]
    text = "\n".join([HEADS, *lines, ""])
    (catalog / str(GIVEN) / "publics.csv").write_bytes(text.encode("cp1252"))


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """Give the demonstration, in which two partners have figures of the same strata.

    Those of one go to who contributes the same.
    """
    demo, folder = knowledge("catalog") / "demo", tmp_path / "catalog"
    folder.mkdir()
    shutil.copy(demo / "catalog.ttl", folder)
    for name in (ASKED.partner, GIVEN.partner, "musee-marees", "tiers-neutre"):
        shutil.copytree(demo / name, folder / name)
    (folder / "festival-neiges").mkdir()  # an agreement names it
    shutil.copy(demo / "festival-neiges" / "partner.ttl", folder / "festival-neiges")
    law = folder / ASKED.partner / "agreement.ttl"
    text = law.read_text(encoding="utf-8")
    assert MEMBERS in text
    assert END in text
    law.write_text(text.replace(MEMBERS, IN_RETURN).replace(END, LATER), encoding="utf-8")
    mapping = (folder / str(ASKED) / "mapping.yml").read_text(encoding="utf-8")
    mapping = mapping.replace(ASKED.partner, GIVEN.partner)
    (folder / str(GIVEN) / "mapping.yml").write_text(mapping, encoding="utf-8")
    give(folder, OWN)
    settings = Settings.load(data=tmp_path / "data", catalog=folder)
    with Pool.open(replace(settings, base="http://pool.test/")) as opened:
        yield opened


@pytest.fixture
def host(pool: Pool) -> Iterator[PoolService]:
    """Serve the pool."""
    found = PoolService(pool.settings)
    yield found
    found.close()


def reader(pool: Pool) -> Reader:
    """Give the giving partner, by a token that it shows."""
    token = create_token(pool.settings, GIVEN.partner, label="essai").text
    return Readers(pool.settings).by_token(token).reader


def seen(host: PoolService, who: Reader) -> int:
    """Count the observations asked for that a reader may read."""
    question = QueryRequest(COUNT % host.iris.graph(ASKED), results_format="csv")
    return int(b"".join(host.ask(who, question).chunks).split()[1])


def test_what_is_given_opens_what_is_asked_in_return(pool: Pool, host: PoolService) -> None:
    """Before, between publications, and after its withdrawal: at the next request."""
    submit(pool, ASKED)
    publish(pool)
    assert seen(host, reader(pool)) == 0
    submit(pool, GIVEN)
    assert (seen(host, reader(pool)), seen(host, ANONYMOUS)) == (20, 0)
    withdraw(pool, str(GIVEN), both("essai"))
    token = Tokens(pool.settings.data).all()[-1].id
    assert seen(host, Readers(pool.settings).by_id(token).reader) == 0


def test_the_ledger_tells_how_much_was_given_and_until_when(pool: Pool) -> None:
    """A stratum and period each, with the score of the report and a lower bound of persons."""
    submit(pool, GIVEN)
    found = Contributions(pool.settings.data).of(pool.iris.partner(GIVEN.partner))
    assert len(found) == 20
    assert {one.rows for one in found} == {1}
    assert max(one.persons or 0 for one in found) == 1029
    assert all(
        one.score is not None and one.until - one.given == timedelta(days=400) for one in found
    )
    assert {one.period for one in found} == {"https://w3id.org/parvis/concept/period/2025"}


def test_what_is_submitted_again_is_counted_once(pool: Pool) -> None:
    """The same content is no new gift; another content ends the former's contributions."""
    submit(pool, GIVEN)
    ledger, giver = Contributions(pool.settings.data), pool.iris.partner(GIVEN.partner)
    before = ledger.of(giver)
    submit(pool, GIVEN)
    assert ledger.of(giver) == before
    file = pool.catalog.datasets[GIVEN].folder / "publics.csv"
    file.write_bytes(b"\n".join(file.read_bytes().splitlines()[:3]))
    assert submit(pool, GIVEN).accepted
    now = [one for one in ledger.of(giver) if one.ended is None]
    ended = [one for one in ledger.of(giver) if one.ended is not None]
    assert (len(now), len(ended)) == (8, 20)
    assert {one.persons for one in ended} == {None}


def test_a_ledger_that_missed_a_content_is_brought_in_line(pool: Pool) -> None:
    """A pool older than the ledger, or a process killed before it was written."""
    submit(pool, GIVEN)
    ledger, giver = Contributions(pool.settings.data), pool.iris.partner(GIVEN.partner)
    before = ledger.of(giver)
    (pool.settings.data / "ledger.sqlite").unlink()
    submit(pool, GIVEN)
    assert ledger.of(giver) == before
    (pool.settings.data / "ledger.sqlite").unlink()
    settle_contributions(pool)
    assert ledger.of(giver) == before
    pool.record.remove(pool.iris.graph(GIVEN))
    settle_contributions(pool)
    assert ledger.strata() == {}
    assert all(one.ended for one in ledger.of(giver))


ONE = [[0, 0, 0, 1]]
ONES = [[1, 1, 1, 3]] * 5
ALIKE = [[500, 500, 500, 500]] * 5
ABSURD = [[1_000_000, 410, 95, 1_000_505], *OWN[1:]]
COPY = [
    *([2309, 5086, 2095, 9490], [310, 774, 344, 1428], [530, 1155, 587, 2272]),
    *([216, 448, 188, 852], [151, 356, 130, 637]),
]


@pytest.mark.parametrize(
    ("rows", "year", "lacks"),
    [
        (ONE, 2025, {Shortfall.PERSONS, Shortfall.FIGURES, Shortfall.ALIKE}),
        (ONES, 2025, {Shortfall.PERSONS, Shortfall.ALIKE}),
        (ALIKE, 2025, {Shortfall.ALIKE}),
        (ABSURD, 2025, {Shortfall.OUTSIZED}),
        (COPY, 2025, {Shortfall.COPIED}),
        (OWN, 2014, {Shortfall.RECENT}),
        (OWN, 2029, {Shortfall.PERIOD}),
        ([[0, *OWN[0][1:]], *OWN[1:]], 2025, {Shortfall.FIGURES, Shortfall.PERSONS}),
    ],
    ids=["one", "ones", "alike", "absurd", "copy", "old", "future", "few"],
)
def test_what_is_given_without_weight_opens_nothing_and_is_told_what_it_lacks(
    pool: Pool, rows: Rows, year: int, lacks: set[Shortfall]
) -> None:
    """A row of one person, one number everywhere, another's figures, those of long ago."""
    submit(pool, ASKED)
    give(pool.settings.catalog, rows, year)
    outcome = submit(pool, GIVEN)
    assert outcome.accepted, list(outcome.report.in_words("en"))
    given = Contributions(pool.settings.data).of(pool.iris.partner(GIVEN.partner))
    assert {lack for one in given for lack in one.lacks} == set(map(str, lacks))
    found = explain_access(pool, GIVEN.partner, str(ASKED), "read", datetime.now(UTC), None)
    assert not found.allowed
    assert len(found.missing) == len(lacks)
    assert all("il manque" in text["fr"] for text in found.missing)


def test_what_the_steward_confirmed_is_plausible_and_nothing_more(pool: Pool) -> None:
    """It looked at the file: one number may be right everywhere; too few persons are too few."""
    data, asked = pool.settings.data, pool.settings.reciprocity
    confirmed = replace(pool.settings, reciprocity=replace(asked, confirmed=(str(GIVEN),)))
    giver = pool.iris.partner(GIVEN.partner)
    for rows, lacks in ((ALIKE, set()), (ONES, {"persons"})):
        give(pool.settings.catalog, rows)
        assert submit(pool, GIVEN).accepted
        settle_contributions(replace(pool, settings=confirmed))
        current = [one for one in Contributions(data).of(giver) if one.ended is None]
        assert {lack for one in current for lack in one.lacks} == lacks


def test_figures_given_again_after_their_withdrawal_wait(pool: Pool) -> None:
    """Who withdraws what it gave as soon as it has read does not read again at once."""
    submit(pool, ASKED)
    submit(pool, GIVEN)
    publish(pool)
    assert reader(pool).contributes
    withdraw(pool, str(GIVEN), both("essai"))
    submit(pool, GIVEN)
    publish(pool)
    now = datetime.now(UTC)
    assert not explain_access(pool, GIVEN.partner, str(ASKED), "read", now, None).allowed
    given = Contributions(pool.settings.data).of(pool.iris.partner(GIVEN.partner))
    assert {one.lacks for one in given if one.ended is None} == {(str(Shortfall.PAUSE),)}


def test_a_correction_is_no_withdrawal(pool: Pool) -> None:
    """However often: a content in the place of another keeps what it opens."""
    submit(pool, ASKED)
    for more in range(3):
        give(pool.settings.catalog, [[figure + more for figure in row] for row in OWN])
        assert submit(pool, GIVEN).accepted
        settle_contributions(pool)
        assert explain_access(
            pool, GIVEN.partner, str(ASKED), "read", datetime.now(UTC), None
        ).allowed


def test_a_ledger_of_before_opens_nothing_until_its_figures_are_weighed(pool: Pool) -> None:
    """The next publication weighs them."""
    submit(pool, ASKED)
    submit(pool, GIVEN)
    with closing(sqlite3.connect(pool.settings.data / "ledger.sqlite")) as connection:
        connection.execute("ALTER TABLE contribution DROP COLUMN lacks")
        connection.execute("UPDATE counted SET basis = 'of before'")
        connection.execute(f"PRAGMA user_version = {len(STEPS) - 1}")
        connection.commit()
    ledger, giver = Contributions(pool.settings.data), pool.iris.partner(GIVEN.partner)
    assert (ledger.counting(giver), ledger.of(giver)) == ({}, [])
    settle_contributions(pool)
    assert explain_access(pool, GIVEN.partner, str(ASKED), "read", datetime.now(UTC), None).allowed


def test_figures_of_others_are_no_gift(pool: Pool) -> None:
    """A partner who publishes another's figures contributes none of its own."""
    mapping = pool.catalog.datasets[GIVEN].folder / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mine, theirs = (f"id/partner/{key.partner}~iri" for key in (GIVEN, ASKED))
    mapping.write_text(text.replace(mine, theirs), encoding="utf-8")
    assert submit(pool, GIVEN).accepted
    ledger = Contributions(pool.settings.data)
    assert all(ledger.of(pool.iris.partner(key.partner)) == [] for key in (GIVEN, ASKED))
    assert ledger.strata().keys() == {pool.iris.dataset(GIVEN)}


def test_may_says_until_when_a_contribution_counts(pool: Pool) -> None:
    """Before anything is given, while it counts, and the instant at which it no longer does."""
    submit(pool, ASKED)
    now = datetime.now(UTC)

    def asked(at: datetime) -> tuple[bool, str]:
        found = explain_access(pool, GIVEN.partner, str(ASKED), "read", at, None)
        return found.allowed, found.reason["fr"]

    assert asked(now)[0] is False
    submit(pool, GIVEN)
    (until,) = {
        one.until for one in Contributions(pool.settings.data).of(pool.iris.partner(GIVEN.partner))
    }
    allowed, reason = asked(until - timedelta(microseconds=1))
    assert allowed
    assert str(until.year) in reason
    allowed, reason = asked(until)
    assert not allowed
    assert str(until.year) in reason


def test_a_partner_and_the_steward_see_given_and_received(pool: Pool, host: PoolService) -> None:
    """With the reasons; to all others it is as if there were none."""
    submit(pool, ASKED)
    submit(pool, GIVEN)
    publish(pool)
    found = host.exchange(reader(pool), GIVEN.partner)
    assert [one.card.key for one in found.received] == [ASKED]
    assert found.withheld == ()
    assert found.given[0].stratum["fr"].startswith("Théâtre · ")
    steward = Reader(pool.catalog.host.iri, host=True)
    assert host.exchange(steward, GIVEN.partner).given == found.given
    other = host.exchange(steward, "musee-marees")
    assert (other.given, other.received) == ((), ())
    assert [len(one.lacking) for one in other.withheld] == [20]
    for stranger in (ANONYMOUS, Reader(pool.iris.partner("musee-marees"))):
        with pytest.raises(UnknownThing):
            host.exchange(stranger, GIVEN.partner)


def test_the_measures_that_count_persons_are_the_ontologys() -> None:
    """The query names them."""
    counting = ontology().subjects(PARVIS.countsPersons, Literal(lexical_or_value=True))
    text = files("parvis.pooling.publics").joinpath("strata.rq").read_text(encoding="utf-8")
    named = {word for word in text.split("VALUES")[1].split("}")[0].split() if ":" in word}
    assert named == {f"parvis:{str(one).rpartition('#')[2]}" for one in counting}
