"""Rules of owners that answer a request at once, such as: any member of a project may read it."""

from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING

from parvis.catalog.folder import Catalog
from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.governance.parties import MEMBERS
from parvis.governance.wording import party_in_words
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import Author, Request, StandingOffer, StandingOffers
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.texts.valid import last_valid
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.pooling.serving.service import PoolService

NOT_OWN = N_("{dataset} is no dataset of {party}")
NO_AUDIENCE = N_("“{audience}” is neither “members” nor a project nor a kind of organisation")
BAD_DAYS = N_("the days of an access are from 1 to {most}")
MOST_DAYS = 1_830
WORDS = N_("{whom} may read it for {days} days, once the agreement is signed")
PROJECT = N_("the members of the project “{title}”")


def add_standing_offer(  # noqa: PLR0913, PLR0917 - a rule has as many parts
    settings: Settings,
    owner: str,
    key: DatasetKey,
    audience: str,
    days: int,
    author: Author,
    purposes: tuple[str, ...] = (),
) -> StandingOffer:
    """Store a rule of an owner (an IRI) for one of its datasets.

    `audience` is ``members``, or the IRI of a project or of a kind of organisation. Raises
    `UsageError`, `LimitError` for an owner that has as many rules as it may.
    """
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    dataset = catalog.datasets.get(key)
    if dataset is None or dataset.publisher != owner:
        raise UsageError(NOT_OWN, dataset=key, party=owner)
    audience = MEMBERS if audience == "members" else audience
    projects = {project.iri for project in catalog.projects.values()}
    if audience not in {MEMBERS, *projects, *catalog.policies.parties.kinds}:
        raise UsageError(NO_AUDIENCE, audience=audience)
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(BAD_DAYS, most=MOST_DAYS)
    now = clock.machine_time()
    rule = StandingOffer(token_hex(8), owner, dataset.iri, audience, purposes, days, now)
    StandingOffers(settings.data).add(rule, author)
    return rule


def end_standing_offer(settings: Settings, name: str, owner: str, author: Author) -> None:
    """End a rule of an owner; raises `UnknownThing`."""
    StandingOffers(settings.data).end(name, owner, author, clock.machine_time())


def find_standing_offer(host: "PoolService", request: Request) -> StandingOffer | None:
    """Return the rule of the owner that answers a request, the one for the longest time."""
    published = host.snapshot()
    rules = [
        rule
        for rule in StandingOffers(host.settings.data).of(request.owner)
        if rule.dataset == request.subject and _answers(published, rule, request)
    ]
    return max(rules, key=lambda rule: rule.days, default=None)


def _answers(published: Snapshot, rule: StandingOffer, request: Request) -> bool:
    parties = published.policies.parties
    for project in published.projects.values():
        if project.iri == rule.audience:
            ended = project.closed is not None and project.closed <= request.created
            included = request.requester in project.members and not ended
            break
    else:
        included = parties.includes(rule.audience, request.requester) is True
    fits = not rule.purposes or any(parties.within(request.purpose, p) for p in rule.purposes)
    return included and fits


def describe_standing_offer(published: Snapshot, rule: StandingOffer) -> Mapping[str, str]:
    """Return a rule in words, in every language."""
    titles = {project.iri: project.title for project in published.projects.values()}
    texts = {}
    for lang in LANGUAGES:
        if rule.audience in titles:
            whom = say(lang, PROJECT, title=titles[rule.audience][lang])
        else:
            whom = party_in_words(rule.audience, published.names, lang)
        sentence = say(lang, WORDS, whom=whom, days=rule.days)
        texts[lang] = sentence[:1].upper() + sentence[1:]
    return texts
