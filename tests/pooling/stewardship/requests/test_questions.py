"""The practice pool holds released figures alone; a table reveals no more than releases do."""

import csv
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import witness_checker
from attacking import Attack
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.namespace import QB, RDF

from parvis.cli import parvis as command_line
from parvis.config import Settings, clock, knowledge
from parvis.config.json_data import to_json
from parvis.errors import LimitError, QueryError, StoreError, UnknownThing, UsageError
from parvis.governance import ANONYMOUS
from parvis.ledger import SHELL, Act, Audit
from parvis.ledger.queries.release_questions import QuestionState, ReleaseQuestions
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.history import TABLES, Releases, read_all_releases
from parvis.pooling.publics.release import portray
from parvis.pooling.publics.tables import PROPERTIES, TableRequest, total_of
from parvis.pooling.serving.figures.figures import read_figures
from parvis.pooling.serving.figures.released.verification import check_receipt
from parvis.pooling.serving.readers import create_token
from parvis.pooling.serving.service import PoolService
from parvis.pooling.serving.site.practice import PracticePool, read_practice_pool
from parvis.pooling.stewardship.generations import recall
from parvis.pooling.stewardship.register import read_register
from parvis.pooling.stewardship.requests import questions as questions_module
from parvis.pooling.stewardship.requests.questions import (
    ask_release,
    examine_question,
    question_to_json,
    read_request,
    refuse_question,
    release_question,
    withdraw_question,
)
from parvis.statistics.disclosure.release import ControlledRelease
from parvis.validation import load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES
from parvis.web import create_app

POOL = Path(__file__).parents[3] / "cases" / "portrait"
INPUTS = (
    *("biblio-val-des-pins/prets", "danse-petit-nord/publics", "diffusion-rivage/billetterie"),
    *("musee-marees/frequentation", "theatre-lanterne/publics", "salle-des-erables/publics"),
    *("scene-du-phare/publics", "maison-des-voix/publics", "theatre-du-tilleul/publics"),
    "centre-grand-large/publics",
)
PHARE = DatasetKey("scene-du-phare", "publics")
TABLE_KEY = DatasetKey("tiers-neutre", TABLES)
YEAR = f"{CONCEPT}period/2025"
DEFAULTS = {
    "measure": "parvis:attendance",
    "period": f"<{YEAR}>",
    **{name: f"<{total_of(name)}>" for name in PROPERTIES if name != "period"},
}
NAMES = {name: f"parvis:{step.rpartition('#')[2]}" for name, step in PROPERTIES.items()}


def write_query(shown: str = "?age", after: str = "", within: str = "", **terms: str) -> str:
    """Write a query for a table: totals, but for some terms, grouped by what it shows."""
    chosen = DEFAULTS | terms
    steps = "; ".join(f"{NAMES[name]} {chosen[name]}" for name in NAMES if chosen[name])
    return (
        f"SELECT {shown} (SUM(?n) AS ?people) {after} WHERE {{ ?o a qb:Observation ;"
        f" {chosen['measure']} ?n ; {steps} . {within} }} GROUP BY {shown}"
    )


