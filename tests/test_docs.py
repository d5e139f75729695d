"""The guide tells all that there is, the same in both languages, and its examples work."""

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
    FetchSettings,
    Limits,
    Monitoring,
    Reciprocity,
    RemoteStore,
    Settings,
    Share,
    knowledge,
)
from parvis.i18n import LANGUAGES
from parvis.mapping.engine.functions import FUNCTIONS
from parvis.mapping.language.calls import ALIASES, FN, GREL, IDLAB
from parvis.mapping.language.logical_sources import _KEYS, _READING, FORMULATIONS
from parvis.mapping.language.yarrrml import DATATYPES
from parvis.mapping.load import load
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
    """Read a page of the guide."""
    return (DOCS / lang / page).read_text(encoding="utf-8")


def words(text: str) -> set[str]:
    """Give what stands in backquotes, outside blocks of code."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", text)))


def missing(lang: str, page: str, wanted: set[str]) -> set[str]:
    """Give what a page should name and does not."""
    return wanted - words(read(lang, page))


def all_commands(
    command: click.Command, name: str = "parvis"
) -> Iterator[tuple[str, click.Command]]:
    """Give every command with its whole name."""
    yield name, command
    if isinstance(command, Group):
        for part in command.every.values():
            yield from all_commands(part, f"{name} {part.name}")


def headings(text: str) -> list[int]:
    """Give the levels of a page's headings, in order."""
    outside = re.sub(r"(?ms)^```.*?^```", "", text)
    return [len(marks) for marks in re.findall(r"(?m)^(#+) ", outside)]


def anchors(text: str) -> set[str]:
    """Give the names under which a page's headings are linked to."""
    titles = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_both_languages_have_the_same_pages() -> None:
    """Nothing is told in one language only."""
    assert PAGES
    assert sorted(page.name for page in (DOCS / "en").glob("*.md")) == PAGES


@each_page
def test_both_languages_have_the_same_structure(page: str) -> None:
    """Headings of the same levels follow one another, and tables have as many rows."""
    french, english = (read(lang, page) for lang in LANGUAGES)
    assert headings(french) == headings(english)
    assert french.count("\n|") == english.count("\n|")


@each_language
@each_page
def test_a_page_can_be_read_in_one_sitting(lang: str, page: str) -> None:
    """The vocabulary excepted, a page is short, and begins with its only title."""
    text = read(lang, page)
    assert page == "vocabulary.md" or len(text.splitlines()) <= LONGEST
    assert [level for level in headings(text) if level == 1] == [1]
    assert text.startswith("# ")


@each_language
@each_page
def test_relative_links_lead_somewhere(lang: str, page: str) -> None:
    """A link to a page or to a heading finds it; the index links to every page."""
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
def test_every_command_and_option_is_told(lang: str) -> None:
    """Each command has its place, each option its name."""
    pages = ("commands.md", "steward.md", "tools.md", "releases.md", "settings.md")
    text = "".join(read(lang, page) for page in pages)
    for name, command in all_commands(parvis):
        assert name in text
        for option in command.params:
            for written in option.opts if isinstance(option, click.Option) else ():
                assert re.search(rf"`[^`\n]*{re.escape(written)}\b[^`\n]*`", text), (name, written)


@each_language
def test_every_setting_is_told_with_its_default(lang: str) -> None:
    """Settings and limits stand in tables with what they are by default."""
    text = "".join(read(lang, page) for page in ("settings.md", "scaling.md", "publics.md"))
    kinds = (Limits, FetchSettings, Reciprocity, Monitoring, Disclosure, RemoteStore)
    for one in (setting for kind in kinds for setting in fields(kind)):
        if one.name not in KINDS:
            assert f"| `{one.name}` | `{json.dumps(one.default)}` |" in text
    shares = [vars(getattr(Limits(), kind)) for kind in ("anonymous", "party", "host")]
    for one in fields(Share):
        values = " | ".join(f"`{json.dumps(share[one.name])}`" for share in shares)
        assert f"| `{one.name}` | {values} |" in text
    assert not missing(lang, "settings.md", {one.name for one in fields(Settings)} - {"limits"})
    tables = {
        "[limits]",
        "[fetch]",
        "[reciprocity]",
        "[observing]",
        "[remote]",
        *(f"[limits.{kind}]" for kind in KINDS),
    }
    assert not missing(lang, "settings.md", {*tables, *ENVIRONMENT})


@each_language
def test_every_part_of_the_mapping_language_is_told(lang: str) -> None:
    """Source keys, kinds of sources, datatypes."""
    short = {*PREFIXES.items(), ("fn", FN)}
    datatypes = {
        f"{prefix}:{name.removeprefix(full)}"
        for name in DATATYPES
        for prefix, full in short
        if name.startswith(full)
    }
    wanted = {*_KEYS, *_READING, "extends", "referenceFormulation", *FORMULATIONS}
    assert not missing(lang, "mapping.md", wanted | datatypes)


