"""Contributions are counted from submissions, and open the datasets of reciprocal agreements."""

import re
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
from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, Reader, Shortfall
from parvis.i18n import both
from parvis.ledger import Contributions, Tokens
from parvis.ledger.schema import STEPS
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

POOL = Path(__file__).parents[2] / "cases" / "portrait"
REQUESTED = DatasetKey("theatre-lanterne", "publics")
CONTRIBUTED = DatasetKey("danse-petit-nord", "publics")
MEMBERS = "odrl:assignee parvis:members ; odrl:action odrl:read ]"
IN_RETURN = (
    "odrl:assignee parvis:members ; odrl:action odrl:read ; odrl:constraint"
    " [ odrl:leftOperand parvis:contributesStratum ; odrl:operator odrl:eq ;"
    " odrl:rightOperand parvis:sameStratum ] ]"
)
END, LATER = '"2038-01-01T00:00:00-05:00"', '"2999-01-01T00:00:00-05:00"'
"""The end of the agreement, and its replacement: after all that counts today."""
COUNT = "SELECT (COUNT(?o) AS ?n) WHERE { GRAPH <%s> { ?o a qb:Observation } }"


BANDS = ("0-11", "12-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75 ans et plus")
HEADS = f"Année;Région;{' ans;'.join(BANDS)};Total"
REGIONS = ("Montréal", "Laval", "Montérégie", "Capitale-Nationale", "Bas-Saint-Laurent")
AGES = [[50 + 4 * band + (7 + band) * row for band in range(9)] for row in range(5)]
OWN = [[*row, sum(row)] for row in AGES]
"""Figures of the contributor by region: nine ages and their total."""
Rows = Sequence[Sequence[int]]


def write_figures(catalog: Path, rows: Rows, year: int = 2025) -> None:
    """Write the contributor's figures."""
    lines = [
        ";".join(map(str, (year, region, *row))) for region, row in zip(REGIONS, rows, strict=False)
    ]
    text = "\n".join([HEADS, *lines, ""])
    (catalog / str(CONTRIBUTED) / "publics.csv").write_bytes(text.encode("cp1252"))


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """Open a pool of invented partners, with two partners who have figures of the same strata.

    Those of one are open to contributors of the same strata.
    """
    demo, folder = POOL, tmp_path / "catalog"
    folder.mkdir()
    shutil.copy(demo / "catalog.ttl", folder)
    for name in (REQUESTED.partner, CONTRIBUTED.partner, "musee-marees", "tiers-neutre"):
        shutil.copytree(demo / name, folder / name)
    (folder / "festival-neiges").mkdir()  # an agreement names this partner
    shutil.copy(demo / "festival-neiges" / "partner.ttl", folder / "festival-neiges")
    law = folder / REQUESTED.partner / "agreement.ttl"
    text = law.read_text(encoding="utf-8")
    assert MEMBERS in text
    assert END in text
    law.write_text(text.replace(MEMBERS, IN_RETURN).replace(END, LATER), encoding="utf-8")
    mapping = (folder / str(REQUESTED) / "mapping.yml").read_text(encoding="utf-8")
    mapping = mapping.replace(REQUESTED.partner, CONTRIBUTED.partner)
    (folder / str(CONTRIBUTED) / "mapping.yml").write_text(mapping, encoding="utf-8")
    write_figures(folder, OWN)
    settings = Settings.load(data=tmp_path / "data", catalog=folder)
    with Pool.open(replace(settings, base="http://pool.test/")) as opened:
        yield opened


@pytest.fixture
def service(pool: Pool) -> Iterator[PoolService]:
    service = PoolService(pool.settings)
    yield service
    service.close()


def build_reader(pool: Pool) -> Reader:
    """Return the contributing partner as a reader, identified by a token."""
    token = create_token(pool.settings, CONTRIBUTED.partner, label="essai").text
    return Readers(pool.settings).by_token(token).reader


def count_observations(service: PoolService, reader: Reader) -> int:
    """Count the requested observations that a reader may read."""
    request = QueryRequest(COUNT % service.iris.graph(REQUESTED), results_format="csv")
    return int(b"".join(service.ask(reader, request).chunks).split()[1])


