"""The reader of the ODRL profile and its shapes refuse the same agreements."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.namespace import DCTERMS, RDF

import parvis.validation
from parvis.config import Settings, knowledge
from parvis.errors import CatalogError, PolicyError
from parvis.governance import ANONYMOUS, Reader, policies, profile, read_policies
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.intake.load import load
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService
from parvis.pooling.texts import valid as valid_texts
from parvis.pooling.texts.valid import charter_shapes
from parvis.report import Severity
from parvis.store.generation import generation as store
from parvis.validation import Validation, validate
from parvis.vocab.iris import DatasetKey

PREFIXES = """
@base <https://pool.example/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dpv: <https://w3id.org/dpv#> .
@prefix kind: <https://w3id.org/parvis/concept/organization-type/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<catalog> a dcat:Catalog ; dct:publisher <host> .
<host> a schema:Organization .
<theatre> a schema:Organization .
kind:museum a skos:Concept .
<list> a odrl:PartyCollection .
<theatre> odrl:partOf <list> .
"""
HEAD = {
    "odrl:profile": (["parvis:profile-1"], ["<mine>", "parvis:profile-1, <mine>"]),
    "odrl:conflict": (["odrl:prohibit"], ["odrl:perm"]),
    "odrl:assigner": (["<theatre>"], ["<stranger>", '"theatre"', "<theatre>, <host>"]),
    "dct:title": (['"E"@fr, "A"@en'], ['"E"@fr', '"E"@fr, "A"@en, "V"@de', '"E"@fr, ""@en']),
}
NOTES = (
    [
        'dct:description "x"@fr', "dct:isPartOf <p>", 'owl:versionInfo "1"',
        'dct:dateAccepted "2026-01-01"^^xsd:date', 'parvis:textHash "ab"',
        'parvis:signatoryRole "d"@fr, "d"@en',
    ],
    [
        "odrl:inheritFrom <other>", "dct:rights 'x'", "skos:note 'x'", "dct:isPartOf <p>, <q>",
        'dct:isPartOf "p"', 'dct:dateAccepted "2026-01-01"', "owl:versionInfo 1",
        'dct:dateAccepted "2026-01-01T00:00:00Z"^^xsd:dateTime', 'owl:versionInfo "1", "2"',
        'parvis:signatoryRole "d"@fr',
    ],
)  # fmt: skip
OTHER_STATEMENTS = (
    [""],
    [
        "<o> a odrl:Offer .", "<x> odrl:permission [ odrl:target <data> ] .",
        "<list> odrl:partOf <list> .", "<stranger> odrl:partOf <list> .",
        "<in> a odrl:PartyCollection ; odrl:partOf <list> . <list> odrl:partOf <in> .",
    ],
)  # fmt: skip
INSTANTS = [
    '"2027-01-01T00:00:00Z"^^xsd:dateTime', '"2027-07-01T00:00:00.5-04:00"^^xsd:dateTime',
]  # fmt: skip
DURATIONS = ['"P3Y"^^xsd:duration', '"P30DT1H"^^xsd:duration']
ORDER = [f"odrl:{o}" for o in ("lt", "lteq", "gt", "gteq")]
COMPARED = {
    "odrl:dateTime": (ORDER, INSTANTS),
    "odrl:elapsedTime": ([*ORDER, "odrl:eq"], DURATIONS),
    "odrl:purpose": (["odrl:isA", "odrl:eq"], ["dpv:Marketing"]),
    "odrl:recipient": (["odrl:isA", "odrl:eq"], ["parvis:members", "<theatre>", "kind:museum"]),
    "parvis:contributesStratum": (["odrl:eq"], ["parvis:sameStratum"]),
}
OPERANDS = ["odrl:spatial", "odrl:dateTime, odrl:purpose", '"dateTime"', *COMPARED]
OPERATORS = [*ORDER, "odrl:eq", "odrl:isA", "odrl:isAnyOf", '"lt"']
RIGHTS = [
    *INSTANTS, *DURATIONS, "dpv:Marketing", "parvis:sameStratum", "<stratum>", "12", "[]",
    "<stranger>",
    '"2027-01-01T00:00:00"^^xsd:dateTime', '"2027-01-01"^^xsd:date', '"2027-01-01T00:00:00Z"',
    '"P3Y"', '"P3Y"^^xsd:yearMonthDuration', '"recherche"', "dpv:Marketing, dpv:Research",
]  # fmt: skip
ASSIGNEES = (
    ["parvis:everyone", "parvis:members", "parvis:host", "<theatre>", "<list>", "kind:museum"],
    ["<stranger>", "kind:musem", '"all"', "<theatre>, <host>"],
)
TARGETS = (["<data>", "<a>, <b>"], ['"all"'])
USE_ACTIONS = [f"odrl:{a}" for a in ("use", "read", "aggregate", "distribute")] + [
    "parvis:discover"
]
DUTY_ACTIONS = ["odrl:delete", "odrl:anonymize", "odrl:attribute"]
UNKNOWN_ACTIONS = ["odrl:play", '"read"']
ACTIONS = {
    "permission": (USE_ACTIONS, [*DUTY_ACTIONS, *UNKNOWN_ACTIONS]),
    "prohibition": (USE_ACTIONS, [*DUTY_ACTIONS, *UNKNOWN_ACTIONS]),
    "obligation": (DUTY_ACTIONS, [*USE_ACTIONS, *UNKNOWN_ACTIONS]),
}
EXTRAS = {
    "permission": ["odrl:duty [ odrl:action odrl:attribute ]", "parvis:survivesClosing true"],
    "prohibition": ['dct:title "x"@fr'],
    "obligation": ['rdfs:comment "x"@fr'],
}
INVALID_EXTRAS = [
    "odrl:duty [ odrl:action odrl:compensate ]", "odrl:duty [ ]", "odrl:remedy [ ]",
    'parvis:survivesClosing "true"', "parvis:survivesClosing true, false", "dct:rights 'x'",
    *EXTRAS["permission"],
]  # fmt: skip
INVALID_RATIO = 25
"""One part in 25 is invalid: then about half of the agreements fit the profile."""

Parts = tuple[list[str], list[str]]


def draw_part(draw: st.DrawFn, parts: Parts) -> str:
    """Draw a valid part, or seldom one that may be invalid."""
    valid, possibly_invalid = parts
    return draw(
        st.sampled_from(
            possibly_invalid if draw(st.integers(1, INVALID_RATIO)) == INVALID_RATIO else valid
        )
    )


@st.composite
def constraints(draw: st.DrawFn) -> str:
    """Write a constraint."""
    operand = draw(st.sampled_from(list(COMPARED)))
    operators, rights = COMPARED[operand]
    parts = [
        f"odrl:leftOperand {draw_part(draw, ([operand], OPERANDS))}",
        f"odrl:operator {draw_part(draw, (operators, OPERATORS))}",
        f"odrl:rightOperand {draw_part(draw, (rights, RIGHTS))}",
        draw_part(draw, ([""], ["odrl:unit <u>"])),
    ]
    return f"odrl:constraint [ {' ; '.join(parts)} ]"


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Write a rule."""
    kind = draw(st.sampled_from(list(ACTIONS)))
    parts = [
        f"odrl:target {draw_part(draw, TARGETS)}",
        f"odrl:assignee {draw_part(draw, ASSIGNEES)}",
        f"odrl:action {draw_part(draw, ACTIONS[kind])}",
        *draw(st.lists(constraints(), max_size=2)),
        draw_part(draw, ([*EXTRAS[kind], ""], INVALID_EXTRAS)),
    ]
    missing = draw_part(draw, (["none"], ["0", "1", "2"]))
    present = [part for place, part in enumerate(parts) if str(place) != missing]
    return f"odrl:{kind} [ {' ; '.join(present)} ]"


