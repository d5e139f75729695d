"""A partner's own page: its profile, its exchange, its sources, its readers and what is to come."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.errors import LimitError, MachineError, NothingPublished, UnknownThing
from parvis.governance import Permission
from parvis.pooling.cards import PartnerCard, Texts
from parvis.pooling.publics.rounds.reading import list_rounds
from parvis.pooling.publics.sentences.comparisons import compute_index
from parvis.pooling.serving.exchange import ContributionCard
from parvis.pooling.serving.figures.box_office import require_own
from parvis.pooling.serving.figures.relays import (
    RelayCard,
    find_relays,
    list_reached_publics,
    parse_relay_query,
)
from parvis.pooling.serving.figures.results import compare_profile
from parvis.pooling.stewardship.membership import (
    READING_DAYS,
    OwnSource,
    list_deadlines,
    list_own_sources,
    list_readerships,
)
from parvis.web.http.access import host, identify, partner_of, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import negotiated_response

organization = Blueprint("organization", __name__)

FEW = 8
"""Parts of a dimension, intermediaries and dates that the page shows."""
LATE = frozenset({"late", "broken", "stopped"})
"""The states of a source that ask for something."""


@dataclass(frozen=True)
class ProfileRow:
    """A part of a partner's figures next to the pool's and the peers'; an index of 100 is equal."""

    concept: Mapping[str, str]
    own: int
    own_share: float
    pool_share: float
    peers_share: float | None

    @property
    def pool_index(self) -> int | None:
        return compute_index(self.own_share, self.pool_share)

    @property
    def peers_index(self) -> int | None:
        return compute_index(self.own_share, self.peers_share or 0)


@dataclass(frozen=True)
class Profile:
    """The profile of one measure and period: rows by dimension; `peers` says who they are."""

    measure: Mapping[str, str]
    period: Mapping[str, str]
    peers: Mapping[str, str]
    dimensions: tuple[tuple[Mapping[str, str], tuple[ProfileRow, ...]], ...]

    @property
    def outstanding(self) -> tuple[Mapping[str, str], ProfileRow] | None:
        """Return the part that differs most from the peers', and its dimension."""
        # A house of one discipline has all of it: nobody learns anything from that.
        rows = [
            (name, row)
            for name, part in self.dimensions
            for row in part
            if row.peers_index and row.own_share < 1
        ]
        return max(rows, key=lambda pair: abs((pair[1].peers_index or 100) - 100), default=None)


def read_profile(rows: Iterable[Mapping[str, Any]]) -> Profile | None:
    """Return the latest profile, of attendance if there is one; None where nothing is compared."""
    listed = list(rows)
    attendance = [row for row in listed if row["measure"]["code"] == "attendance"]
    chosen = attendance or listed
    if not chosen:
        return None
    first = chosen[0]  # the latest period comes first
    dimensions: dict[str, tuple[Mapping[str, str], list[ProfileRow]]] = {}
    for row in chosen:
        if (row["measure"], row["period"]) == (first["measure"], first["period"]):
            names = ("concept", "own", "own_share", "pool_share", "peers_share")
            _, parts = dimensions.setdefault(row["dimension"]["code"], (row["dimension"], []))
            parts.append(ProfileRow(**{name: row[name] for name in names}))
    return Profile(
        measure=first["measure"],
        period=first["period"],
        peers=next((row["peers"] for row in chosen if row["peers_share"]), first["peers"]),
        dimensions=tuple(
            (name, tuple(sorted(parts, key=lambda row: -row.own_share)[:FEW]))
            for name, parts in dimensions.values()
        ),
    )


@organization.get("/my")
def own() -> BaseResponse:
    """Lead a partner to its page, the steward to stewardship, other people to their account."""
    identity = identify(request)
    slug = partner_of(identity) if identity else ""
    with suppress(NothingPublished):
        if slug in host().snapshot().partners:
            return redirect(url_for("organization.dashboard", slug=slug), 303)
    if slug:  # its texts are not published yet: it may give files
        endpoint = "giving.datasets"
    else:
        endpoint = "signing.login"
        if identity is not None and identity.may(Permission.WATCH):
            endpoint = "steward.overview"
        elif identity is not None and identity.session:  # somebody of a party that only reads
            endpoint = "account.page"
    return redirect(url_for(endpoint), 303)


@organization.get("/partner/<slug>/dashboard")
@reads("public")
def dashboard(slug: str) -> Response:
    """Show a partner's own page, to it and the steward alone."""
    reader, service, now = reader_of(request), host(), host().decision_instant()
    party = require_own(service, reader, slug)
    card, published = service.partner(reader, slug), service.snapshot()
    exchange = service.exchange(reader, slug)
    sources = list_own_sources(service.settings, published, slug, now)
    view, profile, failed = service.reaches(reader), None, False
    try:
        profile = read_profile(compare_profile(service, reader, party).to_json())
    except (LimitError, MachineError):
        # The profile alone asks the store: without it, what is to do is still shown.
        failed = True
    public = request.args.get("public", "").strip()
    relays = find_relays(view, parse_relay_query(public)) if public else None
    page = render_template(
        "audiences/organization.html",
        card=card,
        profile=profile,
        profile_failed=failed,
        exchange=exchange,
        given=summarise_given(exchange.given),
        sources=sources,
        awaited_rounds=[view for view in list_rounds(service.settings, party) if view.receives],
        actions=[source for source in sources if needs_action(source, now)],
        deadlines=list_deadlines(published, slug, sources, exchange, now)[:FEW],
        readerships=list_readerships(service.settings, published, slug, now),
        reading_days=READING_DAYS,
        publics=list_reached_publics(view),
        relays=relays,
        contacts=_read_contacts(relays.declared[:FEW] if relays else ()),
        few=FEW,
        now=now,
    )
    return negotiated_response(page, store=False)


@dataclass(frozen=True)
class GivenDataset:
    """What a dataset of a partner contributes: its strata, those that count, and until when."""

    title: Texts
    strata: int
    counting: int
    ceases: datetime | None
    missing: tuple[Texts, ...]


def summarise_given(contributions: Iterable[ContributionCard]) -> list[GivenDataset]:
    """Sum up the contributions of each dataset that have not ended."""
    by_dataset: dict[str, list[ContributionCard]] = {}
    for contribution in contributions:
        if contribution.contribution.ended is None:
            by_dataset.setdefault(contribution.contribution.dataset, []).append(contribution)
    return [
        GivenDataset(
            title=rows[0].title,
            strata=len({row.contribution.stratum for row in rows}),
            counting=len({row.contribution.stratum for row in rows if row.counts}),
            ceases=min((row.contribution.ceases for row in rows if row.counts), default=None),
            missing=tuple({text["en"]: text for row in rows for text in row.missing}.values()),
        )
        for rows in by_dataset.values()
    ]


def needs_action(source: OwnSource, now: datetime) -> bool:
    """Return whether a partner has something to do about a dataset."""
    return bool(source.waiting or source.refused(now) or source.state in LATE)


def _read_contacts(relays: Iterable[RelayCard]) -> dict[str, PartnerCard]:
    """Return the cards of the intermediaries that are partners, by slug, for their addresses."""
    contacts = {}
    for relay in relays:
        if relay.slug:
            with suppress(UnknownThing):
                contacts[relay.slug] = host().partner(reader_of(request), relay.slug)
    return contacts
