"""Judgements of identity as a mapping set."""

import csv

from parvis.pooling.serving.site.mappings import write_mapping_set

BASE = "https://pool.test/"
POSITIVE = "https://w3id.org/parvis/concept/judgement/positive"
NEGATIVE = "https://w3id.org/parvis/concept/judgement/negative"
JUDGEMENTS = [
    {
        "subject": "http://www.wikidata.org/entity/Q1",
        "object": f"{BASE}id/place/theatre-b/lanterne",
        "decision": POSITIVE,
        "at": "2026-11-29T12:00:00+00:00",
        "score": "0.9",
        "why": "shared-identifier: Q1",
        "object_label": "La\tLanterne",
    },
    {
        "subject": "http://x.test/a#lanterne",
        "object": f"{BASE}id/place/theatre-b/lanterne",
        "decision": NEGATIVE,
        "at": "2026-11-30T12:00:00+00:00",
    },
]


def write_example() -> str:
    return write_mapping_set(JUDGEMENTS, BASE, 'Mutualisation : « essai », "dite"')


def test_each_judgement_is_a_row_with_its_justification() -> None:
    """A negative one has a modifier; one without a rule is of a person, and says not of whom."""
    lines = write_example().splitlines()
    head = [line for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(lines[len(head) :], delimiter="\t"))
    assert '#   pool: "https://pool.test/id/"' in head
    assert '#   wd: "http://www.wikidata.org/entity/"' in head
    (ours,) = {line for line in head if '"http://x.test/a#"' in line}
    prefix = ours.removeprefix("#   ").partition(":")[0]
    first, second = rows
    assert first["subject_id"] == "wd:Q1"
    assert first["object_id"] == "pool:place/theatre-b/lanterne"
    assert (first["predicate_id"], first["predicate_modifier"]) == ("owl:sameAs", "")
    assert first["object_label"] == "La Lanterne"
    assert first["mapping_justification"] == "semapv:MappingChaining"
    assert (first["mapping_date"], first["similarity_score"]) == ("2026-11-29", "0.9")
    assert second["subject_id"] == f"{prefix}:lanterne"
    assert second["predicate_modifier"] == "Not"
    assert second["mapping_justification"] == "semapv:ManualMappingCuration"