def test_a_contribution_opens_the_requested_dataset(pool: Pool, service: PoolService) -> None:
    """At the next request: before and between publications, and until the withdrawal."""
    submit(pool, REQUESTED)
    publish(pool)
    assert count_observations(service, build_reader(pool)) == 0
    submit(pool, CONTRIBUTED)
    assert (
        count_observations(service, build_reader(pool)),
        count_observations(service, ANONYMOUS),
    ) == (50, 0)
    withdraw(pool, str(CONTRIBUTED), both("essai"))
    token = Tokens(pool.settings.data).all()[-1].id
    assert count_observations(service, Readers(pool.settings).by_id(token).reader) == 0


def test_the_ledger_records_the_size_and_end_of_contributions(pool: Pool) -> None:
    """By stratum and period, with the score of the report and a lower bound of persons."""
    submit(pool, CONTRIBUTED)
    contributions = Contributions(pool.settings.data).of(pool.iris.partner(CONTRIBUTED.partner))
    assert len(contributions) == 50
    assert {contribution.rows for contribution in contributions} == {1}
    assert max(contribution.persons or 0 for contribution in contributions) == 990
    assert all(
        contribution.score is not None
        and contribution.until - contribution.given == timedelta(days=400)
        for contribution in contributions
    )
    assert {contribution.period for contribution in contributions} == {
        "https://w3id.org/parvis/concept/period/2025"
    }


def test_resubmitted_figures_are_counted_once(pool: Pool) -> None:
    """The same content is no new contribution; another content ends the former contributions."""
    submit(pool, CONTRIBUTED)
    ledger, contributor = Contributions(pool.settings.data), pool.iris.partner(CONTRIBUTED.partner)
    before = ledger.of(contributor)
    submit(pool, CONTRIBUTED)
    assert ledger.of(contributor) == before
    file = pool.catalog.datasets[CONTRIBUTED].folder / "publics.csv"
    file.write_bytes(b"\n".join(file.read_bytes().splitlines()[:3]))
    assert submit(pool, CONTRIBUTED, approved=True).stored
    current = [
        contribution for contribution in ledger.of(contributor) if contribution.ended is None
    ]
    ended = [
        contribution for contribution in ledger.of(contributor) if contribution.ended is not None
    ]
    assert (len(current), len(ended)) == (20, 50)
    assert {contribution.persons for contribution in ended} == {None}


def test_a_ledger_that_missed_a_content_is_brought_up_to_date(pool: Pool) -> None:
    """After an upgrade, or a process killed before writing it."""
    submit(pool, CONTRIBUTED)
    ledger, contributor = Contributions(pool.settings.data), pool.iris.partner(CONTRIBUTED.partner)
    before = ledger.of(contributor)
    (pool.settings.data / "ledger.sqlite").unlink()
    submit(pool, CONTRIBUTED)
    assert ledger.of(contributor) == before
    (pool.settings.data / "ledger.sqlite").unlink()
    settle_contributions(pool)
    assert ledger.of(contributor) == before
    pool.record.remove(pool.iris.graph(CONTRIBUTED))
    settle_contributions(pool)
    assert ledger.strata() == {}
    assert all(contribution.ended for contribution in ledger.of(contributor))


ONE = [[*[0] * 9, 1]]
ONES = [[*[1] * 9, 9]] * 5
ALIKE = [[500] * 10] * 5
ABSURD = [[1_000_000, *OWN[0][1:9], 1_000_000 + sum(OWN[0][1:9])], *OWN[1:]]
COPY = [
    [854, 733, 883, 1093, 1232, 1275, 1543, 1188, 689, 9490],
    [167, 100, 105, 206, 194, 176, 228, 147, 105, 1428],
    [260, 139, 151, 328, 312, 374, 274, 301, 133, 2272],
    [100, 55, 63, 117, 126, 115, 115, 96, 65, 852],
    [71, 48, 51, 87, 85, 94, 98, 62, 47, 643],
]


