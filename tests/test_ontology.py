"""The ontology is bilingual, closed, unambiguous and consistent."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
import rdflib.namespace
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, OWL, QB, RDF, RDFS, SKOS, XSD
from rdflib.term import Node

from parvis.config import knowledge
from parvis.vocab import namespaces
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES, SCHEMA

FOLDER = knowledge("ontology")
NS = Namespace(PREFIXES["parvis"])
FILES = sorted(FOLDER.glob("*.ttl"))
SCHEMES = sorted({file.stem for file in FILES} - {"alignments", "parvis"})
BOTH = Counter(["fr", "en"])

MENTION = re.compile(
    r"(?<![\w-])(?:parvis:|https://w3id\.org/parvis/ns#)(?P<term>[A-Za-z][\w-]*)"
    r"|(?<![\w-])(?:concept:|https://w3id\.org/parvis/concept/)"
    r"(?P<concept>[a-z-]+(?:\\?/[\w-]+)?)"
)


@cache
def parsed(name: str) -> Graph:
    """Parse one file of the ontology."""
    return Graph().parse(FOLDER / f"{name}.ttl")


def concepts(scheme: str) -> list[Node]:
    """List the concepts of a scheme."""
    return list(parsed(scheme).subjects(RDF.type, SKOS.Concept))


def languages(graph: Graph, subject: Node, predicate: URIRef) -> Counter[str | None]:
    """Count the texts of a property by language."""
    texts = graph.objects(subject, predicate)
    return Counter(text.language for text in texts if isinstance(text, Literal) and text)


def folded(text: str) -> str:
    """Fold more than any look-up: case, accents, ligatures, apostrophes, dashes, spaces."""
    wide = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    plain = "".join(letter for letter in wide if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w+]+", " ", plain).split())


@cache
def labels(scheme: str) -> dict[str, set[str]]:
    """Index the codes of a scheme by every folded label and notation."""
    index: dict[str, set[str]] = defaultdict(set)
    for concept in concepts(scheme):
        for kind in (SKOS.prefLabel, SKOS.altLabel, SKOS.notation):
            for label in parsed(scheme).objects(concept, kind):
                index[folded(str(label))].add(str(concept).rpartition("/")[2])
    return index


@cache
def own_terms() -> frozenset[str]:
    """List the terms that ``parvis.ttl`` defines."""
    subjects = {str(subject) for subject in parsed("parvis").subjects(RDF.type, None)}
    return frozenset(s.removeprefix(NS) for s in subjects if s.startswith(NS) and s != str(NS))


def listed_terms() -> set[str]:
    """List the terms that the closed namespace allows."""
    return {*PARVIS.__annotations__, *PARVIS._extras}  # noqa: SLF001 - rdflib names it so


@cache
def defined() -> frozenset[str]:
    """List every own IRI that the ontology defines: terms, schemes, concepts."""
    iris = {str(NS), str(CONCEPT), *(str(NS[term]) for term in own_terms())}
    for scheme in SCHEMES:
        iris |= {str(CONCEPT[scheme]), *map(str, concepts(scheme))}
    return frozenset(iris)


def mentions(file: Path) -> set[str]:
    """List the terms and concepts in a file, as IRIs."""
    if file.suffix == ".ttl":
        graph = Graph().parse(file, publicID="https://pool.example/")
        nodes = {str(node) for triple in graph for node in triple if isinstance(node, URIRef)}
        return {iri for iri in nodes if iri.startswith((NS, CONCEPT))}
    matches = MENTION.finditer(file.read_text(encoding="utf-8"))
    return {
        str(NS[m["term"]] if m["term"] else CONCEPT[m["concept"].replace("\\", "")])
        for m in matches
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_states_title_version_and_licence(file: Path) -> None:
    """One ontology or scheme per file, with bilingual titles, version, licence and dates."""
    graph = parsed(file.stem)
    (head,) = [
        *graph.subjects(RDF.type, OWL.Ontology),
        *graph.subjects(RDF.type, SKOS.ConceptScheme),
    ]
    for predicate in (DCTERMS.title, DCTERMS.description, SKOS.changeNote):
        assert languages(graph, head, predicate) == BOTH
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(graph.value(head, OWL.versionInfo)))
    for predicate in (DCTERMS.license, DCTERMS.created, DCTERMS.modified):
        assert graph.value(head, predicate)


def test_the_python_namespace_lists_exactly_the_defined_terms() -> None:
    """A term is added to ``namespaces.py`` and to ``parvis.ttl`` together."""
    assert listed_terms() == own_terms()


@pytest.mark.parametrize("term", sorted(own_terms()))
def test_every_own_term_is_labelled_and_defined_in_both_languages(term: str) -> None:
    """Label, definition and change note in both languages; version; defining document."""
    graph, subject = parsed("parvis"), NS[term]
    for predicate in (RDFS.label, SKOS.definition, SKOS.changeNote):
        assert languages(graph, subject, predicate) == BOTH
    assert (subject, RDFS.isDefinedBy, URIRef(NS)) in graph
    assert graph.value(subject, OWL.versionInfo)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_concept_is_complete_in_both_languages(scheme: str) -> None:
    """Preferred labels, notation equal to the code, one scheme, one place in the tree."""
    graph = parsed(scheme)
    for concept in concepts(scheme):
        assert languages(graph, concept, SKOS.prefLabel) == BOTH
        for optional in (SKOS.definition, SKOS.scopeNote):
            assert languages(graph, concept, optional) in (BOTH, Counter())
        assert set(languages(graph, concept, SKOS.altLabel)) <= set(BOTH)
        assert str(concept) == f"{CONCEPT[scheme]}/{graph.value(concept, SKOS.notation)}"
        assert list(graph.objects(concept, SKOS.inScheme)) == [CONCEPT[scheme]]
        tree = [*graph.objects(concept, SKOS.topConceptOf), *graph.objects(concept, SKOS.broader)]
        assert len(tree) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_label_matches_at_most_one_concept(scheme: str) -> None:
    """No label or notation of a scheme, however folded, belongs to two of its concepts."""
    assert {label: codes for label, codes in labels(scheme).items() if len(codes) > 1} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_alternative_label_does_not_repeat_the_preferred_one(scheme: str) -> None:
    """SKOS S13: preferred and alternative labels are disjoint."""
    graph = parsed(scheme)
    assert not set(graph.subject_objects(SKOS.prefLabel)) & set(
        graph.subject_objects(SKOS.altLabel)
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_broader_concepts_resolve_in_their_scheme_without_cycle(scheme: str) -> None:
    """Every chain of broader concepts ends at a top concept of the same scheme."""
    graph = parsed(scheme)
    for concept in concepts(scheme):
        chain = [concept]
        while broader := graph.value(chain[-1], SKOS.broader):
            assert broader not in chain
            chain.append(broader)
        assert (chain[-1], SKOS.topConceptOf, CONCEPT[scheme]) in graph


@pytest.mark.parametrize(
    ("scheme", "label", "code"),
    [
        ("place-type", "library or archives", "library"),
        ("place-type", "museum", "museum"),
        ("place-type", "festival site", "festival-site"),
        ("place-type", "theatre/performance and concert hall", "theatre"),
        ("place-type", "miscellaneous", "other"),
        ("place-type", "gallery", "gallery"),
        ("place-type", "heritage or historic site", "heritage-site"),
        ("place-type", "art or cultural centre", "art-centre"),
        ("place-type", "artist", "artist-space"),
        ("audience", "Familles", "families"),
        ("audience", "Adolescents", "teens"),
        ("audience", "Aînés", "seniors"),
        ("audience", "Enseignants et étudiants", "teachers-and-students"),
        ("public", "Dépôt temporaire", "deposits"),
        ("public", "Organismes Jeunes", "organisations-youth"),
        ("discipline", "Arts dramatiques", "theatre"),
        ("period", "Janvier 2013", "2013-01"),
        ("area", "Montréal", "montreal"),
        ("area", "Montréal (région)", "06"),
    ],
)
def test_labels_of_real_files_match_their_concept(scheme: str, label: str, code: str) -> None:
    """ODCAF's facility types, Laval's audiences and Montréal's strata are matched."""
    assert labels(scheme)[folded(label)] == {code}


