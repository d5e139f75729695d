"""What persons read of a report: words, never names of shapes, codes, addresses or prefixes."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from rdflib import Graph

from parvis.catalog.ontology import concepts
from parvis.config import knowledge
from parvis.i18n import LANGUAGES, both
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.pooling.intake.without_pool import validate_files
from parvis.pooling.report_forms import write
from parvis.pooling.report_model import ReportModel
from parvis.report import Finding, Report, RuleTitle, Severity, title_message
from parvis.report.titles import title_code
from parvis.validation import load_shapes
from parvis.validation.shape_words import ShapeWords
from parvis.vocab import PREFIXES

CASES = Path(__file__).parents[1] / "cases"
SHAPES = knowledge("shapes")
SETS = {"submission": SHAPES, "records": SHAPES / "records", "published": SHAPES / "published"}
EXAMPLES = sorted({file.parent for file in (CASES / "shapes").rglob("*.ttl")})
MAPPINGS = [*sorted((CASES / "mapping").iterdir()), CASES / "figures"]
ADDRESS = re.compile(r"\b(?:https?|urn):\S+")
PREFIXED_NAME = re.compile(rf"\b(?:{'|'.join(PREFIXES)}):\w+")
NAME = re.compile(r"[A-Z]\w*-\w+|[A-Z][a-z]+[A-Z]\w*|[a-z]+(?:-[a-z]+)+")
"""How names of shapes and codes are written, but not words."""


def render_for_people(report_model: ReportModel) -> Iterator[str]:
    for lang in LANGUAGES:
        yield write(report_model, "human", lang)
        page = html.document_fromstring(write(report_model, "html", lang))
        yield str(page.xpath("string(//body)"))


def find_names(report: Report, text: str) -> set[str]:
    """Find codes and names of shapes in a text."""
    rules = {finding.rule for finding in report.findings} | set(report.checked)
    names = {rule for rule in rules if NAME.fullmatch(rule)}
    return {name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_a_report_on_rdf_is_in_words(folder: Path, tmp_path: Path) -> None:
    """On all examples of a class; the forms for programs have what the others leave out."""
    data, kind = tmp_path / "all.ttl", folder.parent.name
    files = sorted(file for file in folder.glob("*.ttl") if "conforms" not in file.name)
    # Under a base of its own, none completes what another lacks.
    texts = [
        file.read_text(encoding="utf-8").replace("pool.example/", f"pool.example/{number}/")
        for number, file in enumerate(files)
    ]
    data.write_text("\n".join(texts), encoding="utf-8")
    outcome = validate_files([data], [SETS[kind]], "auto")
    report = outcome.account.report
    assert report.findings
    for text in render_for_people(outcome.account):
        assert not ADDRESS.findall(text)
        assert not find_names(report, text)
        # The catalogue's texts are written in Turtle: their messages name what is to be typed.
        assert kind == "records" or not PREFIXED_NAME.findall(text)
        assert not re.search("violation|warning|avertissement", text)
    document = outcome.render("json", "fr")
    assert all(f'"{finding.rule}"' in document for finding in report.findings)
    assert all(f'"{finding.focus}"' in document for finding in report.findings if finding.place)


@pytest.mark.parametrize("folder", MAPPINGS, ids=lambda folder: folder.name)
def test_a_report_on_a_conversion_is_in_words(folder: Path, tmp_path: Path) -> None:
    """On what could not be read, then on what the shapes find in the rest."""
    sources = [f for f in folder.iterdir() if f.name.startswith(("source", "chiffres"))]
    path = folder if (folder / "mapping.ttl").exists() else min(sources)
    out = io.BytesIO()
    mapping = load(next(folder.glob("mapping.*")))
    report = convert(mapping, path, Sinks(out), base="https://pool.example/", concepts=concepts())
    data = tmp_path / "converted.nq"
    data.write_bytes(out.getvalue())
    account = validate_files([data], [], "auto").account
    report.extend(account.report.findings)
    report.checked, report.titles = account.report.checked, account.report.titles
    model = ReportModel("f", report, good=True, verdict=both("refused: nothing was changed"))
    for text in render_for_people(model):
        assert not ADDRESS.findall(text)
        assert not PREFIXED_NAME.findall(text)
        assert not find_names(report, text)


def test_every_rule_of_parvis_has_a_title() -> None:
    """Every code of the source, and every shape, in both languages, and no two shapes the same."""
    source = Path(title_code.__code__.co_filename).parents[1]
    texts = [file.read_text(encoding="utf-8") for file in source.rglob("*.py")]
    code = r'(?:InvalidValue\(|Severity\.\w+,)\s*"([a-z]+(?:-[a-z]+)*)"'
    codes = {match for text in texts for match in re.findall(code, text)}
    codes -= {"link"}  # of the catalogue, whose check has no titles
    assert len(codes) > 20
    other = title_code("none of them")
    assert [code for code in codes if title_code(code) == other] == []
    shapes = load_shapes([SHAPES])
    titles = ShapeWords(shapes).titles(shapes.subjects(unique=True))
    words = {rule: tuple(map(title.in_words, LANGUAGES)) for rule, title in titles.items()}
    assert len(set(words.values())) == len(words)
    assert words["Event-name"] == ("Événement\u00a0: nom", "Event: name")
    assert words["Event"] == ("Événement", "Event")


OWN_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix s: <http://schema.org/> .
@prefix x: <https://x.example/#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
x:C-labelled sh:targetClass x:Visit ; rdfs:label "visite"@fr ; sh:property x:C-named , x:C-plain .
x:C-named sh:path s:name ; sh:name "titre"@fr , "title"@en .
x:C-plain sh:path s:startDate ; sh:minCount 1 .
x:C-spoken sh:targetClass x:Visit ; sh:message "Il faut {$this} et plus. Ensuite."@fr .
x:Bare sh:targetClass x:GuidedTour ; sh:property x:Bare-plain .
x:Bare-plain sh:path s:endDate ; sh:minCount 1 .
"""


def test_a_pools_own_shapes_have_titles() -> None:
    """Of their names, their message, or the property and class that they are about."""
    shapes = Graph().parse(data=OWN_SHAPES, format="turtle")
    titles = ShapeWords(shapes).titles(shapes.subjects(unique=True))
    assert {rule: title.in_words("fr") for rule, title in titles.items()} == {
        "C-labelled": "Visite",
        "C-named": "Visite\u00a0: titre",
        "C-plain": "Visite\u00a0: start date",
        "C-spoken": "Il faut … et plus",
        "Bare": "Guided tour",
        "Bare-plain": "Guided tour\u00a0: end date",
    }


def test_titles_are_kept_with_a_report() -> None:
    """The rules of a mapping have theirs from their message; an old report has none."""
    texts = {"fr": "Le prix « {value} » est élevé.", "en": "The price “{value}” is high."}
    report = Report(titles={"high": title_message(texts)})
    report.add(Finding(Severity.INFO, "high", texts))
    report.add(Finding(Severity.INFO, "Event-name", texts))
    copy = Report.from_json(report.to_json())
    assert copy == report
    assert copy.title("high").in_words("en") == "The price “…” is high"
    assert copy.title("Event-name") == RuleTitle(name=both("another rule"))
