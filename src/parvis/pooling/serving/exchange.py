"""List a partner's contributions and what it receives in return, for it and the steward."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.catalog.ontology import concept_labels, last_segment
from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.governance import AccessDecision, Reader, Stratum, assess_reciprocity
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Contribution, Contributions
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.publics.contributions import contribution_minimum
from parvis.pooling.serving.snapshot import Snapshot

NO_PARTNER = N_("there is no partner {slug}")


@dataclass(frozen=True)
class ContributionCard:
    """A contribution as a page shows it: whether it counts, or else what it lacks."""

    contribution: Contribution
    title: Texts
    counts: bool
    missing: tuple[Texts, ...] = ()

    @property
    def stratum(self) -> Texts:
        return name_stratum(self.contribution.stratum)

    @property
    def period(self) -> Texts:
        return name_stratum((self.contribution.period,))

    def to_json(self) -> dict[str, Any]:
        return self.contribution.to_json() | {
            "title": self.title,
            "counts": self.counts,
            "label": self.stratum,
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class ReciprocalDataset:
    """A dataset that requires a contribution, and the decision on this party."""

    card: DatasetCard
    decision: AccessDecision

    @property
    def lacking(self) -> list[Texts]:
        """Return the names of the strata that the party would have to contribute."""
        return [name_stratum(stratum) for stratum in self.decision.reason.lacking]

    def to_json(self) -> dict[str, Any]:
        reason = self.decision.reason
        return {
            "dataset": self.card.iri,
            "title": self.card.title,
            "reason": reason.text,
            "code": reason.iri,
            "until": reason.until and reason.until.isoformat(),
            "lacking": [list(stratum) for stratum in reason.lacking],
        }


@dataclass(frozen=True)
class Exchange:
    """All contributions of a party, what it receives now, and what is withheld from it and why.

    In JSON, concepts, periods and datasets are IRIs.
    """

    partner: str
    at: datetime
    given: tuple[ContributionCard, ...]
    received: tuple[ReciprocalDataset, ...]
    withheld: tuple[ReciprocalDataset, ...]


def list_exchange(
    published: Snapshot, settings: Settings, reader: Reader, slug: str, at: datetime
) -> Exchange:
    """Return a partner's exchange, with the datasets that it may discover.

    Raises `UnknownThing` for a reader other than the partner and the steward.
    """
    ledger, party = Contributions(settings.data), published.iris.partner(slug)
    if slug not in published.partners or not (reader.iri == party or reader.host):
        raise UnknownThing(NO_PARTNER, slug=slug)
    if reader.iri != party:
        # The steward sees what the partner would see.
        reader = Reader(party, contributes=ledger.counting_until(party))
    cards = {card.iri: card for card in published.discoverable_cards(reader, at)}
    decisions = assess_reciprocity(published.policies, reader, cards, at)
    contributions = []
    for contribution in ledger.of(party):
        card = published.cards.get(contribution.dataset)
        # A deleted dataset is named by the last step of its IRI.
        title = dict(card.title) if card else {"": last_segment(contribution.dataset)}
        counts = at < contribution.ceases and not contribution.lacks
        # An ended contribution lacks nothing.
        lacks = contribution.lacks if contribution.ended is None else ()
        missing = tuple(contribution_minimum(settings).texts(lack) for lack in lacks)
        contributions.append(ContributionCard(contribution, title, counts, missing))
    return Exchange(
        partner=party,
        at=at,
        given=tuple(contributions),
        received=tuple(
            ReciprocalDataset(cards[iri], decision) for iri, decision in decisions.received
        ),
        withheld=tuple(
            ReciprocalDataset(cards[iri], decision) for iri, decision in decisions.withheld
        ),
    )


def name_stratum(concepts: Stratum) -> Texts:
    """Name a combination of concepts in every language: « théâtre · Montréal · 0–13 ans »."""
    return {
        lang: " · ".join(
            concept_labels(concept).get(lang, last_segment(concept)) for concept in concepts
        )
        for lang in LANGUAGES
    }