@pytest.mark.parametrize(
    ("rows", "year", "shortfalls"),
    [
        (ONE, 2025, {Shortfall.PERSONS, Shortfall.FIGURES, Shortfall.ALIKE}),
        (ONES, 2025, {Shortfall.PERSONS, Shortfall.ALIKE}),
        (ALIKE, 2025, {Shortfall.ALIKE}),
        (ABSURD, 2025, {Shortfall.OUTSIZED}),
        (COPY, 2025, {Shortfall.COPIED}),
        (OWN, 2014, {Shortfall.RECENT}),
        (OWN, 2029, {Shortfall.PERIOD}),
        ([[*[0] * 7, *OWN[0][7:]], *OWN[1:]], 2025, {Shortfall.FIGURES, Shortfall.PERSONS}),
    ],
    ids=["one", "ones", "alike", "absurd", "copy", "old", "future", "few"],
)
def test_an_insufficient_contribution_opens_nothing_and_its_shortfalls_are_reported(
    pool: Pool, rows: Rows, year: int, shortfalls: set[Shortfall]
) -> None:
    """A row of one person, equal numbers everywhere, copied figures, or old ones."""
    submit(pool, REQUESTED)
    write_figures(pool.settings.catalog, rows, year)
    outcome = submit(pool, CONTRIBUTED)
    assert outcome.accepted, list(outcome.report.in_words("en"))
    contributions = Contributions(pool.settings.data).of(pool.iris.partner(CONTRIBUTED.partner))
    assert {shortfall for contribution in contributions for shortfall in contribution.lacks} == set(
        map(str, shortfalls)
    )
    explanation = explain_access(
        pool, CONTRIBUTED.partner, str(REQUESTED), "read", datetime.now(UTC), None
    )
    assert not explanation.allowed
    assert len(explanation.missing) == len(shortfalls)
    assert all("il manque" in text["fr"] for text in explanation.missing)


def test_the_stewards_confirmation_settles_plausibility_only(pool: Pool) -> None:
    """Equal numbers may be right; too few persons remain too few."""
    data, reciprocity = pool.settings.data, pool.settings.reciprocity
    confirmed = replace(
        pool.settings, reciprocity=replace(reciprocity, confirmed=(str(CONTRIBUTED),))
    )
    contributor = pool.iris.partner(CONTRIBUTED.partner)
    for rows, shortfalls in ((ALIKE, set()), (ONES, {"persons"})):
        write_figures(pool.settings.catalog, rows)
        assert submit(pool, CONTRIBUTED, approved=True).stored
        settle_contributions(replace(pool, settings=confirmed))
        current = [
            contribution
            for contribution in Contributions(data).of(contributor)
            if contribution.ended is None
        ]
        assert {
            shortfall for contribution in current for shortfall in contribution.lacks
        } == shortfalls


def test_figures_contributed_again_after_a_withdrawal_must_wait(pool: Pool) -> None:
    """Withdrawing a contribution right after reading does not open the next reading at once."""
    submit(pool, REQUESTED)
    submit(pool, CONTRIBUTED)
    publish(pool)
    assert build_reader(pool).contributes
    withdraw(pool, str(CONTRIBUTED), both("essai"))
    submit(pool, CONTRIBUTED)
    publish(pool)
    now = datetime.now(UTC)
    assert not explain_access(pool, CONTRIBUTED.partner, str(REQUESTED), "read", now, None).allowed
    contributions = Contributions(pool.settings.data).of(pool.iris.partner(CONTRIBUTED.partner))
    assert {contribution.lacks for contribution in contributions if contribution.ended is None} == {
        (str(Shortfall.PAUSE),)
    }


def test_a_correction_is_no_withdrawal(pool: Pool) -> None:
    """However often figures are corrected, they keep what they open."""
    submit(pool, REQUESTED)
    for addition in range(3):
        write_figures(pool.settings.catalog, [[figure + addition for figure in row] for row in OWN])
        assert submit(pool, CONTRIBUTED).accepted
        settle_contributions(pool)
        assert explain_access(
            pool, CONTRIBUTED.partner, str(REQUESTED), "read", datetime.now(UTC), None
        ).allowed


