"""What a partner gives and what it receives for it, as it and the steward may see it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from rdflib import Literal
from rdflib.namespace import SKOS

from parvis.catalog.ontology import ontology, short
from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.governance import Decision, Reader, Stratum, standing
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Contribution, Contributions
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.publics.contributions import minimum
from parvis.pooling.serving.snapshot import Published

NO_PARTNER = N_("there is no partner {slug}")


@dataclass(frozen=True)
class Given:
    """One contribution as a page tells it; `title` is the dataset's, `counts` says if it does.

    `missing` tells what it lacks to count.
    """

    contribution: Contribution
    title: Texts
    counts: bool
    missing: tuple[Texts, ...] = ()

    @property
    def stratum(self) -> Texts:
        """Name the stratum."""
        return named(self.contribution.stratum)

    @property
    def period(self) -> Texts:
        """Name the period."""
        return named((self.contribution.period,))

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        told = {
            "title": self.title,
            "counts": self.counts,
            "label": self.stratum,
            "missing": list(self.missing),
        }
        return self.contribution.to_json() | told


@dataclass(frozen=True)
class Asked:
    """A dataset that asks for a contribution, and whether this party receives it."""

    card: DatasetCard
    decision: Decision

    @property
    def lacking(self) -> list[Texts]:
        """Name the strata that would have to be given."""
        return [named(one) for one in self.decision.reason.lacking]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        reason = self.decision.reason
        return {
            "dataset": self.card.iri,
            "title": self.card.title,
            "reason": reason.text,
            "code": reason.iri,
            "until": reason.until and reason.until.isoformat(),
            "lacking": [list(one) for one in reason.lacking],
        }


@dataclass(frozen=True)
class Exchange:
    """Given → received: what a party ever gave, what it receives now, what is withheld and why."""

    partner: str
    at: datetime
    given: tuple[Given, ...]
    received: tuple[Asked, ...]
    withheld: tuple[Asked, ...]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data; concepts, periods and datasets by their IRIs."""
        return {
            "partner": self.partner,
            "at": self.at.isoformat(),
            "given": [one.to_json() for one in self.given],
            "received": [one.to_json() for one in self.received],
            "withheld": [one.to_json() for one in self.withheld],
        }


def exchange(
    published: Published, settings: Settings, reader: Reader, slug: str, at: datetime
) -> Exchange:
    """Tell what a partner gives and receives; only datasets that it may know of are told.

    It is told to the partner and the steward alone: to others it is like one that does not
    exist, `UnknownThing`.
    """
    ledger, party = Contributions(settings.data), published.iris.partner(slug)
    if slug not in published.partners or not (reader.iri == party or reader.host):
        raise UnknownThing(NO_PARTNER, slug=slug)
    if reader.iri != party:
        reader = Reader(party, contributes=ledger.counting(party))
    known = {card.iri: card for card in published.known(reader, at)}
    found = standing(published.policies, reader, known, at)
    return Exchange(
        partner=party,
        at=at,
        given=tuple(
            Given(
                one,
                _title(published, one.dataset),
                at < one.ceases and not one.lacks,
                missing(one, settings),
            )
            for one in ledger.of(party)
        ),
        received=tuple(Asked(known[iri], decision) for iri, decision in found.received),
        withheld=tuple(Asked(known[iri], decision) for iri, decision in found.withheld),
    )


def missing(contribution: Contribution, settings: Settings) -> tuple[Texts, ...]:
    """Say in each language what a contribution lacks to count; nothing of one that has ended."""
    if contribution.ended is not None:
        return ()
    return tuple(minimum(settings).texts(lack) for lack in contribution.lacks)


def _title(published: Published, dataset: str) -> Texts:
    """Name a dataset; one that is gone by the last step of its IRI."""
    card = published.cards.get(dataset)
    return dict(card.title) if card else {"": short(dataset)}


def named(concepts: Stratum) -> Texts:
    """Name a combination of concepts in every language: « théâtre · Montréal · 0–13 ans »."""
    return {lang: " · ".join(_name(one, lang) for one in concepts) for lang in LANGUAGES}


def _name(concept: str, lang: str) -> str:
    return _labels().get(concept, {}).get(lang, short(concept))


@cache
def _labels() -> dict[str, dict[str, str]]:
    """Read how concepts are called, once."""
    found: dict[str, dict[str, str]] = {}
    for concept, label in ontology().subject_objects(SKOS.prefLabel):
        if isinstance(label, Literal) and label.language:
            found.setdefault(str(concept), {})[label.language] = str(label)
    return found
