"""Our own shapes: each rule has an example that breaks it, each set conforms to SHACL itself.

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
from parvis.pooling.staging_view import as_data, stage_files
from parvis.report import Finding, Severity
from parvis.validation import load_shapes, validate
from parvis.validation.wording import local_name
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

pytestmark = pytest.mark.once

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
BREAKING = sorted(file for grade in GRADES for file in CASES.rglob(f"{grade}-*.ttl"))
VOCABULARIES: tuple[type[DefinedNamespace], ...] = (
    DCAT, DCTERMS, FOAF, ODRL2, ORG, PARVIS, PROV, QB, RDF, RDFS, SCHEMA, SKOS,
)  # fmt: skip
TEXTS = {SH.PropertyShape: (SH.name, SH.description), SH.NodeShape: (RDFS.label,)}
SHAPE = "https://w3id.org/parvis/shapes#"


def short(file: Path) -> str:
    """Name an example in the output of the tests."""
    return str(file.relative_to(CASES).with_suffix(""))


@cache
def shapes_in(folder: Path) -> Graph:
    """Read a set of shapes, once."""
    return load_shapes([folder])


def shapes_for(example: Path) -> Graph:
    """Give the whole set of shapes that an example belongs to."""
    return shapes_in(SETS[example.relative_to(CASES).parts[0]])


def findings_of(example: Path) -> list[Finding]:
    """Judge an example as a submission is; both engines find the same (test_own_shapes.py)."""
    with stage_files([example]) as view:
        return validate(as_data(view, [example]), shapes_for(example)).findings


def shapes_of(kind: URIRef, graph: Graph) -> list[URIRef]:
    """Give the named shapes of a kind."""
    return sorted(s for s in graph.subjects(RDF.type, kind) if isinstance(s, URIRef))


def rules_of(folder: Path) -> set[str]:
    """Give the rules of a set: the named shapes that have something to say."""
    graph = shapes_in(folder)
    return {local_name(s) for s in graph.subjects(SH.message) if isinstance(s, URIRef)}


@pytest.mark.parametrize("example", CONFORMING, ids=short)
def test_a_good_example_gives_no_violation_and_no_warning(example: Path) -> None:
    """What a rule allows is left alone by the whole set of shapes."""
    found = findings_of(example)
    assert [f.rule for f in found if f.severity is not Severity.INFO] == []


@pytest.mark.parametrize("example", BREAKING, ids=short)
def test_a_bad_example_breaks_the_rule_that_it_is_named_after_and_no_other(example: Path) -> None:
    """The file's name says rule and severity; a second rule that fires would be a second cause."""
    grade, _, rule = example.stem.partition(".")[0].partition("-")
    found = findings_of(example)
    assert {(f.rule, f.severity) for f in found} == {(rule, GRADES[grade])}