def test_age_brackets_have_consistent_bounds() -> None:
    """Bounds are whole years in order, and equal the code of the bracket."""
    for scheme in ("age", "audience"):
        for concept, low in parsed(scheme).subject_objects(PARVIS.minAge):
            high = parsed(scheme).value(concept, PARVIS.maxAge)
            assert 0 <= int(str(low)) <= int(str(high or 150))
            if scheme == "age":
                bounds = f"{low}-plus" if high is None else f"{low}-{high}"
                assert str(concept) == f"{CONCEPT['age']}/{bounds}"


def days(concept: Node) -> tuple[date, date]:
    """Return the first and last day of a period."""
    first, last = (
        parsed("period").value(concept, term) for term in (SCHEMA.startDate, SCHEMA.endDate)
    )
    assert isinstance(first, Literal)
    assert isinstance(last, Literal)
    assert first.datatype == last.datatype == XSD.date
    return first.toPython(), last.toPython()


def narrower(period: Node) -> list[Node]:
    """Return the parts of a period, first to last."""
    return sorted(parsed("period").subjects(SKOS.broader, period), key=days)


@pytest.mark.parametrize("year", range(2012, 2028))
def test_months_cover_their_year(year: int) -> None:
    """Four quarters of three months, day after day from the first to the last of the year."""
    year_iri = CONCEPT[f"period/{year}"]
    quarters = narrower(year_iri)
    months = [month for quarter in quarters for month in narrower(quarter)]
    assert len(quarters) == 4
    assert [str(quarter) for quarter in quarters] == [f"{year_iri}-Q{n}" for n in range(1, 5)]
    assert len(months) == 12
    for holder, parts in ((year_iri, quarters), *((q, narrower(q)) for q in quarters)):
        spans = [days(part) for part in parts]
        assert (spans[0][0], spans[-1][1]) == days(holder)
        assert all(
            before[1] + timedelta(days=1) == following[0] for before, following in pairwise(spans)
        )


