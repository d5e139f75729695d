"""Names meet whoever writes them; what is written alike by chance does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.linking.names import CONTAINED, likeness, name

LEAST = 0.8


@pytest.mark.parametrize(
    ("here", "there"),
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
def test_one_thing_is_known_under_its_many_names(here: str, there: str) -> None:
    """Articles, accents, legal forms, kinds, short forms and acronyms do not stand between."""
    assert likeness(here, there) >= LEAST


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("Théâtre du Fjord-Blanc", "Théâtre du Vieux-Moulin"),
        ("Bibliothèque du Ruisseau", "Bibliothèque de la Clairière"),
        ("Bibliothèque du Moulin", "Théâtre des Moulins"),
        ("Salle", "Salle du Cap-Bleu"),
        ("", "Théâtre"),
        ("…", "!!!"),
    ],
)
def test_things_of_one_kind_are_not_one_thing(here: str, there: str) -> None:
    """A word that says what kind of thing it is tells none apart."""
    assert likeness(here, there) <= LEAST


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_has_no_side_and_no_surprise(here: str, there: str) -> None:
    """It is the same both ways, between 0 and 1, and 1 for a name with itself."""
    alike = likeness(here, there)
    assert alike == likeness(there, here)
    assert 0 <= alike <= 1
    assert likeness(here, here) == (1.0 if name(here).telling else 0.0)


def test_a_name_within_a_longer_one_is_not_taken_for_it() -> None:
    """What one name says more is a doubt that stays."""
    assert likeness("Musée des Marées", "Musée des marées de Rimouski") <= CONTAINED