BY_AGE = write_query(age="?age")


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Build a pool whose portrait is published."""
    folder = tmp_path_factory.mktemp("questions")
    catalog = Path(shutil.copytree(POOL, folder / "catalog"))
    built = Settings.load(folder / "data", catalog)
    with Pool.open(built) as pool:
        for name in INPUTS:
            assert submit(pool, DatasetKey(*name.split("/"))).accepted
        portray(pool)
        publish(pool)
    return built


@pytest.fixture(scope="module")
def service(portrait: Settings) -> Iterator[PoolService]:
    with closing(PoolService(portrait)) as opened:
        yield opened


@pytest.fixture(scope="module")
def practice(service: PoolService) -> PracticePool:
    return read_practice_pool(service, ANONYMOUS)


@pytest.fixture(scope="module")
def practice_graph(practice: PracticePool) -> Graph:
    dataset = Dataset()
    dataset.parse(data=b"".join(practice.list_quads()), format="nquads")
    return dataset.graph(URIRef(f"{practice.base}practice"))


@pytest.fixture
def copied(portrait: Settings, tmp_path: Path) -> Settings:
    """Return a copy of the pool, for a test that changes it."""
    shutil.copytree(portrait.data, tmp_path / "data")
    shutil.copytree(portrait.catalog, tmp_path / "catalog")
    return Settings.load(tmp_path / "data", tmp_path / "catalog")


def test_the_practice_pool_holds_the_released_figures_and_nothing_else(
    service: PoolService, practice: PracticePool, practice_graph: Graph
) -> None:
    """Sums over the invented partners are the published values, each once; none is suppressed."""
    figures = read_figures(service, ANONYMOUS)
    released = {f.stratum: f.value for f in figures if f.value is not None}
    assert 0 < len(released) < len(figures)
    sums: Counter[tuple[str, ...]] = Counter()
    for observation in practice_graph.subjects(RDF.type, QB.Observation):
        measure = practice_graph.value(observation, QB.measureType)
        order = ("period", "discipline", "area", "age", "public", "language", "channel")
        steps = [PROPERTIES[name] for name in (*order, "event", "size")]
        codes = [str(practice_graph.value(observation, URIRef(step))) for step in steps]
        part = practice_graph.value(observation, measure)
        assert isinstance(part, Literal)
        assert int(part) >= 0
        sums[str(measure), *codes] += int(part)
    assert dict(sums) == released
    numbers = [int(str(o)) for o in practice_graph.objects() if str(o).isdigit()]
    assert sum(numbers) == sum(released.values())
    texts = " ".join(str(term) for term in practice_graph.all_nodes())
    assert "theatre-lanterne" not in texts
    assert len(practice.figures) == len(released)


def test_the_practice_pool_conforms_to_the_shapes_and_says_that_it_is_invented(
    practice_graph: Graph,
) -> None:
    report = validate(practice_graph, load_shapes([knowledge("shapes")]))
    assert report.conforms, [to_json(finding) for finding in report.findings]
    texts = [str(o) for o in practice_graph.objects() if isinstance(o, Literal)]
    assert sum("nvent" in text for text in texts) >= 4


def test_two_downloads_of_the_practice_pool_are_the_same(
    portrait: Settings, practice: PracticePool, tmp_path: Path
) -> None:
    """By another process that reads the same published version; on the command line, too."""
    file = tmp_path / "practice.nq"
    options = ["--data", str(portrait.data), "--catalog", str(portrait.catalog)]
    result = CliRunner().invoke(
        command_line, ["practice", "-o", str(file), *options, "--json"], obj="en"
    )
    assert result.exit_code == 0, result.output
    assert file.read_bytes() == b"".join(practice.list_quads())
    other = replace(practice, figures=practice.figures[1:])
    assert other.seed != practice.seed


LAYER = st.sampled_from(["age", "public", "language", "channel", "event", "size", "area"])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(LAYER, st.frozensets(st.sampled_from(["discipline", "narrowed"])))
def test_a_query_runs_on_the_practice_pool_as_it_is_read(
    portrait: Settings,
    practice: PracticePool,
    practice_graph: Graph,
    layer: str,
    more: frozenset[str],
) -> None:
    """What SPARQL answers on the invented figures is the table that parvis reads the query as."""
    names = [layer, *(["discipline"] if "discipline" in more else [])]
    within = ""
    if "narrowed" in more:
        codes = sorted({request_code(figure.key, names[0]) for figure in practice.figures})[:3]
        within = f"FILTER(?{names[0]} IN ({', '.join(f'<{code}>' for code in codes)}))"
    shown = " ".join(f"?{name}" for name in names)
    query = write_query(shown, within=within, **{name: f"?{name}" for name in names})
    request = read_request(portrait, query)
    rows = practice_graph.query(request.query, initNs=PREFIXES)
    expected = sorted((*map(str, row[:-1]), int(row[-1])) for row in rows)  # type: ignore[index,arg-type] # of SELECT
    assert [(*row.codes, row.value) for row in practice.select(request)] == expected


def request_code(key: Any, name: str) -> str:  # noqa: ANN401 - a key of figures
    if name in {"area", "discipline"}:
        return str(getattr(key, name))
    return key.code if key.layer == name else total_of(name)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (BY_AGE.replace("SUM(?n)", "COUNT(?n)"), "SUM instead of COUNT"),
        (BY_AGE.replace("SUM(?n)", "SUM(DISTINCT ?n)"), "without DISTINCT"),
        (f"{BY_AGE} LIMIT 1", "suppressed"),
        (f"{BY_AGE} HAVING (SUM(?n) > 5)", "suppressed"),
        (write_query("?age ?language", age="?age", language="?language"), "one table by age"),
        (write_query(age="?age", language=""), "language"),
        (write_query("?age", age="?age", period="?p"), "several codes of period"),
        (write_query(age="?age", within="FILTER(?n > 10)"), "filter"),
        (write_query(age="?age", within="OPTIONAL { ?o parvis:place ?p }"), "pattern"),
        (write_query(age="?age", within="?o parvis:contributor ?who ."), "contributor"),
        (write_query(age="?age", within="?other parvis:place ?p ."), "one observation"),
        (write_query(age=f"<{CONCEPT}age/18-24>", shown="?area", area="?area"), "18-24"),
        (write_query("?area", area="?area", period=f"<{CONCEPT}period/2025-03>"), "years"),
        (write_query(after="FROM <http://localhost:8000/graph/a/b>", age="?age"), "graph"),
        (write_query(age="?age", measure="parvis:sampleSize"), "measure"),
        ("SELECT ?o { ?o a qb:Observation }", "GROUP BY"),
        ("ASK { ?o a qb:Observation }", "SELECT"),
        (BY_AGE.replace("SUM(?n)", "SUM(?n) * 2"), "SUM"),
        (f"{BY_AGE} ORDER BY SUM(?n)".replace("(SUM(?n) AS ?people)", ""), ""),
        (write_query(age="?age", within="FILTER(?age)"), "filter"),
        (write_query(age="?age", within="FILTER(true)"), "filter"),
        (write_query(age="?age", within="VALUES ?age {}"), ""),
        (write_query(age="?age", within="{" * 300 + "}" * 300), "brackets"),
        (write_query(age="?age", within="{}" * 1_200), "pattern"),
        # These took half a minute of the site's process.
        (write_query(age="?age", within=f"?o a {'(' * 900}{')' * 900}"), "brackets"),
        (write_query(age="?age", within="?o a ((((((())))))) . " * 9), "pattern"),
        (write_query("?age ?age", age="?age"), ""),
        (BY_AGE + " " * 5_000, "characters"),
    ],
)
def test_a_query_that_is_no_table_of_releases_is_refused_with_the_reason(
    portrait: Settings, query: str, reason: str
) -> None:
    with pytest.raises(QueryError) as refusal:
        read_request(portrait, query)
    assert reason in str(refusal.value)


def test_asking_shows_nothing_before_the_table_is_released(copied: Settings) -> None:
    """Nor once the steward has computed it: what whoever asked reads stays the same."""
    party, other = (copied.base + f"id/party/{name}" for name in ("recherche-sorties", "x"))
    question = ask_release(copied, party, SHELL, BY_AGE, "Une thèse.")
    questions = ReleaseQuestions(copied.data)
    before = json.dumps(question_to_json(questions.require(question.id, party)))
    with Pool.open(copied) as pool:
        with pytest.raises(UsageError, match="read the table"):
            release_question(pool, question.id)
        preview = examine_question(pool, question.id)
        suppressed = [row for row in preview["rows"] if row["suppressed"]]
        assert suppressed
        assert all(row["reasons"] for row in suppressed)
        assert json.dumps(question_to_json(questions.require(question.id, party))) == before
        with pytest.raises(UnknownThing):
            questions.require(question.id, other)
        assert not Releases(copied.data, TABLE_KEY).all()
        released = release_question(pool, question.id)
        table = released.table
        assert table is not None
        assert [row["suppressed"] for row in table["rows"]].count(True) == len(suppressed)
        assert "reasons" not in json.dumps(table)
        assert questions.preview(question.id) is None
        # With the same data, a table shows what the portrait shows.
        values = {f.key.code: f.value for f in portray(pool).figures if is_by_age(f.key)}
        shown = {row["codes"][0]: row["value"] for row in table["rows"]}
        assert values.items() <= shown.items()
        entries = read_register(pool, clock.day_in_quebec()).entries
        assert any("Table 1" in entry.description["en"] for entry in entries)
    with pytest.raises(UsageError, match="decided"):
        refuse_question(copied, question.id, "Trop tard.")
    states = [link.entry.get("state") for link in Audit(copied.data).latest([Act.REQUEST], 50)]
    assert {"waiting", "released"} <= set(states)


def is_by_age(key: Any) -> bool:  # noqa: ANN401 - a key of figures
    whole = key.discipline.endswith("/total") and key.area.endswith("/total")
    return bool(key.layer == "age" and whole and key.measure == str(PARVIS.attendance))


def change_figures(copied: Settings) -> None:
    """Correct what one partner gave: a few more people of one age and area."""
    file = copied.catalog / str(PHARE) / "publics.csv"
    text = file.read_text(encoding="utf-8").replace(",593,", ",600,").replace(",5525", ",5532")
    file.write_text(text, encoding="utf-8")


def test_a_table_subtracted_from_the_portrait_reveals_no_correction(copied: Settings) -> None:
    """One partner corrects a cell: a table of today reads there as the portrait did."""
    area = write_query("?age", age="?age", area=f"<{CONCEPT}area/06>")
    party = copied.base + "id/party/recherche-sorties"
    with Pool.open(copied) as pool:
        published = {f.key: f.value for f in portray(pool).figures}
        first = ask_release(copied, party, SHELL, BY_AGE, "Avant.")
        examine_question(pool, first.id)
        change_figures(copied)
        assert submit(pool, PHARE).accepted
        # What was read over is not what would be released now, or it is the same table.
        with pytest.raises(UsageError, match="changed"):
            examine_and_corrupt(pool, first.id)
        for query in (BY_AGE, area):
            question = ask_release(copied, party, SHELL, query, "Après.")
            examine_question(pool, question.id)
            table = release_question(pool, question.id).table
            assert table is not None
            request = read_request(copied, query)
            for key, value in published.items():
                if request.holds(key) and value is not None:
                    now = find_value(table, request, key)
                    assert now in {value, None}, key
        attack = Attack(20.0)
        for release in read_all_releases(copied.data):
            earlier = release.snapshot.earlier
            assert earlier is not None
            attack.add(ControlledRelease(earlier.pooled, earlier.published, {}, 0, 0))
        assert attack.recovered() == []
        tables = Releases(copied.data, TABLE_KEY).all()
        assert [release.number for release in tables] == [1, 2]
        # The next release publishes what the tables of the same data were part of.
        outcome = portray(pool)
        assert (outcome.number, outcome.unproved) == (2, 0)


def examine_and_corrupt(pool: Pool, name: str) -> None:
    """Release a question whose table is no longer the one that was read over."""
    questions = ReleaseQuestions(pool.settings.data)
    preview = questions.preview(name)
    assert preview is not None
    questions.put_preview(name, preview | {"unproved": 99})
    release_question(pool, name)


def find_value(table: Any, request: TableRequest, key: Any) -> int | None:  # noqa: ANN401 - JSON
    codes = list(request.row_of(key))
    return next((row["value"] for row in table["rows"] if row["codes"] == codes), None)


@pytest.mark.parametrize("is_in_history", [False, True])
def test_a_release_that_is_interrupted_is_made_once_by_the_next_call(
    copied: Settings, monkeypatch: pytest.MonkeyPatch, *, is_in_history: bool
) -> None:
    """Before the history has it or after; two at once make one release, with its evidence."""
    party, questions = copied.base + "id/party/recherche-sorties", ReleaseQuestions(copied.data)
    asked = ask_release(copied, party, SHELL, BY_AGE, "Une thèse.")
    with Pool.open(copied) as pool, monkeypatch.context() as power:
        examine_question(pool, asked.id)
        if is_in_history:
            power.setattr(questions_module, "_publish_table", interrupt)
        else:
            power.setattr(Releases, "add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            release_question(pool, asked.id)
    begun = questions.require(asked.id)
    assert (begun.state, begun.table) == (QuestionState.RELEASING, None)
    with pytest.raises(UsageError, match="decided"):
        withdraw_question(copied, asked.id, party, SHELL)

    def release(_: int) -> object:
        with Pool.open(copied) as pool:
            try:
                return release_question(pool, asked.id)
            except StoreError as error:  # another one is at it
                return error

    with ThreadPoolExecutor(2) as threads:
        outcomes = [*threads.map(release, range(2))]
    released = questions.require(asked.id)
    assert released in outcomes
    assert (released.state, released.number) == (QuestionState.RELEASED, 1)
    assert released.table
    assert release(0) == released
    assert Releases(copied.data, TABLE_KEY).numbers() == [1]
    # A table repeats the portrait of the same data, and so does its evidence.
    assert {*copied.data.rglob("*/-tables/1.*")} == {*copied.data.rglob("*/-tables/*")}
    assert Releases(copied.data, TABLE_KEY).read_evidence(1)
    assert witness_checker.main(str(copied.data)) == 0


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_who_may_not_read_the_portrait_gets_no_table(copied: Settings) -> None:
    """An agreement that ends between the question and the release counts too."""
    party = copied.base + "id/party/recherche-sorties"
    asked = ask_release(copied, party, SHELL, BY_AGE, "Une thèse.")
    file = copied.catalog / "tiers-neutre" / "agreement.ttl"
    text, target = file.read_text(encoding="utf-8"), "tiers-neutre/portrait> ; odrl:assignee "
    one_reader = text.replace(f"{target}parvis:everyone", f"{target}<id/partner/musee-marees>")
    file.write_text(one_reader, encoding="utf-8")
    with Pool.open(copied) as pool, pytest.raises(UsageError, match="do not let recherche-sorties"):
        examine_question(pool, asked.id)
    assert ReleaseQuestions(copied.data).preview(asked.id) is None


def test_a_party_asks_so_many_questions_at_most_and_takes_its_own_back(copied: Settings) -> None:
    party = copied.base + "id/party/recherche-sorties"
    asked = [ask_release(copied, party, SHELL, BY_AGE, f"No {n}.") for n in range(5)]
    with pytest.raises(LimitError, match="wait"):
        ask_release(copied, party, SHELL, BY_AGE, "No 6.")
    with pytest.raises(UnknownThing):
        withdraw_question(copied, asked[0].id, party + "x", SHELL)
    assert withdraw_question(copied, asked[0].id, party, SHELL).state is QuestionState.WITHDRAWN
    with pytest.raises(UsageError, match="what the table is for"):
        ask_release(copied, party, SHELL, BY_AGE, "  ")
    refused = refuse_question(copied, asked[1].id, "Déjà parue.")
    assert (refused.state, refused.reason) == (QuestionState.REFUSED, "Déjà parue.")


@pytest.fixture
def client(copied: Settings) -> Iterator[FlaskClient]:
    app = create_app(copied)
    yield app.test_client()
    app.extensions["parvis"].close()


def recall_table_by_http(copied: Settings, client: FlaskClient, asked: str) -> None:
    """Recall a table from the steward's page of its question, which says what that does."""
    site = copied.base.rstrip("/")
    steward = {"Authorization": f"Bearer {create_token(copied, 'tiers-neutre').text}"}
    page = client.get(f"/en/steward/questions/{asked}", base_url=site, headers=steward)
    (link,) = re.findall(r'href="([^"]+kind=recall[^"]+)"', page.text)
    ahead = client.get(link.replace("&amp;", "&"), base_url=site, headers=steward)
    assert "Whoever asked for table 1 reads it no more" in ahead.text
    with Pool.open(copied) as pool:
        assert recall(pool, asked, None, {"fr": "Une erreur."}).table == 1
        # What was read is known: later releases are controlled with it.
        assert Releases(copied.data, TABLE_KEY).read(1).snapshot.pooled
        with pytest.raises(UsageError, match="decided"):
            release_question(pool, asked)


