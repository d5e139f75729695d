"""Each operation by its command and by its page: catalogue, record and ledger end the same.

Operations go in series, each on two copies of one small pool: the command on the one, the page on
the other. After each, both are compared, but for instants, random names and who did it.
"""

import io
import json
import re
import shlex
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from parvis.cli import main
from parvis.config import Settings
from parvis.governance import Role
from parvis.ledger import (
    FILE,
    READING,
    Act,
    Audit,
    Code,
    Details,
    Passkey,
    People,
    Tokens,
    TokenScope,
    new_pseudonym,
)
from parvis.pooling import people
from parvis.pooling.intake.deposits import give
from parvis.pooling.intake.submit import submit
from parvis.pooling.linking.candidates import open_index
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving import readers
from parvis.pooling.serving.readers import Readers, create_token
from parvis.pooling.stewardship.jobs import list_jobs, wait_for_jobs
from parvis.pooling.stewardship.texts import list_changes
from parvis.store.generation.generation import current, numbers
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.iris import DatasetKey
from parvis.web import create_app
from tests import surveys
from tests.conftest import Server
from tests.web.conftest import POOL
from tests.web.pages.operations import ELSEWHERE, FIGURES, READ, SERIES, Step, read_table

PATIENCE = 120.0
GIVEN = {"spectacles": "theatre-b/spectacles", "billets": "theatre-b/billets"}
SURVEYED = ("alpha", "beta", "gamma", "delta")
PAPER = "theatre-b/agreement.ttl"
CANDIDATE = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .
<id/party/candidate> a foaf:Agent , schema:Person ;
  schema:name "Une candidate (inventée)"@fr , "A candidate (invented)"@en .
"""
AGREEMENT = """
<id/agreement/theatre-b-candidate> a odrl:Agreement ;
  odrl:uid <id/agreement/theatre-b-candidate> ;
  odrl:profile parvis:profile-1 ;
  odrl:conflict odrl:prohibit ;
  dct:title "Entente inventée de lecture"@fr , "Invented agreement to read"@en ;
  odrl:assigner <id/partner/theatre-b> ;
  odrl:permission
    [ odrl:target <id/dataset/theatre-b/spectacles> ;
      odrl:assignee <id/party/candidate> ; odrl:action odrl:read ] .
"""
RECORD = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
<https://ville.example/jeu/x> a dcat:Dataset ; dct:title "Titre" ;
  dct:license <http://creativecommons.org/licenses/by/4.0/> ; dct:description "Ce qui s’y passe." ;
  dcat:distribution [ dcat:downloadURL <https://ville.example/x.csv> ; dct:format "CSV" ] .
"""


def test_every_command_with_a_page_is_run_here_or_has_a_reason() -> None:
    run = {step.name for series in SERIES.values() for step in series}
    assert {f"parvis {name}" for name in run | READ | ELSEWHERE.keys()} == read_table()
    assert not run & (READ | ELSEWHERE.keys())