@pytest.mark.parametrize("year", range(2010, 2030))
def test_a_season_runs_from_september_to_august(year: int) -> None:
    """The cultural season is not the calendar year."""
    season = CONCEPT[f"period/{year}-{year + 1}"]
    assert days(season) == (date(year, 9, 1), date(year + 1, 8, 31))


def test_the_structures_of_cubes_have_ordered_and_typed_components() -> None:
    """Dimensions, measures and attributes are typed, ordered, and coded by existing schemes."""
    graph = parsed("parvis")
    structures = {*graph.subjects(RDF.type, QB.DataStructureDefinition)}
    assert structures == {
        PARVIS.publics,
        PARVIS.boxOffice,
        PARVIS.distinctPublics,
        PARVIS.pooledPublics,
        PARVIS.residents,
        PARVIS.survey,
    }
    parts = {structure: list(graph.objects(structure, QB.component)) for structure in structures}
    for components in parts.values():
        orders = sorted(int(str(graph.value(part, QB.order))) for part in components)
        assert orders == [*range(1, len(components) + 1)]
    kinds = {
        QB.dimension: QB.DimensionProperty,
        QB.measure: QB.MeasureProperty,
        QB.attribute: QB.AttributeProperty,
    }
    for role, kind in kinds.items():
        properties = {graph.value(part, role) for part in chain(*parts.values())}
        assert properties - {None, QB.measureType} == set(graph.subjects(RDF.type, kind))
    for coded in graph.subjects(RDF.type, QB.CodedProperty):
        assert str(graph.value(coded, QB.codeList)) in defined()


def test_a_figure_of_the_box_office_has_the_dimensions_of_publics_too() -> None:
    """So it rolls up to the strata of the pool."""
    graph = parsed("parvis")
    publics, box_office = (
        {graph.value(part, QB.dimension) for part in graph.objects(structure, QB.component)}
        for structure in (PARVIS.publics, PARVIS.boxOffice)
    )
    assert box_office - publics == {PARVIS.performance, PARVIS.priceType}
    assert publics - box_office == set()


def test_a_pooled_figure_has_the_dimensions_of_publics_and_the_size_of_organisations() -> None:
    """So what held for a cube of publics holds for a release."""
    graph = parsed("parvis")
    publics, pooled = (
        {graph.value(part, QB.dimension) for part in graph.objects(structure, QB.component)}
        for structure in (PARVIS.publics, PARVIS.pooledPublics)
    )
    assert pooled - publics == {PARVIS.organizationSize}
    assert publics - pooled == set()


def test_a_deprecated_term_names_what_replaces_it_and_is_in_no_structure() -> None:
    """Its change note tells users of earlier versions when, and what became of it."""
    graph = parsed("parvis")
    deprecated = set(graph.subjects(OWL.deprecated, Literal("true", datatype=XSD.boolean)))
    assert deprecated == {PARVIS.refArea}
    for term in deprecated:
        heirs = set(graph.objects(term, DCTERMS.isReplacedBy))
        assert heirs == {PARVIS.eventArea, PARVIS.residenceArea}
        assert all((heir, RDF.type, QB.DimensionProperty) in graph for heir in heirs)
        assert (None, QB.dimension, term) not in graph


def test_every_day_of_the_week_is_that_of_schema_org() -> None:
    """In their order, from Monday to Sunday."""
    graph = parsed("weekday")
    order = sorted(graph.subject_objects(SCHEMA.position), key=lambda pair: int(str(pair[1])))
    names = [str(graph.value(day, SKOS.exactMatch)) for day, _ in order]
    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert names == [f"{PREFIXES['schema']}{name}" for name in week]
    assert [str(day).rpartition("/")[2] for day, _ in order] == [name.lower() for name in week]


