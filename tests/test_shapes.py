"""Our own shapes: each rule has an example that violates it, each set conforms to SHACL itself.

Examples are discovered: ``cases/shapes/<set>/<class>/conforms-*.ttl``, and
``violates-<rule>[.<variant>].ttl``, ``warns-…`` and ``notes-…`` for the rule's severity.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from pyshacl.entrypoints import meta_validate
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import (
    DCAT,
    DCTERMS,
    FOAF,
    ODRL2,
    ORG,
    PROV,
    QB,
    RDF,
    RDFS,
    SH,
    SKOS,
    DefinedNamespace,
)
from rdflib.term import Node

import parvis
from parvis.config import knowledge
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.report import Finding, Severity
from parvis.validation import load_shapes, validate
from parvis.validation.names import local_name
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

CASES = Path(__file__).parent / "cases" / "shapes"
SETS = {
    "submission": knowledge("shapes"),
    "records": knowledge("shapes") / "records",
    "published": knowledge("shapes") / "published",
}
FILES = sorted(file for folder in SETS.values() for file in folder.glob("*.ttl"))
GRADES = {
    "violates": Severity.VIOLATION,
    "warns": Severity.WARNING,
    "notes": Severity.INFO,
}
CONFORMING = sorted(CASES.rglob("conforms-*.ttl"))
VIOLATING = sorted(file for grade in GRADES for file in CASES.rglob(f"{grade}-*.ttl"))
VOCABULARIES: tuple[type[DefinedNamespace], ...] = (
    DCAT, DCTERMS, FOAF, ODRL2, ORG, PARVIS, PROV, QB, RDF, RDFS, SCHEMA, SKOS,
)  # fmt: skip
TEXTS = {SH.PropertyShape: (SH.name, SH.description), SH.NodeShape: (RDFS.label,)}
SHAPE = "https://w3id.org/parvis/shapes#"


def short(file: Path) -> str:
    return str(file.relative_to(CASES).with_suffix(""))


@cache
def shapes_in(folder: Path) -> Graph:
    """Load a set of shapes once."""
    return load_shapes([folder])


def shapes_for(example: Path) -> Graph:
    """Return the set of shapes of an example."""
    return shapes_in(SETS[example.relative_to(CASES).parts[0]])


def findings_of(example: Path) -> list[Finding]:
    """Validate an example like a submission; test_own_shapes.py compares the engines."""
    with stage_files([example]) as view:
        return validate(as_data(view, [example]), shapes_for(example)).findings


def shapes_of(kind: URIRef, graph: Graph) -> list[URIRef]:
    """Return the named shapes of a kind."""
    return sorted(s for s in graph.subjects(RDF.type, kind) if isinstance(s, URIRef))


def rules_of(folder: Path) -> set[str]:
    """Return the rules of a set: the named shapes with a message."""
    graph = shapes_in(folder)
    return {local_name(s) for s in graph.subjects(SH.message) if isinstance(s, URIRef)}


@pytest.mark.parametrize("example", CONFORMING, ids=short)
def test_a_conforming_example_has_no_violation_and_no_warning(example: Path) -> None:
    """The whole set of shapes finds nothing."""
    findings = findings_of(example)
    assert [f.rule for f in findings if f.severity is not Severity.INFO] == []


@pytest.mark.parametrize("example", VIOLATING, ids=short)
def test_a_violating_example_violates_exactly_its_rule(example: Path) -> None:
    """The file name states rule and severity; a second finding would be a second cause."""
    grade, _, rule = example.stem.partition(".")[0].partition("-")
    findings = findings_of(example)
    assert {(f.rule, f.severity) for f in findings} == {(rule, GRADES[grade])}


@pytest.mark.parametrize("folder", SETS.values(), ids=SETS)
def test_every_rule_has_a_violating_example(folder: Path) -> None:
    """A rule that nothing violates checks nothing."""
    name = next(name for name, path in SETS.items() if path == folder)
    violated = {
        file.stem.partition(".")[0].partition("-")[2]
        for file in VIOLATING
        if file.is_relative_to(CASES / name)
    }
    assert rules_of(folder) - violated == set()
    assert violated - rules_of(folder) == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_class_has_a_conforming_example(file: Path) -> None:
    """Each file of shapes has a folder of examples, and one of them conforms."""
    name = next(name for name, folder in SETS.items() if folder == file.parent)
    assert list((CASES / name / file.stem).glob("conforms-*.ttl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_shape_is_bilingual(file: Path) -> None:
    """Names, descriptions and messages are complete in French and in English."""
    graph = Graph().parse(file)
    for kind, texts in TEXTS.items():
        for shape in shapes_of(kind, graph):
            rule = kind == SH.PropertyShape or (shape, SH.message, None) in graph
            for text in (*texts, *([SH.message] if rule else [])):
                text_languages = sorted(str(v.language) for v in graph.objects(shape, text))  # type: ignore[attr-defined]
                assert text_languages == ["en", "fr"], (shape, text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_property_shape_is_named_and_ordered(file: Path) -> None:
    """Anonymous shapes are allowed inside logical constraints only."""
    graph = Graph().parse(file)
    for shape, part in graph.subject_objects(SH.property):
        assert isinstance(shape, BNode) or isinstance(part, URIRef)
    for part in shapes_of(SH.PropertyShape, graph):
        assert part.startswith(SHAPE)
        assert graph.value(part, SH.order) is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_term_of_our_shapes_is_in_its_vocabulary(file: Path) -> None:
    """A misspelt path would match no data, and its rule never be violated."""
    graph = Graph().parse(file)
    for node in {term for triple in graph for term in triple if isinstance(term, URIRef)}:
        for vocabulary in VOCABULARIES:
            space = str(vocabulary._NS)  # noqa: SLF001 - the namespace of a closed namespace
            if node.startswith(space) and node != URIRef(space):
                assert node in vocabulary, node


def test_a_message_shows_a_value_only_if_every_result_has_one() -> None:
    """Counting constraints give no value: their message must not contain one."""
    counting = (SH.minCount, SH.maxCount, SH.uniqueLang, SH.hasValue)
    for folder in SETS.values():
        graph = load_shapes([folder])
        for shape, message in graph.subject_objects(SH.message):
            if "{value}" in str(message):
                assert not any((shape, count, None) in graph for count in counting), shape


def test_every_kind_of_event_is_a_target_of_the_event_shape() -> None:
    """A submission contains no ontology: each subclass is a target."""
    graph = load_shapes([SETS["submission"]])
    targets = set(graph.objects(URIRef(f"{SHAPE}Event"), SH.targetClass))
    events = {name for name in SCHEMA.__annotations__ if name.endswith("Event")}
    events -= {"subEvent", "superEvent"}
    assert {local_name(target) for target in targets} == events


def test_other_event_rules_have_the_targets_of_the_event_shape() -> None:
    """Further rules of a class apply to the same entities."""
    graph = load_shapes([SETS["submission"]])

    def targets(shape: str) -> set[Node]:
        return set(graph.objects(URIRef(SHAPE + shape), SH.targetClass))

    assert targets("Event-free") == targets("Event-endDate-order") == targets("Event")


def test_no_shape_is_defined_in_two_sets() -> None:
    """A rule's name is unique in every report."""
    shape_sets = [
        {s for kind in TEXTS for s in shapes_of(kind, load_shapes([folder]))}
        for folder in SETS.values()
    ]
    assert sum(map(len, shape_sets)) == len(set().union(*shape_sets))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("folder", SETS.values(), ids=SETS)