@pytest.fixture(scope="module")
def built(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build the pool that all copy: files that wait, a person, tokens; return their names."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(settings.data, folder / "data")
    tokens = Tokens(folder / "data")
    for token in tokens.all():  # other tests have made some, and a party has two at most
        tokens.revoke(token.id, datetime.now(UTC))
    shutil.copytree(POOL, folder / "catalog")
    (folder / "catalog" / "candidate").mkdir()
    (folder / "catalog" / "candidate" / "party.ttl").write_text(CANDIDATE, encoding="utf-8")
    with (folder / "catalog" / PAPER).open("a", encoding="utf-8") as file:
        file.write(AGREEMENT)
    # The portal of a test is on this machine.
    with (folder / "catalog" / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write("[fetch]\nallow = ['127.0.0.1']\n")
    own = Settings.load(data=folder / "data", catalog=folder / "catalog")
    facts = {"folder": str(folder)}
    with Pool.open(own) as pool:
        publish(pool)
        for name, key in GIVEN.items():
            dataset = pool.catalog.require(DatasetKey.parse(key))
            text = dataset.sources[0].read_text("utf-8")
            rows = text.splitlines(keepends=True)
            shorter = folder / f"{name}.csv"
            shorter.write_text("".join(rows[: max(2, len(rows) - 1)]), encoding="utf-8")
            _, deposit = give(pool, dataset.key, shorter, dataset.publisher)
            assert deposit is not None
            facts[name] = deposit.id
            if name == "spectacles":
                shutil.copyfile(shorter, folder / "catalog" / key / "spectacles.csv")
    # Figures are for a dataset without a mapping of its own.
    (folder / "catalog" / "theatre-b" / "reserve" / "mapping.yml").unlink()
    (folder / "figures.json").write_text(json.dumps({"performances": [FIGURES]}), encoding="utf-8")
    for party in ("tiers", "theatre-b", "candidate"):
        facts[party] = create_token(own, party).text
    facts["own"] = facts["theatre-b"].split("_")[1]
    facts["person"] = join(own)
    return facts


def join(settings: Settings) -> str:
    """Let a person join a partner; return the pseudonym."""
    link = people.invite(settings, "theatre-b", "editor").link
    code, now, pseudonym = Code.parse(link.rpartition("/")[2]), datetime.now(UTC), new_pseudonym()
    assert code is not None
    person = People(settings.data).join(
        code,
        pseudonym,
        Details("Ana", "ana@theatre.example", "en"),
        Passkey(pseudonym, pseudonym, b"", 0, "", now),
        now,
        challenge=pseudonym.encode(),
        until=now + timedelta(minutes=5),
    )
    access = Readers(settings)
    access.begin_session(access.of_person(person, now + timedelta(days=1)), "test", "")
    return pseudonym


@dataclass
class Side:
    """One of the two copies, and how operations are done to it."""

    settings: Settings
    facts: dict[str, str]
    client: FlaskClient | None = None

    def fill(self, text: str) -> str:
        """Put names of this copy into a text."""
        found = {
            "rule": "SELECT id FROM standing_offer ORDER BY created DESC",
            "request": "SELECT id FROM access_request ORDER BY created DESC",
            "token": "SELECT id FROM token ORDER BY created DESC",
        }
        facts = dict(self.facts)
        for name, query in found.items():
            if f"{{{name}}}" in text:
                with closing(sqlite3.connect(self.settings.data / FILE)) as ledger:
                    (facts[name],) = ledger.execute(query).fetchone()
        if "{change}" in text:
            facts["change"] = str(list_changes(self.settings)[-1].number)
        facts["folder"] = str(self.settings.data.with_name("saved"))
        return text.format_map(facts)

    def run(self, step: Step) -> None:
        if self.client is None:
            self._type(step)
        else:
            self._click(self.client, step)

    def _type(self, step: Step) -> None:
        folders = ["--data", str(self.settings.data), "--catalog", str(self.settings.catalog)]
        with pytest.raises(SystemExit) as ended:
            main([*shlex.split(self.fill(step.command)), *folders])
        assert ended.value.code == 0, step.command

    def _click(self, client: FlaskClient, step: Step) -> None:
        headers = {"Authorization": f"Bearer {self.facts[step.by]}", "Accept": "text/html"}
        form = {name: self.fill(text) for name, text in step.form.items()}
        path = self.fill(step.page)
        if step.page.endswith("/sign"):
            page = client.get(path.removesuffix("/sign"), headers=headers).text
            form["digest"] = re.findall(r'name="digest" value="([^"]*)"', page)[0]
        fields: dict[str, Any] = dict(form)
        if "file" in fields:
            fields["file"] = (io.BytesIO(Path(form["file"]).read_bytes()), "figures.json")
        answer = client.post(path, data=fields, headers=headers)
        assert answer.status_code in {200, 202, 303}, (step.page, answer.text[-1500:])
        if step.page == "/steward/jobs":
            assert wait_for_jobs(self.settings, PATIENCE)
            ended = list_jobs(self.settings)[0]
            assert ended.state == "done", ended.problems


@pytest.fixture(scope="module")
def figures_built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build a pool of figures and of four surveys, none of them released."""
    folder = tmp_path_factory.mktemp("figures")
    settings = surveys.write_catalog(folder / "catalog", SURVEYED)
    with Pool.open(settings) as pool:
        for number, name in enumerate(SURVEYED):
            file = surveys.write_answers(folder / f"{name}.csv", surveys.draw_answers(number))
            assert submit(pool, surveys.key_of(name), file, approved=True).stored
        assert submit(pool, DatasetKey("troupe-a", "publics")).accepted
        publish(pool)
    return {"folder": str(folder), "tiers": create_token(settings, "tiers").text}


@pytest.fixture
def sides(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Side, Side]]:
    """Copy the pool twice, for commands and for pages; every token acts as a person may."""
    built = request.getfixturevalue("figures_built" if name == "figures" else "built")
    monkeypatch.setitem(readers.ROLES, TokenScope.READ, Role.EDITOR)
    portal = server.gives("/a.ttl", RECORD.encode())
    copies = []
    for place in ("commands", "pages"):
        folder = tmp_path / place
        shutil.copytree(built["folder"], folder)
        facts = {**built, "portal": portal, "figures": str(folder / "figures.json")}
        settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
        copies.append(Side(settings, facts))
    app = create_app(copies[1].settings)
    app.testing = True
    copies[1].client = app.test_client()
    yield copies[0], copies[1]
    app.extensions["parvis"].close()


INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)?")
RANDOM = re.compile(r"\b[0-9a-f]{8,}\b")
RELEASES = ("/tiers/portrait", "/tiers/sondages")
"""The ends of the names of the graphs of releases."""
NOT_COMPARED = frozenset({"job", "spent_challenge", "link", "forgotten", "dataset_use"})
"""Tables of the site alone, and the chains, which are compared by their entries."""
LEFT_OUT = {
    # A command is of neither side: both are told of it, and by a page the other side alone.
    "requests": {"notice", "delivery"},
    # The instant at which a project is closed is published.
    "texts": {"served"},
}
"""The parts that are not compared in a series."""
DRAWN = frozenset({"digest", "secret", "folder", "revision", "bytes"})
"""Columns and facts that chance or the place decides."""
ACTOR = frozenset({"by", "role", "person", "party", "author"})
"""Who acts, in the tables and entries that say so."""
ACTED = {"text_change": ACTOR, "request_change": ACTOR, "deposit": {"by"}}
IDENTIFIED = {"token": {"id"}, "invitation": {"id"}}


def normalise(value: object) -> object:
    if isinstance(value, str):
        return RANDOM.sub("#", INSTANT.sub("@", value))
    if isinstance(value, Mapping):
        kept = {name: v for name, v in value.items() if name not in DRAWN}
        return {name: normalise(v) for name, v in kept.items()}
    return [*map(normalise, value)] if isinstance(value, list) else value


def read_ledger(settings: Settings) -> dict[str, object]:
    """Return the rows of every table, and the entries of the chains."""
    tables: dict[str, object] = {}
    with closing(sqlite3.connect(settings.data / FILE)) as ledger:
        ledger.row_factory = sqlite3.Row
        names = ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in names.fetchall():
            if table in NOT_COMPARED or table.startswith("sqlite_"):
                continue
            left_out = DRAWN | ACTED.get(table, set()) | IDENTIFIED.get(table, set())
            rows = ledger.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - its own
            cells = [{n: row[n] for n in row.keys() if n not in left_out} for row in rows]  # noqa: SIM118 - a row
            tables[table] = sorted(repr(normalise(row)) for row in cells)
        links = ledger.execute("SELECT chain, entry FROM link ORDER BY chain, number").fetchall()
    entries = [(row["chain"], json.loads(row["entry"])) for row in links]
    # A page is read before its form is sent, which the trail says.
    entries = [(chain, entry) for chain, entry in entries if entry.get("act") not in READING]
    names_of_chance = ACTOR | {"at", "token", "invitation", "sha256", "ms"}
    for _, entry in entries:
        # How much was searched depends on what a site keeps beside the pool.
        entry["search"] = entry.get("search", {}).get("remains")
    tables["entries"] = [
        (chain, normalise({n: v for n, v in entry.items() if n not in names_of_chance}))
        for chain, entry in entries
    ]
    return tables


def read_release(pool: Pool, version: GraphVersion) -> list[str]:
    """Return the lines of a release, which says at which instant it was made."""
    text = b"".join(pool.record.read_lines(version)).decode()
    return sorted(INSTANT.sub("@", text).splitlines())


def read_state(settings: Settings) -> dict[str, object]:
    """Return all that an operation may change."""
    folder, files = settings.catalog, sorted(settings.catalog.rglob("*"))
    with Pool.open(settings) as pool:
        record = {
            graph: read_release(pool, version) if graph.endswith(RELEASES) else version.digest
            for graph, version in pool.record.versions().items()
        }
        stones = {graph: normalise(stone) for graph, stone in pool.record.tombstones().items()}
    stored = (file for file in (settings.data / "incoming").rglob("*") if file.is_file())
    manifest = current(settings.data).manifest
    with open_index(settings.data) as index:
        compared = None if index is None else dict(index.graphs())
    return {
        "texts": {
            str(file.relative_to(folder)): normalise(file.read_text("utf-8"))
            for file in files
            if file.is_file()
        },
        "record": record,
        "tombstones": stones,
        "files": sorted(normalise(str(f.relative_to(settings.data))) for f in stored),  # type: ignore[type-var]
        "compared": compared,
        "served": (manifest.open.digest, manifest.members.digest),
        "numbers": numbers(settings.data),
        **read_ledger(settings),
    }


def list_actors(settings: Settings) -> list[str | None]:
    """Return the roles of who acted, by entries of the trail, the newest first."""
    return [link.entry.get("role") for link in Audit(settings.data).latest(tuple(Act), 1000)]


@pytest.mark.parametrize("name", SERIES)
def test_commands_and_pages_leave_the_same_pool(sides: tuple[Side, Side], name: str) -> None:
    """And each entry of the trail says who: the command line, or the role of who is signed in."""
    typed, clicked = sides
    if name == "texts":
        # A file with two agreements is not signed.
        for side in sides:
            shutil.copyfile(POOL / PAPER, side.settings.catalog / PAPER)
    before = len(list_actors(typed.settings))
    assert read_state(typed.settings) == read_state(clicked.settings)
    for step in SERIES[name]:
        former = read_state(typed.settings)
        for side in sides:
            side.run(step)
        states = [read_state(side.settings) for side in sides]
        for part in (states[0].keys() | states[1].keys()) - LEFT_OUT.get(name, set()):
            assert states[0].get(part) == states[1].get(part), (step.command, part)
        assert states[0] != former, f"{step.command} changes nothing: it proves nothing"
    own, others = (list_actors(side.settings) for side in sides)
    assert set(own[: len(own) - before]) <= {"shell"}
    assert set(others[: len(others) - before]) <= {"steward", "editor"}