@pytest.mark.parametrize("folder", SETS.values(), ids=SETS)
def test_every_rule_has_an_example_that_breaks_it(folder: Path) -> None:
    """A rule that nothing can break checks nothing."""
    name = next(name for name, known in SETS.items() if known == folder)
    broken = {
        file.stem.partition(".")[0].partition("-")[2]
        for file in BREAKING
        if file.is_relative_to(CASES / name)
    }
    assert rules_of(folder) - broken == set()
    assert broken - rules_of(folder) == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_class_has_a_good_example(file: Path) -> None:
    """Each file of shapes has a folder of examples, and one of them conforms."""
    name = next(name for name, folder in SETS.items() if folder == file.parent)
    assert list((CASES / name / file.stem).glob("conforms-*.ttl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_shape_speaks_both_languages(file: Path) -> None:
    """Names, descriptions and messages are complete in French and in English, one of each."""
    graph = Graph().parse(file)
    for kind, texts in TEXTS.items():
        for shape in shapes_of(kind, graph):
            rule = kind == SH.PropertyShape or (shape, SH.message, None) in graph
            for text in (*texts, *([SH.message] if rule else [])):
                said = sorted(str(v.language) for v in graph.objects(shape, text))  # type: ignore[attr-defined]
                assert said == ["en", "fr"], (shape, text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_property_shape_is_named_ordered_and_filed_under_its_class(file: Path) -> None:
    """Anonymous shapes are allowed inside a logical constraint only."""
    graph = Graph().parse(file)
    for shape, part in graph.subject_objects(SH.property):
        assert isinstance(shape, BNode) or isinstance(part, URIRef)
    for part in shapes_of(SH.PropertyShape, graph):
        assert part.startswith(SHAPE)
        assert graph.value(part, SH.order) is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_term_of_our_shapes_is_a_term_of_a_known_vocabulary(file: Path) -> None:
    """A misspelt path would never be met in the data, and its rule never break."""
    graph = Graph().parse(file)
    for node in {term for triple in graph for term in triple if isinstance(term, URIRef)}:
        for vocabulary in VOCABULARIES:
            space = str(vocabulary._NS)  # noqa: SLF001 - the namespace of a closed namespace
            if node.startswith(space) and node != URIRef(space):
                assert node in vocabulary, node


def test_a_message_shows_a_value_only_where_every_result_has_one() -> None:
    """Counting constraints give no value: their sentence must not leave a hole for it."""
    counting = (SH.minCount, SH.maxCount, SH.uniqueLang, SH.hasValue)
    for folder in SETS.values():
        graph = load_shapes([folder])
        for shape, message in graph.subject_objects(SH.message):
            if "{value}" in str(message):
                assert not any((shape, count, None) in graph for count in counting), shape


def test_every_kind_of_event_is_a_target_of_the_shape_of_events() -> None:
    """A submission holds no ontology: each subclass is named as a target."""
    graph = load_shapes([SETS["submission"]])
    targets = set(graph.objects(URIRef(f"{SHAPE}Event"), SH.targetClass))
    known = {name for name in SCHEMA.__annotations__ if name.endswith("Event")}
    known -= {"subEvent", "superEvent"}
    assert {local_name(target) for target in targets} == known


def test_an_event_s_other_rules_have_the_targets_of_the_shape_of_events() -> None:
    """Rules beside the class's shape look at the same entities."""
    graph = load_shapes([SETS["submission"]])

    def targets(shape: str) -> set[Node]:
        return set(graph.objects(URIRef(SHAPE + shape), SH.targetClass))

    assert targets("Event-free") == targets("Event-endDate-order") == targets("Event")


def test_no_shape_is_defined_in_two_sets() -> None:
    """A rule's name means one thing in every report."""
    named = [
        {s for kind in TEXTS for s in shapes_of(kind, load_shapes([folder]))}
        for folder in SETS.values()
    ]
    assert sum(map(len, named)) == len(set().union(*named))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("folder", SETS.values(), ids=SETS)
def test_our_shapes_conform_to_the_shapes_of_shacl(folder: Path) -> None:
    """The set is well-formed by the standard's own shapes (SHACL, appendix C)."""
    conforms, _, text = meta_validate(
        load_shapes([folder]), inference="none", max_validation_depth=40
    )
    assert conforms, text


def test_our_shapes_use_the_prefixes_that_parvis_publishes() -> None:
    """One prefix has one meaning across vocabulary, shapes and queries."""
    for file in FILES:
        used = dict(Graph(bind_namespaces="none").parse(file).namespaces())
        used.pop("parvis-shape", None)
        assert {p: str(ns) for p, ns in used.items()}.items() <= PREFIXES.items(), file


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_constraint_of_the_data_cube_that_is_told_has_a_case_that_breaks_it(
    lang: str,
) -> None:
    """The guide names the rule that checks it."""
    page = Path(parvis.__file__).parent / "docs" / lang / "publics.md"
    rows = re.findall(r"(?m)^\| (IC-\d+) \|.*\| (.*) \|$", page.read_text(encoding="utf-8"))
    assert [name for name, _ in rows] == [f"IC-{one}" for one in (1, 2, 11, 12, 14, 15, 16, 19)]
    named = {one for _, rules in rows for one in re.findall(r"`(\w+-[\w-]+)`", rules)}
    broken = {
        file.name.removeprefix("violates-").partition(".")[0]
        for file in (CASES / "submission").glob("*/violates-*.ttl")
    }
    assert named <= broken
    dimensions = Graph().parse(knowledge("ontology") / "parvis.ttl").objects(None, QB.dimension)
    assert {f"Observation-{local_name(one)}" for one in dimensions} <= named