def test_every_measure_states_whether_it_counts_persons_and_is_additive() -> None:
    """Households and shares do not add up; loans, seats, money and shares are no persons."""
    no_persons = {PARVIS.loans, PARVIS.revenue, PARVIS.performances}
    no_persons |= {PARVIS.capacity, PARVIS.blocked, PARVIS.ticketsAvailable}
    no_persons |= {PARVIS.surveyEstimate, PARVIS.sharedAudience}
    no_sums = {PARVIS.households, PARVIS.surveyEstimate}
    no_sums |= {PARVIS.distinctPeople, PARVIS.sharedAudience}
    graph = parsed("parvis")
    for measure in graph.subjects(RDF.type, QB.MeasureProperty):
        persons, additive = (
            graph.value(measure, term) for term in (PARVIS.countsPersons, PARVIS.additive)
        )
        assert persons == Literal(measure not in no_persons)
        assert additive == Literal(measure not in no_sums)


@pytest.mark.parametrize("folder", ["ontology", "shapes", "catalog"])
def test_every_used_term_and_concept_is_defined(folder: str) -> None:
    """Everything in our files under our addresses is defined in the ontology."""
    endings = (".ttl", ".yml", ".rq", ".jsonld")
    files = [file for file in knowledge(folder).rglob("*") if file.suffix in endings]
    unknown = {file.name: mentions(file) - defined() for file in files}
    assert {name: iris for name, iris in unknown.items() if iris} == {}


def context() -> dict[str, Any]:
    """Read the JSON-LD context."""
    document: dict[str, Any] = json.loads((FOLDER / "context.jsonld").read_text(encoding="utf-8"))
    inner: dict[str, Any] = document["@context"]
    return inner


def test_prefixes_equal_their_namespaces() -> None:
    """The table of prefixes is plain text: each is compared with a namespace."""
    outside = {"dct": "DCTERMS", "odrl": "ODRL2"}
    for prefix, address in PREFIXES.items():
        name = outside.get(prefix, prefix.upper())
        namespace = getattr(namespaces, name, None) or getattr(rdflib.namespace, name, None)
        if namespace is None:
            assert prefix in {"pv", "void-ext"}, prefix
        else:
            assert address == str(namespace), prefix


def test_the_context_covers_every_own_and_schema_org_term() -> None:
    """Each term has its own name and its own IRI."""
    terms = context()
    for prefix, names in (("parvis", listed_terms()), ("schema", set(SCHEMA.__annotations__))):
        for name in names:
            entry = terms[name]
            target = entry["@id"] if isinstance(entry, dict) else entry
            assert target == f"{prefix}:{name}"
        assert terms[prefix] == PREFIXES[prefix]


def test_the_context_contains_no_undefined_own_term() -> None:
    """Every context entry under our address is defined."""
    entries = (entry["@id"] if isinstance(entry, dict) else entry for entry in context().values())
    own = {entry for entry in entries if str(entry).startswith("parvis:")}
    assert {entry.removeprefix("parvis:") for entry in own} == own_terms()


def test_a_document_expands_with_the_context() -> None:
    """Names by language, IRIs, numbers and dates become RDF with their types."""
    document = {
        "@context": context(),
        "id": "https://pool.example/id/event/a/1",
        "type": "TheaterEvent",
        "name": {"fr": "Le parvis", "en": "The Square"},
        "startDate": "2026-03-01T19:30:00-05:00",
        "endDay": "2026-03-02",
        "discipline": "concept:discipline/theatre",
        "eventStatus": "EventCancelled",
        "loans": 12,
    }
    graph = Graph().parse(data=json.dumps(document), format="json-ld")
    event = URIRef("https://pool.example/id/event/a/1")
    assert set(graph.predicate_objects(event)) == {
        (RDF.type, SCHEMA.TheaterEvent),
        (SCHEMA.name, Literal("Le parvis", lang="fr")),
        (SCHEMA.name, Literal("The Square", lang="en")),
        (SCHEMA.startDate, Literal("2026-03-01T19:30:00-05:00", datatype=XSD.dateTime)),
        (SCHEMA.endDate, Literal("2026-03-02", datatype=XSD.date)),
        (PARVIS.discipline, CONCEPT["discipline/theatre"]),
        (SCHEMA.eventStatus, SCHEMA.EventCancelled),
        (PARVIS.loans, Literal(12)),
    }
