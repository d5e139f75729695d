"""Announce the dates to come to the people whom they concern: once a day, each date once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parvis.config import clock
from parvis.governance import RuleKind, list_upcoming_dates
from parvis.ledger import Requests
from parvis.pooling.agreements import with_agreements
from parvis.pooling.intake.sources import Deliveries
from parvis.pooling.notifications.kinds import NoticeKind
from parvis.pooling.notifications.outbox import notify
from parvis.pooling.pool import Pool

STEPS = (7, 30)
"""Days before a date at which it is announced."""
LATE = frozenset({"late", "stopped", "broken"})


@dataclass(frozen=True)
class _Announcement:
    kind: NoticeKind
    party: str
    facts: Mapping[str, Any]
    key: str


def announce_dates(pool: Pool, now: datetime | None = None) -> int:
    """Put into the outbox what is due in 30 days and in 7, what is late, and what is missing.

    Return how many notices there were. Repeated, or left out for some days, each date is announced
    once a step.
    """
    from parvis.pooling.publics.rounds.announcing import list_reminders  # noqa: PLC0415 - kits and masks

    at = now or clock.machine_time()
    announcements = [*_list_dates(pool, at), *_list_late(pool, at), *_list_expiring(pool, at)]
    announcements += [
        _Announcement(NoticeKind.MESSAGE_MISSING, party, facts, key)
        for party, facts, key in list_reminders(pool.settings, at)
    ]
    return sum(
        notify(pool.settings, item.kind, item.party, item.facts, item.key) for item in announcements
    )


def _step(at: datetime, now: datetime) -> int | None:
    """Return the smallest step that a date to come is within, None while it is far."""
    return next((days for days in STEPS if timedelta() < at - now <= timedelta(days=days)), None)


def _list_dates(pool: Pool, now: datetime) -> Iterator[_Announcement]:
    catalog = with_agreements(pool).catalog
    for dataset in catalog.datasets.values():
        for date in list_upcoming_dates(catalog.policies, dataset.iri, now):
            step, agreement = _step(date.at, now), catalog.policies.agreement(date.rule.agreement)
            if step is None or agreement is None:
                continue
            kinds = {
                RuleKind.OBLIGATION: NoticeKind.RETENTION_DUE,
                RuleKind.PERMISSION: NoticeKind.AGREEMENT_ENDS,
            }
            kind = kinds.get(date.rule.kind)
            if kind is None or (kind is NoticeKind.AGREEMENT_ENDS and date.begins):
                continue
            facts = {
                "title": dataset.title,
                "agreement": dict(agreement.title),
                "day": date.at.date().isoformat(),
                "path": f"dataset/{dataset.key}",
            }
            parties = {agreement.assigner, dataset.publisher}
            if kind is NoticeKind.AGREEMENT_ENDS:
                parties.add(date.rule.assignee)
            for party in parties & catalog.policies.parties.by_iri.keys():
                key = f"{dataset.iri}|{date.at.isoformat()}|{step}|{party}"
                yield _Announcement(kind, party, facts, key)


def _list_late(pool: Pool, now: datetime) -> Iterator[_Announcement]:
    deliveries = {delivery.dataset: delivery for delivery in Deliveries(pool.settings.data).all()}
    for key, dataset in pool.catalog.datasets.items():
        delivery = deliveries.get(str(key))
        due = delivery.expected_at() if delivery else None
        if delivery is None or due is None or delivery.state(now) not in LATE:
            continue
        facts = {"title": dataset.title, "day": due.date().isoformat(), "path": "give"}
        unique = f"{dataset.iri}|{due.isoformat()}"
        yield _Announcement(NoticeKind.SOURCE_LATE, dataset.publisher, facts, unique)


def _list_expiring(pool: Pool, now: datetime) -> Iterator[_Announcement]:
    for request in Requests(pool.settings.data).all():
        if request.due is None or not timedelta() < request.due - now <= timedelta(days=STEPS[0]):
            continue
        facts = {
            "title": dict(request.title),
            "day": request.due.date().isoformat(),
            "path": f"requests/{request.id}",
        }
        for party in {request.owner, request.requester}:
            unique = f"{request.id}|{request.due.isoformat()}|{party}"
            yield _Announcement(NoticeKind.REQUEST_EXPIRING, party, facts, unique)