def test_an_older_ledger_opens_nothing_until_its_contributions_are_assessed(pool: Pool) -> None:
    """By the next publication."""
    submit(pool, REQUESTED)
    submit(pool, CONTRIBUTED)
    version = next(number for number, step in enumerate(STEPS) if "ADD COLUMN lacks" in step)
    with closing(sqlite3.connect(pool.settings.data / "ledger.sqlite")) as connection:
        connection.execute("ALTER TABLE contribution DROP COLUMN lacks")
        for table in re.findall(r"CREATE TABLE (\w+)", "".join(STEPS[version:])):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE counted SET basis = 'of before'")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
    ledger, contributor = Contributions(pool.settings.data), pool.iris.partner(CONTRIBUTED.partner)
    assert (ledger.counting_until(contributor), ledger.of(contributor)) == ({}, [])
    settle_contributions(pool)
    assert explain_access(
        pool, CONTRIBUTED.partner, str(REQUESTED), "read", datetime.now(UTC), None
    ).allowed


def test_figures_of_others_are_no_contribution(pool: Pool) -> None:
    """A partner who publishes another's figures contributes none of its own."""
    mapping = pool.catalog.datasets[CONTRIBUTED].folder / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    contributor_part, other_part = (
        f"id/partner/{key.partner}~iri" for key in (CONTRIBUTED, REQUESTED)
    )
    mapping.write_text(text.replace(contributor_part, other_part), encoding="utf-8")
    assert submit(pool, CONTRIBUTED).accepted
    ledger = Contributions(pool.settings.data)
    assert all(ledger.of(pool.iris.partner(key.partner)) == [] for key in (CONTRIBUTED, REQUESTED))
    assert ledger.strata().keys() == {pool.iris.dataset(CONTRIBUTED)}


def test_the_explanation_says_until_when_a_contribution_counts(pool: Pool) -> None:
    """Before a contribution, while it counts, and at its end."""
    submit(pool, REQUESTED)
    now = datetime.now(UTC)

    def explain(at: datetime) -> tuple[bool, str]:
        explanation = explain_access(pool, CONTRIBUTED.partner, str(REQUESTED), "read", at, None)
        return explanation.allowed, explanation.reason["fr"]

    assert explain(now)[0] is False
    submit(pool, CONTRIBUTED)
    (until,) = {
        contribution.until
        for contribution in Contributions(pool.settings.data).of(
            pool.iris.partner(CONTRIBUTED.partner)
        )
    }
    allowed, reason = explain(until - timedelta(microseconds=1))
    assert allowed
    assert str(until.year) in reason
    allowed, reason = explain(until)
    assert not allowed
    assert str(until.year) in reason


def test_a_partner_and_the_steward_see_contributions_and_received_datasets(
    pool: Pool, service: PoolService
) -> None:
    """With the reasons; other readers see nothing of them."""
    submit(pool, REQUESTED)
    submit(pool, CONTRIBUTED)
    publish(pool)
    exchange = service.exchange(build_reader(pool), CONTRIBUTED.partner)
    assert [item.card.key for item in exchange.received] == [REQUESTED]
    assert exchange.withheld == ()
    assert exchange.given[0].stratum["fr"].startswith("Théâtre · ")
    steward = Reader(pool.catalog.third_party.iri, host=True)
    assert service.exchange(steward, CONTRIBUTED.partner).given == exchange.given
    museum_exchange = service.exchange(steward, "musee-marees")
    assert (museum_exchange.given, museum_exchange.received) == ((), ())
    assert [len(item.lacking) for item in museum_exchange.withheld] == [50]
    for stranger in (ANONYMOUS, Reader(pool.iris.partner("musee-marees"))):
        with pytest.raises(UnknownThing):
            service.exchange(stranger, CONTRIBUTED.partner)


def test_the_measures_that_count_persons_are_those_of_the_ontology() -> None:
    """The query names them, but inhabitants, who are no public, and what the third party counts."""
    not_contributed = {PARVIS.population, PARVIS.distinctPeople}
    counting = ontology().subjects(PARVIS.countsPersons, Literal(lexical_or_value=True))
    text = files("parvis.pooling.publics").joinpath("strata.rq").read_text(encoding="utf-8")
    named = {word for word in text.split("VALUES")[1].split("}")[0].split() if ":" in word}
    assert named == {
        f"parvis:{str(measure).rpartition('#')[2]}"
        for measure in counting
        if measure not in not_contributed
    }
