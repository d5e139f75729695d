"""What a partner sees of its own part in the pool: sources, files, deadlines, and who reads it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.config import Settings
from parvis.governance import DecisionCode, Reader, Reason, RuleKind, list_upcoming_dates
from parvis.governance.wording import party_in_words
from parvis.i18n import LANGUAGES, N_, both
from parvis.ledger import OPEN, Audit, Deposit, Deposits, DepositState, ReadingCount
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.intake.sources import Deliveries, Delivery, State
from parvis.pooling.serving.exchange import Exchange
from parvis.pooling.serving.snapshot import Snapshot
from parvis.vocab.iris import DatasetKey

READING_DAYS = 90
"""Days of readings that a partner sees."""
REFUSED_DAYS = 30
"""Days for which a refused file is a pending action."""


@dataclass(frozen=True)
class OwnSource:
    """A dataset of the partner: the state of its source, its last file and when one is due."""

    key: DatasetKey
    title: Texts
    delivery: Delivery
    state: State
    deposits: tuple[Deposit, ...]
    received: datetime | None

    @property
    def due(self) -> datetime | None:
        """Return when a new file is announced for, if it is."""
        return self.delivery.expected_at()

    @property
    def waiting(self) -> Deposit | None:
        """Return the file that waits for a decision."""
        return next((deposit for deposit in self.deposits if deposit.state in OPEN), None)

    def refused(self, now: datetime) -> Deposit | None:
        """Return the newest file, if it was refused lately and nothing has followed."""
        if not self.deposits or self.deposits[0].state is not DepositState.REFUSED:
            return None
        newest = self.deposits[0]
        return newest if newest.given > now - timedelta(days=REFUSED_DAYS) else None


@dataclass(frozen=True)
class Deadline:
    """A date to come, what happens then, and the dataset that it concerns."""

    at: datetime
    text: Texts
    key: DatasetKey | None = None


@dataclass(frozen=True)
class Readership:
    """How often readers of one class could read a dataset, or took it, under one rule."""

    title: Texts
    readers: Texts
    rule: Texts
    requests: int
    last: datetime


DUE = N_("a new file of “{title}” is expected")
WAITS_UNTIL = N_("the file given for “{title}” no longer waits: decide with the steward before")
CEASES = N_("figures of “{title}” cease to count in the exchange")
DELETION = N_("“{title}” is deleted, as your agreement says")
BEGINS = N_("“{title}” opens to: {whom}")
ENDS = N_("“{title}” closes to: {whom}")
PROJECT_ENDS = N_("the project of the agreement “{title}” ends")


def list_own_sources(
    settings: Settings, published: Snapshot, slug: str, now: datetime
) -> list[OwnSource]:
    """Return the datasets that a partner may know of, by its own agreements."""
    deliveries = {delivery.dataset: delivery for delivery in Deliveries(settings.data).all()}
    deposits = Deposits(settings.data)
    sources = []
    for card in sorted(_list_own_cards(published, slug, now), key=lambda card: card.key):
        delivery = deliveries.get(str(card.key)) or Delivery(str(card.key))
        sources.append(
            OwnSource(
                key=card.key,
                title=card.title,
                delivery=delivery,
                state=delivery.state(now),
                deposits=tuple(deposit.at(now) for deposit in deposits.of(card.iri)),
                received=card.modified,
            )
        )
    return sources


def _list_own_cards(published: Snapshot, slug: str, now: datetime) -> list[DatasetCard]:
    # Once its deletion is due nobody may know of a dataset, its partner neither.
    reader = Reader(published.iris.partner(slug))
    cards = published.discoverable_cards(reader, now)
    return [card for card in cards if card.key.partner == slug]


def list_deadlines(
    published: Snapshot, slug: str, sources: Iterable[OwnSource], exchange: Exchange, now: datetime
) -> list[Deadline]:
    """Return what is to come for a partner, the next first."""
    sources = list(sources)
    deadlines = [
        *_list_source_dates(sources, now),
        *_list_contribution_ends(exchange, now),
        *_list_agreement_dates(published, sources, now),
        *_list_project_ends(published, slug),
    ]
    return sorted((d for d in deadlines if d.at > now), key=lambda deadline: deadline.at)


def _list_source_dates(sources: Iterable[OwnSource], now: datetime) -> Iterator[Deadline]:
    for source in sources:
        if source.due is not None and source.due > now:
            yield Deadline(source.due, both(DUE, title=source.title), source.key)
        if source.waiting is not None:
            text = both(WAITS_UNTIL, title=source.title)
            yield Deadline(source.waiting.until, text, source.key)


def _list_contribution_ends(exchange: Exchange, now: datetime) -> Iterator[Deadline]:
    # Of each dataset, the first contribution that ceases.
    ends: dict[str, tuple[datetime, Texts]] = {}
    for row in exchange.given:
        at, dataset = row.contribution.ceases, row.contribution.dataset
        if row.counts and at > now and (dataset not in ends or at < ends[dataset][0]):
            ends[dataset] = at, row.title
    for at, title in ends.values():
        yield Deadline(at, both(CEASES, title=title))


def _list_agreement_dates(
    published: Snapshot, sources: Iterable[OwnSource], now: datetime
) -> Iterator[Deadline]:
    policies, names = published.policies, published.names
    for source in sources:
        iri = published.iris.dataset(source.key)
        by_text: dict[tuple[datetime, str], set[str]] = defaultdict(set)
        for change in list_upcoming_dates(policies, iri, now):
            if change.rule.kind is RuleKind.OBLIGATION:
                by_text[change.at, DELETION].add("")
            elif change.rule.kind is RuleKind.PERMISSION:
                template = BEGINS if change.begins else ENDS
                by_text[change.at, template].add(change.rule.assignee)
        for (at, template), assignees in by_text.items():
            whom = {
                lang: ", ".join(sorted(party_in_words(a, names, lang) for a in assignees if a))
                for lang in LANGUAGES
            }
            yield Deadline(at, both(template, title=source.title, whom=whom), source.key)


def _list_project_ends(published: Snapshot, slug: str) -> Iterator[Deadline]:
    party = published.iris.partner(slug)
    for agreement in published.policies.agreements:
        if agreement.assigner == party and agreement.closed is not None:
            title = dict(agreement.title)
            yield Deadline(agreement.closed, both(PROJECT_ENDS, title=title))


# Who reads a partner's data, at a glance: by class of readers and rule. Day by day and by party it
# is in `parvis.pooling.stewardship.data_uses`; which question was asked is in neither.

BY_THIRD_PARTY = both(N_("the trusted third party"))
BY_PARTNERS = both(N_("other partners"))
BY_PARTIES = both(N_("researchers and platforms with an agreement"))
NO_RULE = both(N_("open to all, read with an account"))
FORMER = both(N_("an agreement that is no longer in force"))


def list_readerships(
    settings: Settings, published: Snapshot, slug: str, now: datetime
) -> list[Readership]:
    """Return how often the datasets of a partner were read with an account, by class and rule.

    A query counts for each dataset that its reader might have read by it. What is read without an
    account is not recorded.
    """
    iris = published.iris
    titles = {card.iri: card.title for card in published.cards.values() if card.key.partner == slug}
    since = now - timedelta(days=READING_DAYS)
    counts = Audit(settings.data).count_readings(titles, since, except_by=iris.partner(slug))
    merged: dict[tuple[str, str, str], list[ReadingCount]] = defaultdict(list)
    texts: dict[str, Texts] = {}
    for count in counts:
        readers, rule = _class_of(published, count.by), explain_rule(published, count.decided)
        texts |= {readers["en"]: readers, rule["en"]: rule}
        merged[count.dataset, readers["en"], rule["en"]].append(count)
    readerships = [
        Readership(
            title=titles[dataset],
            readers=texts[readers],
            rule=texts[rule],
            requests=sum(count.requests for count in parts),
            last=max(count.last for count in parts),
        )
        for (dataset, readers, rule), parts in merged.items()
    ]
    return sorted(readerships, key=lambda row: -row.requests)


def _class_of(published: Snapshot, party: str) -> Texts:
    if party == published.policies.parties.host:
        return BY_THIRD_PARTY
    partners = {published.iris.partner(slug) for slug in published.partners}
    return BY_PARTNERS if party in partners else BY_PARTIES


def explain_rule(published: Snapshot, decided: str | None) -> Texts:
    """Return what permitted a reading, in words."""
    if decided is None:
        return NO_RULE
    agreement = published.policies.agreement(decided)
    if agreement is not None:
        return dict(agreement.title)
    reasons = {Reason(code).iri: code for code in (DecisionCode.HOST, DecisionCode.OWNER)}
    return Reason(reasons[decided]).text if decided in reasons else FORMER
