"""Every block of code of the guide works as it stands, in both languages."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest
from rdflib import Graph
from ruamel.yaml import YAML
from werkzeug.serving import make_server

from parvis.catalog.codelists import read_areas
from parvis.catalog.portals.fields import Fields
from parvis.catalog.queries.presentation import load_presentations
from parvis.cli import main
from parvis.config import FederationSettings, Settings
from parvis.config.documents import Document
from parvis.errors import InputError
from parvis.i18n import LANGUAGES
from parvis.mapping.language.calls import FN
from parvis.mapping.recipes import read_recipe
from parvis.pooling.publics.box_office import read_report
from parvis.vocab.namespaces import PREFIXES
from parvis.web import create_app
from tests.serving import Demo

CASES = Path(__file__).parents[1] / "cases"
SITE = "http://localhost:8000/"
"""The address in the guide, which is that of the demonstration without options."""
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
PATIENCE = 60
TOKENS = ("TOKEN", "JETON")
"""The variables in which the guide has a reader's token."""
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


class Block(NamedTuple):
    """A block of code of the guide, where it stands."""

    lang: str
    page: str
    kind: str
    text: str

    @property
    def name(self) -> str:
        """Return the page, and the beginning of the first line."""
        return f"{self.page}: {self.text.splitlines()[0][:50]}"


def read_blocks() -> Iterator[Block]:
    """List the blocks of every page, in their order."""
    for lang in LANGUAGES:
        folder = Path(str(files("parvis"))) / "docs" / lang
        for page in sorted(folder.glob("*.md")):
            text = page.read_text(encoding="utf-8")
            for kind, body in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", text):
                yield Block(lang, page.stem, kind, body)


ELSEWHERE = {
    ("analysing", ""): "tests/journeys/test_analysing.py",
    ("assistants", "from mcp"): "tests/web/api/test_assistants_sdk.py",
    ("catalogue", "catalogue/\n"): "a drawing of a folder",
    ("catalogue", "# fr: "): "the head of a query: tests/catalog/test_queries.py",
    ("events", "<script"): "tests/browser/test_embedding.py",
    ("events", "<iframe"): "tests/browser/test_embedding.py",
    ("federation", "SERVICE <"): "it calls another site: tests/web/api/test_federation.py",
    ("first-pool", "python3 -m venv"): "tests/test_wheel.py installs, the fixture runs the demo",
    ("giving", "Bearer $"): "a deposit would stay in the demo: tests/web/pages/giving",
    ("harvesting", "ldes-client"): "tests/web/api/test_entity_feed.py",
    ("index", "SHACL"): "a drawing of the way of a file",
    ("mapping", "sources:"): "tests/test_docs.py",
    ("first-pool", "sources:"): "tests/test_docs.py",
    ("onboarding", "parvis onboard"): "tests/cli/test_onboarding.py",
    ("onboarding", "partner.ttl"): "tests/cli/test_onboarding.py",
    ("operations", "useradd"): "it needs a server of one's own; tests/test_deploy.py",
    ("portals", "parvis ckan"): "it needs a portal: tests/catalog/portals/test_commands.py",
    ("portals", "docker compose"): "it needs Docker: tests/catalog/portals/test_real.py",
    ("querying", "# choice: discipline"): "lines of a query: tests/catalog/test_queries.py",
    ("results", "population"): "tests/cases/recipes/population.csv is such a file",
    ("surveys", "enquetes-mutualisees"): "no survey is in the demo: tests/web/api/test_surveys.py",
    ("scaling", "oxigraph serve"): "tests/remote/test_guide.py",
    ("scaling", "[remote]"): "tests/remote/test_guide.py",
    ("scaling", "upstream"): "tests/remote/test_proxy.py",
}
"""The blocks that are not run here, by page and a word, with the reason or the test that does."""


def is_elsewhere(block: Block) -> bool:
    return any(block.page == page and word in block.text for page, word in ELSEWHERE)


def belongs(block: Block, *kinds: str) -> bool:
    return block.kind in kinds and not is_elsewhere(block)


BLOCKS = list(read_blocks())
DEMO_BLOCKS = list(
    {
        block.text: block
        for block in BLOCKS
        if belongs(block, "sh") and block.text.startswith("curl ") and block.page != "first-pool"
    }.values()
)
QUERIES = list({block.text: block for block in BLOCKS if belongs(block, "sparql")}.values())
POOL_PAGES = ("first-pool", "agreements", "scaling", "deleting")
"""The pages whose commands are run in the pool that the first of them begins."""
FILE_PAGES = ("datascene", "figures", "recipes", "surveys", "tokens")
"""The pages whose commands are run beside the catalogue of the demonstration."""
READ = ("turtle", "toml", "yaml", "json", "text")


def test_every_block_is_run_or_says_where() -> None:
    for block in BLOCKS:
        if not is_elsewhere(block):
            run = block in DEMO_BLOCKS or block.text.startswith("curl ") or block in QUERIES
            run = run or (block.kind == "sh" and block.page in POOL_PAGES + FILE_PAGES)
            assert run or block.kind in {*READ, "sparql"}, block
    unused = [
        key for key in ELSEWHERE if not any(key[0] == b.page and key[1] in b.text for b in BLOCKS)
    ]
    assert unused == []