def test_our_shapes_conform_to_shacl(folder: Path) -> None:
    """As the standard's own shapes define (SHACL, appendix C)."""
    conforms, _, text = meta_validate(
        load_shapes([folder]), inference="none", max_validation_depth=40
    )
    assert conforms, text


def test_our_shapes_use_the_published_prefixes() -> None:
    """A prefix means the same in vocabulary, shapes and queries."""
    for file in FILES:
        bound = dict(Graph(bind_namespaces="none").parse(file).namespaces())
        bound.pop("parvis-shape", None)
        assert {p: str(ns) for p, ns in bound.items()}.items() <= PREFIXES.items(), file


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_documented_data_cube_constraint_has_a_violating_example(
    lang: str,
) -> None:
    """The guide names the rule that checks it."""
    page = Path(parvis.__file__).parent / "docs" / lang / "publics.md"
    rows = re.findall(r"(?m)^\| (IC-\d+) \|.*\| (.*) \|$", page.read_text(encoding="utf-8"))
    assert [name for name, _ in rows] == [f"IC-{item}" for item in (1, 2, 11, 12, 14, 15, 16, 19)]
    rule_names = {item for _, rules in rows for item in re.findall(r"`(\w+-[\w-]+)`", rules)}
    violated = {
        file.name.removeprefix("violates-").partition(".")[0]
        for file in (CASES / "submission").glob("*/violates-*.ttl")
    }
    assert rule_names <= violated
    dimensions = Graph().parse(knowledge("ontology") / "parvis.ttl").objects(None, QB.dimension)
    assert set(map(local_name, dimensions)) <= {rule.partition("-")[2] for rule in rule_names}
