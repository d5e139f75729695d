"""The guide is complete, the same in both languages, and its examples work."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from importlib.resources import as_file, files
from pathlib import Path

import click
import pytest
from rdflib import RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.namespace import SH

from parvis.cli import parvis
from parvis.cli.bilingual import Group
from parvis.config import (
    KINDS,
    Disclosure,
    FederationSettings,
    FetchSettings,
    Limits,
    MailSettings,
    Monitoring,
    OpenIdSettings,
    Reciprocity,
    RemoteStore,
    Settings,
    Share,
    knowledge,
)
from parvis.governance import (
    PARTNER_ROLES,
    PERMISSIONS,
    THIRD_PARTY_ROLES,
    Permission,
    Role,
    permissions_of_person,
)
from parvis.i18n import LANGUAGES
from parvis.mapping.engine.functions import FUNCTIONS
from parvis.mapping.language import load
from parvis.mapping.language.calls import ALIASES, FN, GREL, IDLAB
from parvis.mapping.language.logical_sources import _KEYS, _READING, FORMULATIONS
from parvis.mapping.language.yarrrml import DATATYPES
from parvis.vocab.namespaces import PARVIS, PREFIXES
from parvis.web import create_app

with as_file(files("parvis") / "docs") as _folder:
    DOCS = _folder

PAGES = sorted(page.name for page in (DOCS / "fr").glob("*.md"))
LONGEST = 150
SHAPES = "https://w3id.org/parvis/shapes#"
TERMS = str(PARVIS._NS)  # noqa: SLF001 - a closed namespace's own
ENVIRONMENT = ("PARVIS_BASE", "PARVIS_DATA", "PARVIS_CATALOG", "LC_ALL", "LC_MESSAGES", "LANG")

each_language = pytest.mark.parametrize("lang", LANGUAGES)
each_page = pytest.mark.parametrize("page", PAGES)


def read(lang: str, page: str) -> str:
    return (DOCS / lang / page).read_text(encoding="utf-8")


def words(text: str) -> set[str]:
    """Return the texts in backquotes outside code blocks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", text)))


def missing(lang: str, page: str, required: set[str]) -> set[str]:
    """Return the required names that a page lacks."""
    return required - words(read(lang, page))


def all_commands(
    command: click.Command, name: str = "parvis"
) -> Iterator[tuple[str, click.Command]]:
    """List every command with its full name."""
    yield name, command
    if isinstance(command, Group):
        for part in command.all_commands.values():
            yield from all_commands(part, f"{name} {part.name}")


def headings(text: str) -> list[int]:
    """Return the levels of a page's headings in order."""
    outside = re.sub(r"(?ms)^```.*?^```", "", text)
    return [len(marks) for marks in re.findall(r"(?m)^(#+) ", outside)]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    titles = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_both_languages_have_the_same_pages() -> None:
    assert PAGES
    assert sorted(page.name for page in (DOCS / "en").glob("*.md")) == PAGES


@each_page
def test_both_languages_have_the_same_structure(page: str) -> None:
    """The same levels of headings, and tables with as many rows."""
    french, english = (read(lang, page) for lang in LANGUAGES)
    assert headings(french) == headings(english)
    assert french.count("\n|") == english.count("\n|")


@each_language
@each_page
def test_a_page_is_short(lang: str, page: str) -> None:
    """Except the vocabulary; each page begins with its only title."""
    text = read(lang, page)
    assert page == "vocabulary.md" or len(text.splitlines()) <= LONGEST
    assert [level for level in headings(text) if level == 1] == [1]
    assert text.startswith("# ")


@each_language
@each_page
def test_relative_links_resolve(lang: str, page: str) -> None:
    """Page and heading exist; the index links to every page."""
    text = read(lang, page)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        assert not file or (DOCS / lang / file).is_file()
        assert not anchor or anchor in anchors(read(lang, file or page))
    if page == "index.md":
        assert {name for name in PAGES if name != page} <= set(
            re.findall(r"\(([\w-]+\.md)\)", text)
        )


@each_language
def test_every_command_and_option_is_documented(lang: str) -> None:
    names = (
        "box-office commands distinct-people history notices onboarding people practice receipts"
        " releases requests research results settings steward surveys tools"
    )
    text = "".join(read(lang, f"{page}.md") for page in names.split())
    for name, command in all_commands(parvis):
        assert name in text
        for option in command.params:
            for name_ in option.opts if isinstance(option, click.Option) else ():
                assert re.search(rf"`[^`\n]*{re.escape(name_)}\b[^`\n]*`", text), (name, name_)