@each_language
def test_every_function_is_told(lang: str) -> None:
    """Ours with their parameters, and the names of others that are taken for them."""
    others = {GREL: "grel:", IDLAB: "idlab-fn:"}
    wanted = {f"fn:{name}" for name in FUNCTIONS}
    wanted |= {
        prefix + name.removeprefix(full)
        for name in ALIASES
        for full, prefix in others.items()
        if name.startswith(full)
    }
    assert not missing(lang, "functions.md", wanted)
    text = read(lang, "functions.md")
    for name, function in FUNCTIONS.items():
        line = next(line for line in text.splitlines() if f"`fn:{name}`" in line)
        assert all(re.search(rf"\b{one}\b", line) for one in function.needs | function.takes), name


@each_language
def test_every_rule_that_a_value_can_break_is_told(lang: str) -> None:
    """The codes that a report gives for values are those of the page."""
    source = Path(str(files("parvis") / "mapping"))
    text = "".join(file.read_text(encoding="utf-8") for file in source.rglob("*.py"))
    rules = set(re.findall(r"Refused\(\s*\"([a-z-]+)\"", text)) | {"ragged-row"}
    assert not missing(lang, "mapping.md", rules)


@each_language
def test_examples_of_mappings_are_mappings(lang: str, tmp_path: Path) -> None:
    """Every whole document of the guide loads."""
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
def test_every_route_is_told(lang: str, tmp_path: Path) -> None:
    """Each address of the site stands in a page, its variable parts in angle brackets."""
    app = create_app(Settings(data=tmp_path, catalog=knowledge("catalog")))
    routes = {re.sub(r"<[^<>]*:(\w+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()}
    told = (words(read(lang, page)) for page in PAGES)
    assert not routes.difference(*told)


@each_language
def test_every_own_term_is_told_as_the_ontology_defines_it(lang: str) -> None:
    """A row holds the term, its label and its definition, word for word."""
    graph, text = Graph().parse(knowledge("ontology") / "parvis.ttl"), read(lang, "vocabulary.md")
    own = {one for one in graph.subjects() if str(one).startswith(TERMS) and str(one) != TERMS}
    assert own
    for term in own:
        label, definition = (
            said(graph, term, step, lang) for step in (RDFS.label, SKOS.definition)
        )
        name = f"parvis:{str(term).removeprefix(TERMS)}"
        assert f"| `{name}` | {label} | {definition} |" in text


@each_language
def test_every_list_of_concepts_is_told(lang: str) -> None:
    """Each scheme of the ontology has its row."""
    for file in knowledge("ontology").glob("*.ttl"):
        for scheme in Graph().parse(file).subjects(RDF.type, SKOS.ConceptScheme):
            name = str(scheme).removeprefix(PREFIXES["concept"])
            assert f"| `concept:{name}` |" in read(lang, "vocabulary.md")


@each_language
def test_every_shape_is_told_as_it_speaks(lang: str) -> None:
    """Each file has its heading, each shape its row, with its message word for word."""
    text = read(lang, "vocabulary.md")
    for file in knowledge("shapes").rglob("*.ttl"):
        assert f"### shapes/{file.relative_to(knowledge('shapes')).as_posix()}\n" in text
        graph = Graph().parse(file)
        for shape in {one for one in graph.subjects(RDF.type) if str(one).startswith(SHAPES)}:
            step = SH.message if (shape, SH.message, None) in graph else RDFS.label
            name = f"parvis-shape:{str(shape).removeprefix(SHAPES)}"
            (row,) = (line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
            assert row.endswith(f" | {said(graph, shape, step, lang)} |")


def said(graph: Graph, subject: object, step: URIRef, lang: str) -> str:
    """Give a text of the ontology or the shapes as a cell of a table holds it."""
    (found,) = (
        text
        for text in graph.objects(URIRef(str(subject)), step)
        if isinstance(text, Literal) and text.language == lang
    )
    return " ".join(found.split()).replace("|", "\\|")


@pytest.mark.parametrize("page", [page for page in PAGES if page != "vocabulary.md"])
def test_french_signs_stay_with_their_words(page: str) -> None:
    """No line on the site begins with a colon or ends with an opening quote.

    The vocabulary says word for word what the ontology and the shapes do.
    """
    text = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "`x`", read("fr", page))
    assert re.findall(r".{0,20}(?:« | »| [:;?!](?=\s|$|[)*|])).{0,9}", text) == []
