"""Variants of one name are alike; names that resemble each other by chance are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.linking.names import CONTAINED, likeness, name

LEAST = 0.8


@pytest.mark.parametrize(
    ("former", "latter"),
    [
        ("Théâtre de la Lanterne (inventé)", "La Lanterne"),
        ("Société de la Place des Arts de Montréal inc.", "Place des Arts (Montréal)"),
        ("Salle du Quai", "La Salle du Quai de Rimouski"),
        ("Bibliothèque des Grands-Pins", "Biblio Grands Pins"),
        ("Festival Neiges d’encre", "FESTIVAL DES NEIGES D'ENCRE"),
        ("Les Violons du Roy", "Violons du Roy (Les)"),
        ("Cie Marie Chouinard", "Compagnie Marie-Chouinard"),
        ("Théâtre St-Denis", "Théâtre Saint-Denis"),
        ("TNM", "Théâtre du Nouveau Monde"),
        ("Musée d’art contemporain de Montréal (MACM)", "MACM"),
        ("Chœur des Battures", "Choeur des battures"),
    ],
)
def test_variants_of_one_name_are_alike(former: str, latter: str) -> None:
    """Articles, accents, legal forms, kinds, abbreviations and acronyms make no difference."""
    assert likeness(former, latter) >= LEAST


@pytest.mark.parametrize(
    ("former", "latter"),
    [
        ("Théâtre du Fjord-Blanc", "Théâtre du Vieux-Moulin"),
        ("Bibliothèque du Ruisseau", "Bibliothèque de la Clairière"),
        ("Bibliothèque du Moulin", "Théâtre des Moulins"),
        ("Salle", "Salle du Cap-Bleu"),
        ("", "Théâtre"),
        ("…", "!!!"),
    ],
)
def test_different_names_with_the_same_word_for_a_kind_are_not_alike(
    former: str, latter: str
) -> None:
    """A word for a kind of place distinguishes nothing."""
    assert likeness(former, latter) <= LEAST


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_is_symmetric_and_bounded(former: str, latter: str) -> None:
    """It is symmetric, between 0 and 1, and 1 for a name with itself."""
    score = likeness(former, latter)
    assert score == likeness(latter, former)
    assert 0 <= score <= 1
    assert likeness(former, former) == (1.0 if name(former).telling else 0.0)


def test_a_name_contained_in_a_longer_one_is_only_partly_alike() -> None:
    """The additional words leave a doubt."""
    assert likeness("Musée des Marées", "Musée des marées de Rimouski") <= CONTAINED
