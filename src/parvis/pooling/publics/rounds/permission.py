"""Whether the agreements of a project permit a round: off by default, partner by partner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from parvis.catalog.projects import Project
from parvis.errors import UsageError
from parvis.governance import EVERYONE, Agreement, Policies, Reader, Rule, RuleKind, decide
from parvis.governance.dates import LT, LTEQ
from parvis.governance.policies import (
    COMPARE_AUDIENCES,
    COUNT_PEOPLE,
    DATE_TIME,
    PURPOSE,
    RECIPIENT,
)
from parvis.i18n import N_
from parvis.ledger import RoundRecord
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.statistics.distinct.rounds import Kind, Round

ENDINGS = frozenset({LT, LTEQ})
"""The operators of conditions that cease to hold at their instant."""
NOT_OPTED_IN = N_(
    "the project {project} has not chosen to count distinct people: write in its record who holds"
    " the keys (never the trusted third party), on the page of the project in stewardship"
)
CLOSED = N_("the project {project} is closed: no round is opened in it any more")
HOLDER_IS_THIRD_PARTY = N_(
    "the key holder of the project {project} is the trusted third party itself, which would then"
    " see who is in the messages: name a partner or a notary in the project’s record"
)
NOT_A_MEMBER = N_("{party} is no member of the project {project}: choose among its members")
NOT_COUNTED = N_(
    "the agreement of {party} in the project {project} does not permit to count distinct people: it"
    " is permitted in a draft of the agreement, which both sides sign"
)
NOT_COMPARED = N_(
    "no signed agreement of {party} in the project {project} permits to compare its audiences with"
    " those of {others}, for a purpose and until a day: draft it with {party}, and have both sides"
    " sign it"
)
NOT_PUBLIC = N_(
    "no signed agreement of {party} in the project {project} permits to release its shared"
    " audiences to everyone, for a purpose and until a day: draft it, or open the round for its"
    " members alone"
)


@dataclass(frozen=True)
class Permission:
    """What the agreements of all partners permit together, by which the round is opened.

    `agreements` are their IRIs; `until` is the first day of end among them, None without any.
    """

    agreements: tuple[str, ...]
    purpose: str = ""
    until: datetime | None = None


def require_opted_in(pool: Pool, slug: str) -> Project:
    """Return a project whose record permits rounds; raises `UnknownThing` or `UsageError`."""
    project = pool.catalog.require_project(slug)
    if project.closed is not None:
        raise UsageError(CLOSED, project=slug)
    if project.key_holder is None:
        raise UsageError(NOT_OPTED_IN, project=slug)
    names = {name.casefold() for name in pool.catalog.third_party.names.values()}
    if any(name.strip().casefold() in names for name in project.key_holder.values()):
        raise UsageError(HOLDER_IS_THIRD_PARTY, project=slug)
    return project


def require_permission(  # noqa: PLR0913 - a question of access has as many parts
    pool: Pool, project: Project, kind: Kind, partners: Sequence[str], at: datetime, *, public: bool
) -> Permission:
    """Return what the partners' agreements permit; raises `UsageError` for what one does not.

    `pool` has the agreements in force.
    """
    parties = {slug: pool.catalog.require_partner(slug).iri for slug in partners}
    for slug, iri in parties.items():
        if iri not in project.members:
            raise UsageError(NOT_A_MEMBER, party=slug, project=project.slug)
    granted = []
    for slug in partners:
        if kind is Kind.DISTINCT:
            rules = _find_rules(pool, project, parties[slug], COUNT_PEOPLE, EVERYONE, at)
            if not rules:
                raise UsageError(NOT_COUNTED, party=slug, project=project.slug)
            granted.append(rules[:1])
        else:
            granted.append(_require_overlap(pool, project, slug, parties, at, public=public))
    rules = [rule for group in granted for rule in group]
    ends = [end for rule in rules if (end := _end(rule))]
    return Permission(
        tuple(sorted({rule.agreement for rule in rules})),
        next((str(_value(rule, PURPOSE)) for rule in rules if _value(rule, PURPOSE)), ""),
        min(ends, default=None),
    )


def require_still_permitted(pool: Pool, record: RoundRecord, opened: Round, at: datetime) -> None:
    """Raise `UsageError` where a partner has taken back what let a round be opened, or it ended."""
    is_public = record.public and opened.kind is Kind.OVERLAP
    project = require_opted_in(pool, record.project)
    require_permission(
        with_agreements(pool), project, opened.kind, opened.partners, at, public=is_public
    )


def _require_overlap(  # noqa: PLR0913 - the same
    pool: Pool,
    project: Project,
    slug: str,
    parties: Mapping[str, str],
    at: datetime,
    *,
    public: bool,
) -> list[Rule]:
    """Return the rules by which a partner lets its audiences be compared with those of others."""
    granted: list[Rule] = []
    for other, iri in parties.items():
        if other == slug:
            continue
        # Who may see the result of two is named: a rule for everyone does not name anybody.
        rules = [
            rule
            for rule in _find_rules(pool, project, parties[slug], COMPARE_AUDIENCES, iri, at)
            if _value(rule, RECIPIENT) == iri and _is_complete(pool.catalog.policies, rule)
        ]
        if not rules:
            raise UsageError(NOT_COMPARED, party=slug, project=project.slug, others=other)
        granted.append(rules[0])
    if public:
        rules = [
            rule
            for rule in _find_rules(pool, project, parties[slug], COMPARE_AUDIENCES, EVERYONE, at)
            if _value(rule, RECIPIENT) == EVERYONE and _is_complete(pool.catalog.policies, rule)
        ]
        if not rules:
            raise UsageError(NOT_PUBLIC, party=slug, project=project.slug)
        granted.append(rules[0])
    return granted


def _is_complete(policies: Policies, rule: Rule) -> bool:
    """Return whether an overlap agreement is signed, with a purpose and an end."""
    agreement = policies.agreement(rule.agreement)
    is_signed = agreement is not None and agreement.text_hash is not None
    return is_signed and bool(_value(rule, PURPOSE)) and _end(rule) is not None


def _find_rules(  # noqa: PLR0913, PLR0917 - a question of access has as many parts
    pool: Pool, project: Project, party: str, action: str, recipient: str, at: datetime
) -> list[Rule]:
    """Return the rules of a party's agreements in a project that permit an action now."""
    policies, third_party = pool.catalog.policies, pool.catalog.third_party.iri
    permitting = []
    for rule in _list_rules(_agreements_of(policies, project, party), action):
        purpose = _value(rule, PURPOSE)
        purposes = frozenset({str(purpose)}) if purpose else frozenset[str]()
        reader = Reader(third_party, purposes=purposes)
        # All agreements count: what another one forbids stays forbidden.
        decision = decide(policies, reader, action, rule.target, at, recipient=recipient)
        if decision.allowed:
            permitting.append(rule)
    return permitting


def _agreements_of(policies: Policies, project: Project, party: str) -> Iterator[Agreement]:
    for agreement in policies.agreements:
        if agreement.assigner == party and agreement.project == project.iri:
            yield agreement


def _list_rules(agreements: Iterator[Agreement], action: str) -> Iterator[Rule]:
    for agreement in agreements:
        for rule in agreement.rules:
            if rule.kind is RuleKind.PERMISSION and rule.action == action:
                yield rule


def _end(rule: Rule) -> datetime | None:
    """Return the first instant at which a rule ends, None if it says no day."""
    ends = (c.right for c in rule.constraints if c.left == DATE_TIME and c.operator in ENDINGS)
    return min((end for end in ends if isinstance(end, datetime)), default=None)


def _value(rule: Rule, left: str) -> datetime | str | None:
    return next((c.right for c in rule.constraints if c.left == left), None)
