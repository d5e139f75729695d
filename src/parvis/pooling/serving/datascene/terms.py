"""The terms of Datascène's lists that parvis's concepts and properties are matched with.

The ontology states the same matches; ``tests/pooling/test_datascene.py`` holds both together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from parvis.vocab.namespaces import CONCEPT, SCHEMA


@dataclass(frozen=True)
class TermList:
    """A list of the standard: how it names itself, and its code and label for each of our IRIs.

    `space` is the beginning of the terms' IRIs, empty where a term is given without its IRI.
    """

    vocabulary: str
    terms: dict[str, tuple[str, str]]
    space: str = ""
    version: str = ""

    def to_json(self, iris: Iterable[str]) -> list[dict[str, Any]]:
        """Return the terms of our IRIs, numbered; those that match none are left out."""
        terms: list[dict[str, Any]] = []
        for iri in iris:
            if iri in self.terms:
                code, label = self.terms[iri]
                term: dict[str, Any] = {"type": "Term", "vocabulary": self.vocabulary, "code": code}
                if self.version:
                    term["version"] = self.version
                if self.space:
                    term["identifier"] = [f"{self.space}{code}"]
                term["label"] = [{"lang": "fr", "value": label}]
                terms.append({**term, "sequenceNumber": len(terms) + 1})
        return terms


def _concepts(scheme: str, terms: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {str(CONCEPT[f"{scheme}/{code}"]): term for code, term in terms.items()}


DISCIPLINES = TermList(
    "scenepro",
    _concepts(
        "discipline",
        {
            "theatre": ("Theatre", "Théâtre"),
            "puppetry": ("Marionnettes", "Marionnettes"),
            "musical-theatre": ("Musical", "Musical"),
            "dance": ("Danse", "Danse"),
            "music": ("Musique", "Musique"),
            "classical-music": ("Classique", "Classique"),
            "contemporary-music": ("MusiqueContemporaine", "Contemporaine"),
            "opera": ("Opera", "Opéra"),
            "song": ("Chanson", "Chanson"),
            "popular-music": ("Populaire", "Populaire"),
            "jazz": ("Jazz", "Jazz"),
            "world-music": ("TraditionsDuMonde", "Traditions du monde"),
            "circus": ("Cirque", "Cirque"),
            "comedy": ("Humour", "Humour"),
            "storytelling": ("Conte", "Conte"),
            "variety": ("Variete", "Variété"),
        },
    ),
    space="http://scenepro.ca/taxonomies/Disciplines-asq#",
    version="3",
)
AUDIENCES = TermList(
    "datascene",
    _concepts(
        "audience",
        {
            "everyone": ("ToutPublics", "Tout publics"),
            "babies": ("AvecBebe", "Avec bébé"),
            "children-0-3": ("ToutPetits", "Tout-petits (0 à 3 ans)"),
            "children-4-7": ("PetiteEnfance", "Petite enfance (4 à 7 ans)"),
            "children-8-12": ("Enfance", "Enfance (8 à 12 ans)"),
            "teens": ("Jeunesse", "Jeunesse (13 ans à 16 ans)"),
            "adults": ("Adultes", "Adultes"),
            "seniors": ("Aines", "Aînés"),
            "families": ("Familles", "Familles"),
        },
    ),
    space="https://datascene.ca/PublicCible#",
)
CONTRIBUTIONS = TermList(
    "datascene",
    {
        str(SCHEMA.creator): ("AuteurCréateur", "Auteur ou créateur"),
        str(SCHEMA.performer): ("ArtisteSurScène", "Artiste sur scène"),
        str(SCHEMA.producer): (
            "ProducteurOrganisateurPromoteur",
            "Producteur, organisateur ou promoteur",
        ),
    },
)
"""The kinds of contributions, by our properties."""