def read_table_receipt(
    copied: Settings, client: FlaskClient, address: str, headers: dict[str, dict[str, str]]
) -> bytes:
    """Return the first receipt of a table, which is valid, and which its own party alone gets."""
    site, (own, other) = copied.base.rstrip("/"), headers.values()
    page = client.get(f"/en{address}", base_url=site, headers=own)
    link = re.findall(r'href="([^"]+/receipt\.json)"', page.text)[0]
    for nobody in (other, {}):
        assert client.get(link, base_url=site, headers=nobody).status_code == 404
    body: bytes = client.get(link, base_url=site, headers=own).data
    verdict = check_receipt(copied, body, "receipt", None, offline=False)
    assert verdict.status == "current"
    assert verdict.receipt.words["en"].startswith("attendance, ")
    assert verdict.receipt.release.rules["min_contributors"] == copied.disclosure.contributors
    return body


def test_a_researcher_practises_asks_and_reads_the_table_by_http(
    copied: Settings, client: FlaskClient
) -> None:
    """As a page and for a program; the table exists for its party alone, once it is released."""
    site = copied.base.rstrip("/")
    page = client.get("/en/practice", query_string={"query": BY_AGE}, base_url=site)
    assert page.status_code == 200
    assert "invented" in page.text
    assert "16" in page.text
    wrong = client.get("/practice", query_string={"query": "SELECT * {}"}, base_url=site)
    assert 'role="alert"' in wrong.text
    document = client.get("/practice.json", query_string={"query": BY_AGE}, base_url=site).json
    assert document is not None
    assert document["invented"]
    assert document["table"]["rows"]
    quads = client.get("/practice.nq", base_url=site)
    assert quads.mimetype == "application/n-quads"
    assert quads.data.count(b"\n") > 1_000
    former = {"If-None-Match": quads.headers["ETag"]}
    assert client.get("/practice.nq", base_url=site, headers=former).status_code == 304
    parties = ("recherche-sorties", "theatre-lanterne")
    tokens = {name: create_token(copied, name).text for name in parties}
    headers = {name: {"Authorization": f"Bearer {text}"} for name, text in tokens.items()}
    mine = {"headers": headers["recherche-sorties"] | {"Accept": "application/json"}}
    form = {"query": BY_AGE, "purpose": "Une thèse."}
    assert client.post("/organization/questions", data=form, base_url=site).status_code == 403
    asked = client.post("/organization/questions", data=form, base_url=site, **mine).json
    assert asked is not None
    address = f"/organization/questions/{asked['id']}"
    waiting = client.get(address, base_url=site, **mine)
    assert waiting.json == asked
    with Pool.open(copied) as pool:
        examine_question(pool, asked["id"])
        assert client.get(address, base_url=site, **mine).data == waiting.data
        assert client.get(f"{address}?format=csv", base_url=site, **mine).status_code == 404
        release_question(pool, asked["id"])
    text = client.get(f"{address}?format=csv", base_url=site, **mine).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["status"] for row in rows} == {"free", "suppressed"}
    assert all((row["people"] == "") == (row["status"] == "suppressed") for row in rows)
    other = client.get(address, base_url=site, headers=headers["theatre-lanterne"])
    assert other.status_code == 404
    assert not re.search(r"\b16[  ,]?\d{3}\b", other.text)
    receipt = read_table_receipt(copied, client, address, headers)
    recall_table_by_http(copied, client, asked["id"])
    assert check_receipt(copied, receipt, "receipt", None, offline=False).recalled
    status = client.get(json.loads(receipt)["release"]["status"], base_url=site)
    assert '"status":"recalled"' in status.text.replace(" ", "")
    recalled = client.get(address, base_url=site, **mine).json
    assert recalled is not None
    assert (recalled["state"], recalled["table"]) == ("recalled", None)
    assert recalled["reason"] == "Une erreur."
    assert client.get(f"{address}?format=csv", base_url=site, **mine).status_code == 404