@st.composite
def agreements(draw: st.DrawFn) -> str:
    """Write an agreement and other statements."""
    head = [f"{step} {draw_part(draw, parts)}" for step, parts in HEAD.items()]
    minimum = int(draw_part(draw, (["1"], ["0"])))
    drawn_rules = draw(st.lists(rules(), min_size=minimum, max_size=2))
    body = " ; ".join([*head, draw_part(draw, NOTES), *drawn_rules])
    return f"{PREFIXES} <agreement> a odrl:Agreement ; {body} . {draw_part(draw, OTHER_STATEMENTS)}"


def is_refused_by_reader(graph: Graph) -> bool:
    """Return whether the profile's reader refuses an agreement."""
    try:
        read_policies(graph)
    except PolicyError:
        return True
    return False


def is_refused_by_shapes(graph: Graph) -> bool:
    """Return whether the shapes refuse an agreement."""
    results = validate(graph, charter_shapes()).findings
    return any(result.severity is Severity.VIOLATION for result in results)


@trials(max_examples=30)
@given(agreements())
def test_the_reader_and_the_shapes_refuse_the_same_agreements(text: str) -> None:
    """For any operand, operator, action or datatype."""
    graph = Graph().parse(data=text, format="turtle")
    assert is_refused_by_reader(graph) == is_refused_by_shapes(graph)


