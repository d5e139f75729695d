"""Opens rounds: from the record of a project, the agreements of its partners, and its budget."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from parvis.catalog.codelists import read_areas, scheme
from parvis.catalog.projects import Project
from parvis.config import clock
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import SHELL, Author, RoundRecord, Rounds, RoundState
from parvis.ledger.rounds import OVER_BUDGET, require_state
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.announcing import announce_opening
from parvis.pooling.publics.rounds.document import read_round
from parvis.pooling.publics.rounds.ending import settle_round
from parvis.pooling.publics.rounds.merging import can_be_merged, give_back
from parvis.pooling.publics.rounds.permission import (
    Permission,
    require_opted_in,
    require_permission,
)
from parvis.pooling.publics.strata import read_periods, read_strata
from parvis.statistics.distinct.rounds import BITS, DECIMAL, LEAST_PARTNERS, Kind, Round
from parvis.store.files import writing

FEW_ARE_PRIVATE = N_(
    "the result of so few partners is for them alone: a release takes {least} at least, and each"
    " one’s agreement"
)
OTHER_PARTNERS = N_(
    "round {number} of this period was released with other partners, and fewer than {least} of them"
    " differ: compared, both rounds would show what these few bring. Open it with the same"
    " partners, or with {least} others at least"
)
BAD_EPSILON = N_("“{text}” is no privacy budget: write a number from 0.01 to 10, such as 1 or 0.5")
ENDS_BEFORE = N_("the agreements permit it until {day} only: choose a day before")
NO_DAY = N_(
    "“{text}” is no day until which messages can be received: choose one from today to a year from"
    " now, such as 2027-01-31"
)
ALL_THERE = N_(
    "every message of round {number} is there: add them up, or refuse the round and open another"
    " one"
)
NO_PERIOD = N_("“{text}” is no year or season of the list of periods: write 2026 or 2025-2026")
TOO_FEW_LEFT = N_(
    "fewer than {least} partners have sent a message for round {number}: wait for the others, or"
    " refuse the round and open another one"
)
WEEKS, MOST_DAYS = timedelta(days=28), timedelta(days=366)
"""How long messages are received by default, and at most."""


@dataclass(frozen=True)
class RoundRequest:
    """What the third party wants to count: texts as typed, empty for the default.

    `partners` are slugs, by default all members of the project that are partners. `public` lets the
    result of an overlap be released. `bits` is the power of two of the bins of the total.
    """

    project: str
    kind: Kind
    period: str
    partners: tuple[str, ...] = ()
    until: str = ""
    epsilon: str = ""
    public: bool = False
    bits: int = BITS


def open_round(pool: Pool, request: RoundRequest, author: Author = SHELL) -> RoundRecord:
    """Open a round; raises `UsageError` for what the project or an agreement does not permit."""
    return _open(with_agreements(pool), request, author, None)


def reopen_round(
    pool: Pool, project: str, number: int, author: Author = SHELL, until: str = ""
) -> RoundRecord:
    """Open a new round with the partners that sent a message, in place of one that waits.

    The messages of the former one are destroyed, and its ε is given back (`give_back`). Raises
    `UsageError` where every message is there, unless their kits were not drawn together.
    """
    with writing(pool.settings.data):
        record = Rounds(pool.settings.data).require(project, number)
        require_state(record, {RoundState.OPEN})
        if can_be_merged(pool.settings, record):
            raise UsageError(ALL_THERE, number=number)
        former, senders = read_round(record), {message.party for message in record.messages}
        partners = tuple(slug for slug in former.partners if pool.iris.partner(slug) in senders)
        if len(partners) < LEAST_PARTNERS[former.kind]:
            raise UsageError(TOO_FEW_LEFT, number=number, least=LEAST_PARTNERS[former.kind])
        request = RoundRequest(
            project=project,
            kind=former.kind,
            period=scheme("period").code(record.period),
            partners=partners,
            until=until,
            epsilon=former.epsilon,
            public=record.public,
            bits=former.bits,
        )
        opened = _open(with_agreements(pool), request, author, record)
        settle_round(pool, Rounds(pool.settings.data).require(project, number), author)
        return opened


def _open(
    pool: Pool, request: RoundRequest, author: Author, replaced: RoundRecord | None
) -> RoundRecord:
    at, today = clock.machine_time(), clock.day_in_quebec()
    project = require_opted_in(pool, request.project)
    partners = _choose_partners(pool, request, project)
    parties = tuple(map(pool.iris.partner, partners))
    is_public = request.kind is Kind.DISTINCT or request.public
    permission = require_permission(
        pool, project, request.kind, partners, at, public=request.public
    )
    period = _require_period(request.period)
    until = _read_until(request.until, today, permission)
    rounds, former = Rounds(pool.settings.data), replaced and give_back(pool.settings, replaced)

    def draft(number: int) -> RoundRecord:
        opened = _draft_round(pool, request, project, partners, until, epsilon, number)
        Round.from_json(opened.to_text())  # what is stored can be read again
        return RoundRecord(
            project=project.slug,
            number=number,
            kind=str(request.kind),
            state=RoundState.OPEN,
            text=opened.to_text(),
            parties=parties,
            epsilon=epsilon,
            public=is_public,
            period=period,
            purpose=permission.purpose,
            opened=at,
            year=today.year,
            # Now, so that rounds that are open together do not exceed the budget together.
            spent=at,
        )

    with writing(pool.settings.data):
        if is_public:
            least = pool.settings.disclosure.contributors
            refuse_close_groups(rounds.all(), str(request.kind), period, parties, least)
        spent = rounds.spent(project.slug, today.year)
        if former and not former.spent and former.year == today.year:
            spent -= former.epsilon
        epsilon = _choose_epsilon(request.epsilon, project, spent, today.year)
        record = rounds.add(draft, project.slug, author, former)
        announce_opening(pool.settings, record)
        return record


def _choose_partners(pool: Pool, request: RoundRequest, project: Project) -> tuple[str, ...]:
    """Return the partners of a round by name; raises `UsageError` where few would be public."""
    partners = tuple(sorted(set(request.partners or _partner_slugs(pool, project))))
    least = pool.settings.disclosure.contributors
    if request.kind is Kind.OVERLAP and request.public and len(partners) < least:
        raise UsageError(FEW_ARE_PRIVATE, least=least)
    return partners


def _choose_epsilon(text: str, project: Project, spent: Decimal, year: int) -> Decimal:
    """Return the ε that was asked for, else what is left of the year, 1 at most.

    Raises `UsageError` beyond what is left.
    """
    plain = text.strip().replace(",", ".")
    if plain and not DECIMAL.fullmatch(plain):
        raise UsageError(BAD_EPSILON, text=text[:20])
    budget = project.epsilon_of_year
    left = budget - spent
    epsilon = Decimal(plain) if plain else min(left if left > 0 else Decimal(1), Decimal(1))
    if epsilon > left:
        fields = {"budget": budget, "year": year, "spent": spent, "needed": epsilon}
        raise UsageError(OVER_BUDGET, project=project.slug, **fields)
    return epsilon


def _draft_round(  # noqa: PLR0913, PLR0917 - a round states as much
    pool: Pool,
    request: RoundRequest,
    project: Project,
    partners: tuple[str, ...],
    until: date,
    epsilon: Decimal,
    number: int,
) -> Round:
    start, end = read_periods()[_require_period(request.period)]
    regions, disciplines = _list_cells(pool, request.kind)
    return Round(
        project=project.slug,
        number=number,
        kind=request.kind,
        partners=partners,
        start=start,
        end=end,
        until=until,
        key_holder=(project.key_holder or {})["fr"],
        epsilon=str(epsilon),
        regions=regions,
        disciplines=disciplines,
        bits=request.bits,
    )


def refuse_close_groups(
    records: Collection[RoundRecord], kind: str, period: str, parties: Sequence[str], least: int
) -> None:
    """Refuse partners too few of whom differ from those of a released round (rule 7)."""
    for record in records:
        same = (record.kind, record.period, record.state) == (kind, period, RoundState.RELEASED)
        if same and 0 < len({*record.parties} ^ {*parties}) < least:
            raise UsageError(OTHER_PARTNERS, number=record.number, least=least)


def _partner_slugs(pool: Pool, project: Project) -> list[str]:
    third_party = pool.catalog.third_party.iri
    partners = pool.catalog.partners.values()
    return [p.slug for p in partners if p.iri in project.members and p.iri != third_party]


def _require_period(text: str) -> str:
    periods = scheme("period")
    iri = periods.codes.get(text.strip())
    if iri is None or iri not in read_periods() or len(text.strip()) not in {4, 9}:
        raise UsageError(NO_PERIOD, text=text[:60])
    return iri


def _read_until(text: str, today: date, permission: Permission) -> date:
    try:
        until = date.fromisoformat(text) if text else today + WEEKS
    except ValueError as error:
        raise UsageError(NO_DAY, text=text[:20]) from error
    if not today <= until <= today + MOST_DAYS:
        raise UsageError(NO_DAY, text=text[:20])
    if permission.until is not None:
        last = permission.until.astimezone(clock.QUEBEC).date() - timedelta(days=1)
        if last < (until if text else today):
            raise UsageError(ENDS_BEFORE, day=(last + timedelta(days=1)).isoformat())
        until = min(until, last)
    return until


def _list_cells(pool: Pool, kind: Kind) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the regions and disciplines of the pool's fixed hierarchy; none of an overlap."""
    if kind is Kind.OVERLAP:
        return (), ()
    settings = pool.settings
    strata = read_strata(settings.disclosure.ages, read_areas(settings.catalog))
    return (
        tuple(sorted(scheme("area").code(iri) for iri in strata.codes("area"))),
        tuple(sorted(scheme("discipline").code(iri) for iri in strata.codes("discipline"))),
    )
