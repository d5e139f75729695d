"""The code lists by which a partner's file is counted in a round, without the library of RDF.

A partner's browser has them as a file of the archive; the command passes them to its process.
"""

from functools import cache

from parvis.catalog.codelists import NOWHERE, scheme
from parvis.catalog.ontology import code_list, last_segment
from parvis.mapping.concepts import fold_text
from parvis.vocab.namespaces import PARVIS

Chains = dict[str, list[str]]


@cache
def round_codes() -> dict[str, Chains]:
    """Return the codes of areas and disciplines by folded text, each before the wider ones."""
    areas = {
        text: _chain("area", concept)
        for text, concept in _concepts_by_text("area").items()
        if concept not in NOWHERE
    }
    for area, start in code_list("area").subject_objects(PARVIS.postalPrefix):
        areas[str(start).lower()] = _chain("area", str(area))
    disciplines = _concepts_by_text("discipline").items()
    return {
        "areas": areas,
        "disciplines": {text: _chain("discipline", concept) for text, concept in disciplines},
    }


def _concepts_by_text(name: str) -> dict[str, str]:
    """Return the concept of each text of a scheme that means one alone, and of each code."""
    concepts = scheme(name)
    by_text = {text: next(iter(meant)) for text, meant in concepts.texts.items() if len(meant) == 1}
    return by_text | {fold_text(code): concept for code, concept in concepts.codes.items()}


def _chain(name: str, concept: str) -> list[str]:
    """Return the code of a concept, then those of the wider ones, the nearest first."""
    steps = {**scheme(name).above.get(concept, {}), concept: -1}
    return [last_segment(wider) for wider in sorted(steps, key=lambda iri: (steps[iri], iri))]