@each_language
def test_the_table_of_permissions_is_that_of_the_code(lang: str) -> None:
    """Its columns are the people of the third party, those of other parties, and programs."""
    third_party = [permissions_of_person(role, third_party=True) for role in THIRD_PARTY_ROLES]
    partners = [permissions_of_person(role, third_party=False) for role in PARTNER_ROLES]
    programs = [PERMISSIONS[role] for role in (Role.SENDER, Role.REPLICA)]
    columns = [*third_party, *partners, *programs]
    roles = [*THIRD_PARTY_ROLES, *PARTNER_ROLES, Role.SENDER, Role.REPLICA]
    text = read(lang, "people.md")
    heading = re.search(r"(?m)^\| \| (`steward`.*)$", text)
    assert heading is not None
    assert re.findall(r"`(\w+)`", heading[1]) == roles
    rows = re.findall(r"(?m)^\| `(\w+)`\s?:[^|]*\|(.*)\|$", text)
    assert [name for name, _ in rows] == list(Permission)
    for name, cells in rows:
        assert [bool(cell.strip()) for cell in cells.split("|")] == [
            name in permissions for permissions in columns
        ]


@each_language
def test_every_setting_is_documented_with_its_default(lang: str) -> None:
    """Settings and limits are in tables with their defaults."""
    text = "".join(
        read(lang, page)
        for page in (
            *(
                "federation.md",
                "notices.md",
                "settings.md",
                "scaling.md",
                "publics.md",
                "people.md",
            ),
        )
    )
    kinds = (
        *(Limits, FetchSettings, Reciprocity, Monitoring, Disclosure, RemoteStore),
        *(FederationSettings, OpenIdSettings, MailSettings),
    )
    for setting_ in (setting for kind in kinds for setting in fields(kind)):
        if setting_.name not in KINDS:
            assert f"| `{setting_.name}` | `{json.dumps(setting_.default)}` |" in text
    shares = [vars(getattr(Limits(), kind)) for kind in ("anonymous", "party", "host")]
    for setting_ in fields(Share):
        values = " | ".join(f"`{json.dumps(share[setting_.name])}`" for share in shares)
        assert f"| `{setting_.name}` | {values} |" in text
    assert not missing(
        lang, "settings.md", {setting_.name for setting_ in fields(Settings)} - {"limits"}
    )
    tables = {
        "[limits]",
        "[fetch]",
        "[reciprocity]",
        "[observing]",
        "[mail]",
        "[remote]",
        *(f"[limits.{kind}]" for kind in KINDS),
    }
    assert not missing(lang, "settings.md", {*tables, *ENVIRONMENT})


@each_language
def test_every_part_of_the_mapping_language_is_documented(lang: str) -> None:
    """Source keys, kinds of sources, datatypes."""
    short = {*PREFIXES.items(), ("fn", FN)}
    datatypes = {
        f"{prefix}:{name.removeprefix(full)}"
        for name in DATATYPES
        for prefix, full in short
        if name.startswith(full)
    }
    required = {*_KEYS, *_READING, "extends", "referenceFormulation", *FORMULATIONS}
    assert not missing(lang, "mapping.md", required | datatypes)


@each_language
def test_every_function_is_documented(lang: str) -> None:
    """Ours with their parameters, and supported names of other tools."""
    others = {GREL: "grel:", IDLAB: "idlab-fn:"}
    required = {f"fn:{name}" for name in FUNCTIONS}
    required |= {
        prefix + name.removeprefix(full)
        for name in ALIASES
        for full, prefix in others.items()
        if name.startswith(full)
    }
    assert not missing(lang, "functions.md", required)
    text = read(lang, "functions.md")
    for name, function in FUNCTIONS.items():
        line = next(line for line in text.splitlines() if f"`fn:{name}`" in line)
        assert all(
            re.search(rf"\b{parameter}\b", line) for parameter in function.needs | function.takes
        ), name


@each_language
def test_every_rule_on_values_is_documented(lang: str) -> None:
    """The page lists the codes of reports on values."""
    source = Path(str(files("parvis") / "mapping"))
    text = "".join(file.read_text(encoding="utf-8") for file in source.rglob("*.py"))
    rules = set(re.findall(r"InvalidValue\(\s*\"([a-z-]+)\"", text))
    assert rules
    assert not missing(lang, "mapping.md", rules | {"ragged-row"})