def test_the_charter_explains_every_term_of_the_profile() -> None:
    """Each term that the reader accepts has its rule in words."""
    charter = Graph().parse(knowledge("ontology") / "charter.ttl")
    explained = {str(term) for term in charter.objects(None, DCTERMS.references)}
    operators = {str(operator) for row, _ in profile._OPERANDS.values() for operator in row}  # noqa: SLF001 - its table
    operands = set(map(str, profile._OPERANDS))  # noqa: SLF001 - the same
    assert {*policies.ACTIONS, *profile.OBLIGATIONS, *operators, *operands} <= explained


PROJECT = """
@prefix dct: <http://purl.org/dc/terms/> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<id/project/essai> a parvis:PoolingProject ; dct:title "Essai"@fr, "Trial"@en ;
    parvis:objective "Essayer."@fr, "To try."@en ; parvis:carrier <id/partner/tiers> ;
    parvis:charter parvis:profile-9 ; schema:startDate "2026-01-01"^^xsd:date ;
    schema:endDate "2026-12-31"^^xsd:date .
"""


def test_a_project_under_an_unknown_charter_is_refused_in_both_languages(
    settings: Settings,
) -> None:
    """Opening the pool reports the shape's message each time."""
    (settings.catalog / "projects" / "essai.ttl").write_text(PROJECT, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(PolicyError) as raised:
            Pool.open(settings)
    messages = [explain(raised.value, lang) for lang in LANGUAGES]
    assert all("parvis:profile-1" in line and "\n" not in line for line in messages)
    assert messages[0] != messages[1]


def spoil_agreement(settings: Settings, old: str, new: str) -> None:
    file = settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


BAD = {
    "an unknown term": ("odrl:action odrl:read ,", "odrl:action odrl:play ,", "odrl/2/play"),
    "two assignees": ("odrl:assignee parvis:everyone", "odrl:assignee parvis:everyone, parvis:host",
                      "odrl/2/assignee"),
    "a cycle": ("odrl:uid <id/agreement/theatre-b> ;\n", "odrl:uid <id/agreement/theatre-b> ;\n",
                "part of itself"),
    "an unknown project": ("odrl:assigner", "dct:isPartOf <id/project/x> ; odrl:assigner",
                           "there is no project"),
}  # fmt: skip
CYCLE = "\n<id/list/a> a odrl:PartyCollection ; odrl:partOf <id/list/a> .\n"


@pytest.mark.parametrize("name", BAD)
def test_a_pool_with_an_invalid_policy_does_not_open(settings: Settings, name: str) -> None:
    """One clear line in each language, before anything is checked, submitted or published."""
    old, new, message = BAD[name]
    spoil_agreement(settings, old, new)
    if name == "a cycle":
        file = settings.catalog / "theatre-b" / "agreement.ttl"
        file.write_text(file.read_text(encoding="utf-8") + CYCLE, encoding="utf-8")
    with pytest.raises((PolicyError, CatalogError)) as raised:
        Pool.open(settings)
    assert message in explain(raised.value, "en")
    assert explain(raised.value, "fr") != explain(raised.value, "en")


def test_policies_inside_a_partners_file_are_refused_with_their_row(settings: Settings) -> None:
    """They would have no effect; the submission changes nothing."""
    mapping = settings.catalog / "theatre-b" / "spectacles" / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    line = "      - [a, schema:TheaterEvent]\n"
    policy_line = "      - [http://www.w3.org/ns/odrl/2/permission, https://x.example/all~iri]\n"
    assert line in text
    mapping.write_text(text.replace(line, line + policy_line, 1), encoding="utf-8")
    with Pool.open(settings) as pool:
        outcome = submit(pool, DatasetKey("theatre-b", "spectacles"))
        assert not pool.record.versions()
    assert not outcome.accepted
    finding = next(finding for finding in outcome.report.findings if finding.rule == "policy")
    assert finding.place is not None
    assert finding.value == "http://www.w3.org/ns/odrl/2/permission"


def test_policies_inside_a_loaded_file_have_no_effect(published: Pool, tmp_path: Path) -> None:
    file, graph = tmp_path / "law.nq", "https://x.example/graph"
    odrl, agreement = "http://www.w3.org/ns/odrl/2/", "<https://x.example/law>"
    target = published.catalog.datasets[DatasetKey("theatre-b", "billets")].iri
    lines = [
        f"{agreement} <{RDF.type}> <{odrl}Agreement>",
        f"{agreement} <{odrl}permission> <https://x.example/rule>",
        f"<https://x.example/rule> <{odrl}target> <{target}>",
        f"<https://x.example/rule> <{odrl}action> <{odrl}read>",
        f"<https://x.example/rule> <{odrl}assignee> <https://w3id.org/parvis/ns#everyone>",
    ]
    file.write_text("".join(f"{line} <{graph}> .\n" for line in lines), encoding="utf-8")
    load(published, file)
    publish(published)
    service = PoolService(published.settings)
    try:
        assert graph in service.graphs(ANONYMOUS)
        assert not service.dataset(ANONYMOUS, DatasetKey("theatre-b", "billets")).readable
    finally:
        service.close()


def test_a_generation_with_an_invalid_policy_answers_nobody(published: Pool) -> None:
    """A policy that was added by other means is detected when it is read."""
    law = store.current(published.settings.data).site / "agreements.nt"
    play = (
        "<https://x.example/p> <http://www.w3.org/ns/odrl/2/permission> <https://x.example/r> .\n"
    )
    law.write_text(law.read_text(encoding="utf-8") + play, encoding="utf-8")
    service = PoolService(published.settings)
    try:
        for reader in (ANONYMOUS, Reader(published.catalog.third_party.iri)):
            with pytest.raises(PolicyError):
                service.datasets(reader)
    finally:
        service.close()


def test_agreements_are_validated_once_for_each_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command after another does not validate the same texts again; a changed text is."""
    catalog = Path(shutil.copytree(Path(__file__).parents[1] / "cases" / "pool", tmp_path / "c"))
    settings = Settings.load(data=tmp_path / "data", catalog=catalog)
    settings.data.mkdir()
    validated = []

    def count(*arguments: Graph) -> Validation:
        validated.append(arguments)
        return validate(*arguments)

    def open_anew() -> int:
        """Open the pool as another process would; return how often its texts were validated."""
        validated.clear()
        valid_texts._conforming.clear()  # noqa: SLF001 - what a process remembers
        Pool.open(settings)
        return len(validated)

    monkeypatch.setattr(parvis.validation, "validate", count)
    assert [open_anew(), open_anew()] == [1, 0]
    agreement = catalog / "theatre-b" / "agreement.ttl"
    agreement.write_text(agreement.read_text(encoding="utf-8") + "# note\n", encoding="utf-8")
    assert [open_anew(), open_anew()] == [1, 0]
    (settings.data / valid_texts.CONFORMING).write_bytes(b"\xff damaged")
    assert [open_anew(), open_anew()] == [1, 0]