class Shell:
    """Runs blocks line by line: parvis in this process, other programs in a shell."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, site: str = SITE) -> None:
        self.folder, self.site, self._patch = folder, site, monkeypatch
        self.go(folder)

    def go(self, folder: Path) -> None:
        self._patch.chdir(folder)

    def run(self, text: str, capsys: pytest.CaptureFixture[str]) -> str:
        """Run a block, and return what it prints."""
        printed = ""
        for line in text.replace("\\\n", " ").replace(SITE, self.site).splitlines():
            words = shlex.split(line, comments=True)
            match words:
                case []:
                    continue
                case ["export", *settings]:
                    for setting in settings:
                        name, _, value = setting.partition("=")
                        self._patch.setenv(name, value)
                case ["cd", folder]:
                    self.go(Path(folder))
                case ["parvis", *arguments]:
                    capsys.readouterr()
                    with pytest.raises(SystemExit) as exit_info:
                        main(arguments)
                    output = capsys.readouterr()
                    assert not exit_info.value.code, (line, output.err)
                    printed += output.out
                case _:
                    command = re.sub(r"\bcurl\b", "curl -fsS", line, count=1)
                    result = subprocess.run(  # noqa: S603 - the lines of our own guide
                        ["/bin/sh", "-ec", command],
                        capture_output=True,
                        text=True,
                        timeout=PATIENCE,
                        env=os.environ,
                        check=False,
                    )
                    assert result.returncode == 0, (line, result.stderr)
                    printed += result.stdout
        return printed


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings from the commands."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("block", DEMO_BLOCKS, ids=lambda block: block.name)
def test_a_request_of_the_guide_is_answered_by_the_demonstration(
    demo: Demo,
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a program, from the folder of a file like the one that the guide names."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    dataset = demo.settings.catalog / "theatre-lanterne" / "programmation"
    shutil.copy(dataset / "programmation.csv", tmp_path)
    for name in TOKENS:
        monkeypatch.setenv(name, demo.token)
    printed = Shell(tmp_path, monkeypatch, demo.address).run(block.text, capsys)
    assert printed or any(file.suffix == ".xlsx" for file in tmp_path.iterdir())


def ask(demo: Demo, query: str) -> list[dict[str, str]]:
    parameters = urllib.parse.urlencode({"query": query, "format": "csv"})
    with urllib.request.urlopen(f"{demo.address}sparql?{parameters}", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


@pytest.mark.parametrize("block", QUERIES, ids=lambda block: block.name)
def test_a_query_of_the_guide_finds_something(demo: Demo, block: Block) -> None:
    rows = ask(demo, block.text)
    assert rows
    assert all(all(row.values()) for row in rows)


def test_the_first_query_finds_events_only(demo: Demo) -> None:
    """A date is not what makes an event: the terms of the ontology have dates too."""
    (query,) = {block.text for block in QUERIES if "?start" in block.text}
    kinds = query.replace("SELECT ?start ?name ?place", "SELECT DISTINCT ?event")
    kinds = kinds.partition("ORDER BY")[0].rstrip().removesuffix("}")
    others = f"{kinds} FILTER NOT EXISTS {{ ?event a schema:Event }} }}"
    assert ask(demo, others) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_pool_is_made_by_the_guide_from_the_first_block_to_the_last(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command works, and the remark that the page shows is the one that is printed."""
    monkeypatch.setenv("LC_ALL", f"{lang}_CA.UTF-8")
    own = [block for block in BLOCKS if block.lang == lang and not is_elsewhere(block)]
    blocks = iter([block for block in own if block.page == "first-pool"])
    shell = Shell(tmp_path, monkeypatch)
    seen = 0
    for block in blocks:
        if block.kind == "sh" and block.text.startswith("parvis serve"):
            break
        if block.kind == "sh":
            printed = shell.run(block.text, capsys)
            assert "parvis check" not in block.text or printed
        elif (remark := block.text.translate(SPACES).strip()).startswith("No;"):
            table = Path("exemple/programmation/programmation.csv").read_text(encoding="utf-8")
            parts = [part for line in remark.splitlines() for part in line.split("…")]
            assert all(part in table for part in parts)
        else:
            seen += 1
            printed = read_remarks(remark, capsys)
            assert all(line.strip() in printed for line in remark.splitlines())
    assert seen == 1
    serve_and_ask(shell, [block.text for block in blocks], capsys)
    for block in own:
        if block.page in POOL_PAGES[1:] and block.kind == "sh":
            run_in_pool(shell, block, capsys)


