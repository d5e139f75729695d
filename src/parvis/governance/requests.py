"""Requests for access: their states, who may change each, and within how many days.

A request asks the owner of data for an offer; an accepted offer becomes the next version of an
agreement, which both sides sign. Pure: the instant is an argument.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from parvis.i18n import N_


class RequestState(StrEnum):
    """The state of a request; the last four are final."""

    WAITING = "waiting"  # the owner is to answer
    OFFERED = "offered"  # who asked is to answer
    AGREED = "agreed"  # the agreement is drafted: both sides are to sign it
    GRANTED = "granted"  # an agreement in force permits it
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class RequestAct(StrEnum):
    """What may be done with a request."""

    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    GRANT = "grant"
    EXPIRE = "expire"


class Side(StrEnum):
    """Who acts on a request: who made it, who decides about the data, or the pool itself."""

    REQUESTER = "requester"
    OWNER = "owner"
    POOL = "pool"


@dataclass(frozen=True)
class Transition:
    """The next state of a request after an act of one of some sides."""

    by: frozenset[Side]
    to: RequestState


@dataclass(frozen=True)
class Stage:
    """What may be done in a state, and within how many days before the request expires."""

    days: int
    acts: Mapping[RequestAct, Transition]


def _by(to: RequestState, *sides: Side) -> Transition:
    return Transition(frozenset(sides), to)


STAGES: Mapping[RequestState, Stage] = {
    RequestState.WAITING: Stage(
        30,
        {
            RequestAct.OFFER: _by(RequestState.OFFERED, Side.OWNER),
            RequestAct.DECLINE: _by(RequestState.DECLINED, Side.OWNER),
            RequestAct.WITHDRAW: _by(RequestState.WITHDRAWN, Side.REQUESTER),
            RequestAct.GRANT: _by(RequestState.GRANTED, Side.POOL),
            RequestAct.EXPIRE: _by(RequestState.EXPIRED, Side.POOL),
        },
    ),
    RequestState.OFFERED: Stage(
        30,
        {
            RequestAct.OFFER: _by(RequestState.OFFERED, Side.OWNER),
            RequestAct.ACCEPT: _by(RequestState.AGREED, Side.REQUESTER),
            RequestAct.DECLINE: _by(RequestState.DECLINED, Side.REQUESTER, Side.OWNER),
            RequestAct.WITHDRAW: _by(RequestState.WITHDRAWN, Side.REQUESTER),
            RequestAct.GRANT: _by(RequestState.GRANTED, Side.POOL),
            RequestAct.EXPIRE: _by(RequestState.EXPIRED, Side.POOL),
        },
    ),
    RequestState.AGREED: Stage(
        90,
        {
            RequestAct.DECLINE: _by(RequestState.DECLINED, Side.OWNER),
            RequestAct.WITHDRAW: _by(RequestState.WITHDRAWN, Side.REQUESTER),
            RequestAct.GRANT: _by(RequestState.GRANTED, Side.POOL),
            RequestAct.EXPIRE: _by(RequestState.EXPIRED, Side.POOL),
        },
    ),
    RequestState.GRANTED: Stage(0, {}),
    RequestState.DECLINED: Stage(0, {}),
    RequestState.WITHDRAWN: Stage(0, {}),
    RequestState.EXPIRED: Stage(0, {}),
}
"""The one table: states, who may change them to what, and their deadlines."""

OPEN_STATES = frozenset(state for state, stage in STAGES.items() if stage.acts)
"""The states in which something is still to be done."""


def next_state(
    state: RequestState, act: RequestAct, sides: Collection[Side]
) -> RequestState | None:
    """Return the state after an act of somebody on these sides; None where it is not theirs."""
    transition = STAGES[state].acts.get(act)
    return transition.to if transition and not transition.by.isdisjoint(sides) else None


def acts_of(state: RequestState, sides: Collection[Side]) -> frozenset[RequestAct]:
    """Return what somebody on these sides may do."""
    acts = STAGES[state].acts.items()
    return frozenset(act for act, transition in acts if not transition.by.isdisjoint(sides))


def deadline_of(state: RequestState, since: datetime) -> datetime | None:
    """Return when a request that entered a state expires; None for a final state."""
    days = STAGES[state].days
    return since + timedelta(days=days) if days else None


DPV = "https://w3id.org/dpv#"
PURPOSES: Mapping[str, str] = {
    "AcademicResearch": N_("academic research"),
    "NonCommercialResearch": N_("research without commercial aim"),
    "ServiceUsageAnalytics": N_("analysis of attendance and audiences"),
    "ImprovePublicServices": N_("improvement of public services"),
    "ImproveExistingProductsAndServices": N_("improvement of what we offer"),
    "RequestedServiceProvision": N_("a service to the public, such as a calendar"),
    "Marketing": N_("promotion of shows"),
}
"""The usual purposes of the Data Privacy Vocabulary, in words, by their local names."""