@each_language
def test_examples_of_mappings_load(lang: str, tmp_path: Path) -> None:
    """Every complete document of the guide loads."""
    examples = [
        block
        for page in PAGES
        for block in re.findall(r"(?ms)^```yaml\n(.*?)^```", read(lang, page))
        if block.startswith(("sources:", "prefixes:")) and "\nmappings:" in block
    ]
    assert examples
    for number, example in enumerate(examples):
        file = tmp_path / f"{number}.yml"
        file.write_text(example, encoding="utf-8")
        assert load(file).entities


@each_language
def test_every_route_is_documented(lang: str, tmp_path: Path) -> None:
    """Each address is on a page, with variable parts in angle brackets."""
    app = create_app(Settings(data=tmp_path, catalog=knowledge("catalog")))
    routes = {re.sub(r"<[^<>]*:(\w+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()}
    documented = (words(read(lang, page)) for page in PAGES)
    assert not routes.difference(*documented)


@each_language
def test_every_own_term_is_documented_as_defined(lang: str) -> None:
    """A row contains the term, its label and its definition, word for word."""
    graph, text = Graph().parse(knowledge("ontology") / "parvis.ttl"), read(lang, "vocabulary.md")
    own = {
        subject
        for subject in graph.subjects()
        if str(subject).startswith(TERMS) and str(subject) != TERMS
    }
    assert own
    for term in own:
        label, definition = (
            text_of(graph, term, step, lang) for step in (RDFS.label, SKOS.definition)
        )
        name = f"parvis:{str(term).removeprefix(TERMS)}"
        assert f"| `{name}` | {label} | {definition} |" in text


@each_language
def test_every_code_list_is_documented(lang: str) -> None:
    """Each scheme of the ontology has its row."""
    for file in knowledge("ontology").glob("*.ttl"):
        for scheme in Graph().parse(file).subjects(RDF.type, SKOS.ConceptScheme):
            name = str(scheme).removeprefix(PREFIXES["concept"])
            assert f"| `concept:{name}` |" in read(lang, "vocabulary.md")


@each_language
def test_every_shape_is_documented_with_its_message(lang: str) -> None:
    """Each file has its heading, each shape its row, with its message word for word."""
    text = read(lang, "vocabulary.md")
    for file in knowledge("shapes").rglob("*.ttl"):
        assert f"### shapes/{file.relative_to(knowledge('shapes')).as_posix()}\n" in text
        graph = Graph().parse(file)
        for shape in {node for node in graph.subjects(RDF.type) if str(node).startswith(SHAPES)}:
            step = SH.message if (shape, SH.message, None) in graph else RDFS.label
            name = f"parvis-shape:{str(shape).removeprefix(SHAPES)}"
            (row,) = (line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
            assert row.endswith(f" | {text_of(graph, shape, step, lang)} |")


def text_of(graph: Graph, subject: object, step: URIRef, lang: str) -> str:
    """Return a text of the ontology or shapes as a table cell."""
    (label,) = (
        text
        for text in graph.objects(URIRef(str(subject)), step)
        if isinstance(text, Literal) and text.language == lang
    )
    return " ".join(label.split()).replace("|", "\\|")


@pytest.mark.parametrize("page", [page for page in PAGES if page != "vocabulary.md"])
def test_french_punctuation_stays_with_its_word(page: str) -> None:
    """No line on the site begins with a colon or ends with an opening quote.

    The vocabulary is exempt: it quotes the ontology and the shapes.
    """
    text = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "`x`", read("fr", page))
    assert re.findall(r".{0,20}(?:« | »| [:;?!](?=\s|$|[)*|])).{0,9}", text) == []


@each_language
def test_every_command_has_a_page_or_a_reason(lang: str) -> None:
    """And every page that the table names is a route."""
    text = read(lang, "pages-and-commands.md")
    rows = [line for line in text.splitlines() if line.startswith("| `parvis ")]
    cells = [row.strip("| ").split(" | ") for row in rows]
    named = {name for row in rows for name in re.findall(r"`(parvis [a-z0-9 -]+)`", row)}
    commands = {name for name, command in all_commands(parvis) if not isinstance(command, Group)}
    assert commands - {"parvis"} <= named
    app = create_app(Settings.load())
    rules = {
        re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()
    }
    app.extensions["parvis"].close()
    pages = set(re.findall(r"`(/[^`]*)`", "\n".join(rows)))
    assert pages <= rules
    assert all(len(row) > 1 and row[1].strip() for row in cells)