def read_remarks(remark: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the check says once a price is the word that the page proposes."""
    file = Path("exemple/programmation/programmation.csv")
    table = file.read_text(encoding="utf-8")
    word = re.findall(r"[“«] ?(\w+) ?[”»]", remark)[1]
    file.write_text(table.replace("38,50", word, 1), encoding="utf-8")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["check", "exemple/programmation"])
    file.write_text(table, encoding="utf-8")
    return capsys.readouterr().out.translate(SPACES)


def serve_and_ask(shell: Shell, texts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Serve the pool, and run the blocks that follow."""
    app = create_app(Settings.load())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    shell.site = f"http://127.0.0.1:{server.server_port}/"
    try:
        for text in texts:
            assert shell.run(text, capsys)
    finally:
        server.shutdown()
        thread.join()
        app.extensions["parvis"].close()
        shell.site = SITE


def run_in_pool(shell: Shell, block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a block of another page in the first pool, with the parties that it names."""
    texts = "--title-fr P --title-en A --objective-fr O --objective-en O"
    project = f"parvis add project publics {texts} --start 2026-01-01 --end 2027-12-31"
    partner = "parvis add partner musee-b --name-fr 'Musée B' --name-en 'Museum B' --kind museum"
    if "--project publics" in block.text:
        words = "Des visites inventées pour les essais de ce guide, et rien d’autre."
        dataset = f"parvis add dataset musee-b/visites --title-fr V --title-en V --licence {CC_BY}"
        texts = f"--description-fr '{words}' --description-en '{words}'"
        shell.run(f"{partner}\n{project} --member musee-b\n{dataset} {texts}", capsys)
    # The copies are other machines: tests/store tries what they do.
    lines = [
        line
        for line in block.text.splitlines()
        if not line.startswith(("parvis pull", "parvis serve"))
    ]
    printed = shell.run("\n".join(lines), capsys)
    if "sha256sum" in block.text:
        digest = printed.split()[0]
        assert digest in Path("musee-b/agreement-publics.ttl").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", FILE_PAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_commands_on_files_work(  # noqa: PLR0913, PLR0917 - fixtures
    demo: Demo,
    lang: str,
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Beside the catalogue of the demonstration, which is only read."""
    monkeypatch.setenv("PARVIS_CATALOG", str(demo.settings.catalog))
    monkeypatch.setenv("PARVIS_DATA", str(demo.settings.data if page == "datascene" else tmp_path))
    monkeypatch.setenv("PARVIS_BASE", demo.address)
    shutil.copy(CASES / "recipes" / "icalendar.ics", tmp_path / "calendar.ics")
    shutil.copy(CASES / "recipes" / "icalendar.ics", tmp_path / "calendrier.ics")
    shutil.copy(CASES / "figures" / "chiffres.csv", tmp_path / "publics.csv")
    shell = Shell(tmp_path, monkeypatch, demo.address)
    printed = ""
    for block in BLOCKS:
        curl = block.text.startswith("curl ")
        if (block.lang, block.page) == (lang, page) and belongs(block, "sh") and not curl:
            tokens = re.findall(r"parvis_(\w{8})_", printed)
            text = block.text.replace("dLHM8ntV", tokens[0]) if tokens else block.text
            for folder in re.findall(r"-o (\S+)/", text):
                (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            printed += shell.run(text, capsys)
    assert printed or len(list(tmp_path.rglob("*"))) > 3


DOCUMENTS = [block for block in BLOCKS if belongs(block, *READ) and block.page != "first-pool"]


@pytest.mark.parametrize("block", DOCUMENTS, ids=lambda block: f"{block.lang} {block.name}")
def test_a_document_of_the_guide_is_read(block: Block, tmp_path: Path) -> None:
    """By the reader of the file that it is a part of."""
    match block.kind, block.page:
        case "turtle", _:
            assert len(read_turtle(block.text)) > 2
        case "toml", "federation":
            settings = tomllib.loads(block.text)["federation"]
            assert FederationSettings(**settings).services
        case "toml", "portals":
            (tmp_path / "mine.toml").write_text(block.text, encoding="utf-8")
            assert Fields.load(str(tmp_path / "mine.toml")).organizations
        case "toml", "querying":
            (tmp_path / "queries").mkdir()
            (tmp_path / "queries" / "questions.toml").write_text(block.text, encoding="utf-8")
            assert load_presentations(tmp_path)
        case "yaml", "recipes":
            (tmp_path / "recipe.yml").write_text(block.text, encoding="utf-8")
            assert read_recipe(tmp_path / "recipe.yml")
        case "yaml", "operations":
            assert YAML(typ="safe").load(block.text)["scrape_configs"]
        case "json", "operations":
            assert json.loads(block.text)["status"] == 503
        case "json", "box-office":
            report = Document(json.loads(block.text), "body", InputError)
            assert read_report(report, "lueur-1").figures
        case "text", "releases":
            (tmp_path / "areas.csv").write_text(block.text, encoding="utf-8")
            assert read_areas(tmp_path)
        case _:
            pytest.fail(f"no reader for {block}")


def read_turtle(text: str) -> Graph:
    """Read a part of a Turtle document, with the prefixes that the guide uses."""
    prefixes = PREFIXES | {"rml": "http://w3id.org/rml/", "fn": FN}
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in prefixes.items())
    body = text.strip()
    subject = "" if body.startswith("<") else "[] "
    end = "" if body.endswith(".") else " ."
    return Graph().parse(data=f"{head}{subject}{body}{end}", format="turtle", publicID=SITE)
