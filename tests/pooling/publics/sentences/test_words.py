"""The words of sentences: each concept of each layer has its own, in both languages."""

import re

import pytest

from parvis.catalog.codelists import POOLED, scheme
from parvis.catalog.ontology import last_segment
from parvis.i18n import LANGUAGES
from parvis.pooling.publics.sentences.words import (
    AMOUNTS,
    TOTAL,
    UNITS,
    UNLISTED,
    add_preposition,
    count_units,
    define_measure,
    phrase,
    read_words,
)
from parvis.statistics.cube import LAYERS, LISTS
from parvis.vocab.namespaces import CONCEPT, PARVIS

AREAS = {
    "05": "en Estrie",
    "16": "en Montérégie",
    "14": "dans Lanaudière",
    "15": "dans les Laurentides",
    "09": "sur la Côte-Nord",
    "qc": "au Québec",
    "01": "au Bas-Saint-Laurent",
    "06": "à Montréal (région)",
    "sherbrooke": "à Sherbrooke",
}
"""As the Commission de toponymie writes them after a verb of place."""
ATTENDANCE = str(PARVIS.attendance)


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer != "age"])
def test_every_concept_of_a_layer_has_words(layer: str) -> None:
    codes = {last_segment(iri) for iri in scheme(LISTS.get(layer, layer)).labels}
    assert codes - {TOTAL} == read_words()[layer].keys() - {UNLISTED}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_concept_has_a_phrase_in_both_languages(layer: str) -> None:
    for concept in scheme(LISTS.get(layer, layer)).labels:
        if last_segment(concept) != TOTAL:
            texts = phrase(ATTENDANCE, layer, concept)
            assert texts.keys() == set(LANGUAGES)
            assert all(re.fullmatch(r"\S.*\S", text) for text in texts.values())
            assert not re.search(r"\b(?:de|le|la|que) [aeéèêhiouyœ]", texts["fr"], re.IGNORECASE)


def test_every_pooled_measure_has_a_unit_and_a_definition() -> None:
    codes = {last_segment(measure) for measure in POOLED}
    assert UNITS.keys() == codes == AMOUNTS.keys()
    assert all(define_measure(measure).keys() == set(LANGUAGES) for measure in POOLED)


@pytest.mark.parametrize(("code", "text"), AREAS.items())
def test_regions_have_their_own_preposition(code: str, text: str) -> None:
    residence = phrase(ATTENDANCE, "area", f"{CONCEPT}area/{code}")["fr"]
    assert residence == f"du public qui habite {text}"
    event = phrase(ATTENDANCE, "event", f"{CONCEPT}area/{code}")["fr"]
    assert event == f"pour des événements tenus {text}"


def test_an_area_that_the_steward_adds_is_named_by_its_code() -> None:
    texts = phrase(ATTENDANCE, "area", f"{CONCEPT}area/H2X")
    assert texts["fr"] == "du public qui habite dans le secteur «\u00a0H2X\u00a0»"
    assert texts["en"] == "from audiences living in the area “H2X”"


def test_articles_contract_with_prepositions() -> None:
    assert add_preposition("le théâtre") == "au théâtre"
    assert add_preposition("les arts visuels") == "aux arts visuels"
    assert add_preposition("l’humour") == "à l’humour"
    assert add_preposition("la danse") == "à la danse"


@pytest.mark.parametrize(
    ("value", "fr", "en"),
    [
        (0, "0 entrée", "0 entries"),
        (1, "1 entrée", "1 entry"),
        (2, "2 entrées", "2 entries"),
        (98535, "98\u00a0535 entrées", "98,535 entries"),
    ],
)
def test_units_agree_with_their_number(value: int, fr: str, en: str) -> None:
    assert count_units(ATTENDANCE, value) == {"fr": fr, "en": en}
