"""Write a dataset's shows as a Datascène file: a JSON array of shows.

What the standard requires and the dataset does not state is never invented: the show, performance
or series is left out, and counted with what it lacks.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rdflib import URIRef

from parvis.errors import LimitError, UnknownThing
from parvis.i18n import N_, say
from parvis.pooling.pool import Pool
from parvis.pooling.serving.datascene.places import Places
from parvis.pooling.serving.datascene.statements import (
    LANGUAGE,
    PROPERTIES,
    Json,
    Statement,
    Statements,
    last_part,
    stated,
)
from parvis.pooling.serving.datascene.terms import AUDIENCES, CONTRIBUTIONS, DISCIPLINES
from parvis.rdf.entities import entities
from parvis.rdf.terms import to_sparql
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, SCHEMA

MOST = 100_000
"""Statements that one request reads."""
TOO_MANY = N_(
    "the dataset has more than {most} statements to be read for Datascène: ask the third party for"
    " the file"
)
NO_CONTENT = N_("the dataset {key} has no content yet")
CONTEXT = "https://datascence.ca/context.jsonld"
"""The address of the context, spelt as the standard's schema demands it."""
LEFT_OUT = {
    "shows": N_("shows left out: {count}"),
    "shows-name": N_("shows without a name: {count}"),
    "shows-language": N_(
        "shows whose language is not stated, nor that they have no words: {count}"
    ),
    "performances": N_("performances left out: {count}"),
    "performances-show": N_("performances whose show is not described, or is left out: {count}"),
    "performances-time": N_("performances whose hour is not stated: {count}"),
    "performances-place": N_("performances whose place is not described: {count}"),
    "performances-address": N_("performances whose place has no complete address: {count}"),
    "performances-status": N_("performances neither said to be held nor cancelled: {count}"),
    "performances-availability": N_(
        "performances neither said to be sold out nor available: {count}"
    ),
    "performances-free": N_("performances neither said to be free nor paid: {count}"),
    "performances-other-offer": N_(
        "performances of which nothing says whether another offer is required: {count}"
    ),
    "performances-ticket-link": N_("performances whose page of sale is not stated: {count}"),
    "series": N_("series left out for want of a name, a description or an hour: {count}"),
    "contributors": N_("contributors left out, whom the dataset does not describe: {count}"),
    "texts": N_("texts left out, too long or with signs that the standard refuses: {count}"),
}
"""What is left out, and what it lacks, in words."""
WITHOUT_WORDS = "zxx"
"""ISO 639 for a show without words."""
SOLD_OUT = frozenset({"SoldOut", "OutOfStock"})
BY_HAND = "InStoreOnly"
"""Tickets are sold, but nowhere on the web."""
ON_SALE = frozenset({BY_HAND, "InStock", "LimitedAvailability", "OnlineOnly", "PreSale"})
STATUSES = frozenset(
    {"EventCancelled", "EventMovedOnline", "EventPostponed", "EventRescheduled", "EventScheduled"}
)
KINDS = {
    str(SCHEMA.PerformingGroup): "Group",
    str(SCHEMA.Organization): "Organization",
    str(SCHEMA.Person): "Person",
}
SERIES = frozenset(map(str, (SCHEMA.EventSeries, SCHEMA.Festival)))


@dataclass(frozen=True)
class DatasceneExport:
    """The shows of a dataset, and how many things are left out, by the keys of `LEFT_OUT`."""

    shows: list[Json]
    left_out: Mapping[str, int]

    @property
    def performances(self) -> int:
        """The number of performances in the file."""
        return sum(len(show.get("hasPerformance", ())) for show in self.shows)

    def chunks(self) -> Iterator[str]:
        """Yield the file, show by show."""
        separator = "[\n"
        for show in self.shows:
            yield separator + json.dumps(show, ensure_ascii=False, indent=1)
            separator = ",\n"
        yield "\n]\n" if self.shows else "[]\n"

    def in_words(self, lang: str) -> list[str]:
        """Return a sentence for each kind of thing that is left out, and for what it lacks."""
        return [say(lang, LEFT_OUT[key], count=count) for key, count in self.left_out.items()]


def export_shows(statements: Iterable[Statement]) -> DatasceneExport:
    """Return the shows of a dataset, with their performances, offers, places and rooms."""
    return _Writer(Statements(statements)).export()


STATEMENTS = f"""SELECT ?subject ?property ?value (LANG(?value) AS ?language) {{
  ?subject ?property ?value
  VALUES ?property {{ {" ".join(map(to_sparql, PROPERTIES))} }}
}} LIMIT {MOST + 1}"""
"""The query of what is read of a graph."""


def export_rows(rows: Sequence[Mapping[str, str]]) -> DatasceneExport:
    """Return the shows of a dataset from the rows of `STATEMENTS`; raises `LimitError`."""
    if len(rows) > MOST:
        raise LimitError(TOO_MANY, most=MOST)
    return export_shows(
        (row["subject"], row["property"], row["value"], row.get("language", ""))
        for row in rows
        if "value" in row
    )


def export_dataset(pool: Pool, key: DatasetKey) -> DatasceneExport:
    """Return the shows of a dataset as the record holds it; raises `UnknownThing`."""
    version = pool.record.versions().get(pool.catalog.require(key).graph)
    if version is None:
        raise UnknownThing(NO_CONTENT, key=key)
    return export_shows(
        (subject, step, value.text, value.language)
        for subject, statements in entities(pool.record.path(version))
        for step, value in statements
    )


class _Writer:
    """Writes the shows of one dataset."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._places = Places(statements)
        self._series: dict[str, Json | None] = {}
        self._lacking: Counter[str] = Counter()
        self._unknown: set[str] = set()
        """Contributors whom the dataset does not describe."""

    def export(self) -> DatasceneExport:
        statements, lacking = self._statements, self._lacking
        events: dict[str, list[str]] = defaultdict(list)  # by show; those of none under ""
        productions = []
        for iri in statements.subjects():
            kinds = statements.kinds(iri)
            if str(PARVIS.Production) in kinds:
                productions.append(iri)
            elif statements.value(iri, SCHEMA.startDate) and not kinds & SERIES:
                for work in statements.values(iri, SCHEMA.workPerformed) or [""]:
                    events[work].append(iri)
        shows = []
        for iri in productions:
            show = self._write_show(iri, events[iri])
            if show is not None:
                shows.append(show)
                del events[iri]
        # What remains has no show in the file.
        self._leave_out("performances", ["show"], sum(map(len, events.values())))
        lacking["contributors"], lacking["texts"] = len(self._unknown), len(statements.refused)
        return DatasceneExport(shows, {key: lacking[key] for key in LEFT_OUT if lacking[key]})

    def _leave_out(self, kind: str, missing: Iterable[str], count: int = 1) -> None:
        """Count things that are left out, and each thing that they lack."""
        if count:
            for key in (kind, *(f"{kind}-{name}" for name in missing)):
                self._lacking[key] += count

    def _write_show(self, iri: str, events: list[str]) -> Json | None:
        statements = self._statements
        names = statements.names(iri)
        languages = [
            match[0]
            for language in statements.values(iri, SCHEMA.inLanguage)
            if (match := LANGUAGE.match(language.lower()))
        ]
        missing = ["name"] * (not names) + ["language"] * (not languages)
        if missing:
            self._leave_out("shows", missing)
            return None
        spoken = list(dict.fromkeys(code for code in languages if code != WITHOUT_WORDS))
        show = {
            "@context": CONTEXT,
            "type": "Show",
            "identifier": statements.identifiers(iri),
            "name": names,
            # Empty lists state nothing: the standard admits them.
            "description": statements.descriptions(iri),
            "discipline": DISCIPLINES.to_json(statements.values(iri, PARVIS.discipline)),
            "audience": AUDIENCES.to_json(statements.values(iri, PARVIS.targetAudience)),
            "showWithoutWords": WITHOUT_WORDS in languages,
        }
        everywhere = self._performers_of_all(events)
        contributors = [
            (step, contributor)
            for step in (SCHEMA.creator, SCHEMA.producer)
            for contributor in statements.values(iri, step)
        ]
        contributors += [(SCHEMA.performer, performer) for performer in everywhere]
        written = (self._write_performance(event, iri, everywhere) for event in events)
        performances = [performance for performance in written if performance is not None]
        return show | stated(
            inLanguage=spoken,
            alternateName=statements.names(iri, SCHEMA.alternateName),
            media=statements.media(iri),
            mainEntityOfPage=statements.pages(iri),
            hasContribution=self._write_contributions(contributors),
            hasPerformance=sorted(performances, key=lambda item: str(item["startDateTime"])),
        )

    def _performers_of_all(self, events: list[str]) -> list[str]:
        """Return the performers of all performances of a show, who are the show's."""
        performers = [self._statements.values(event, SCHEMA.performer) for event in events]
        if not performers:
            return []
        return [who for who in performers[0] if all(who in others for others in performers)]

    def _write_contributions(self, contributors: Iterable[tuple[URIRef, str]]) -> list[Json]:
        statements, contributions = self._statements, []
        for step, iri in contributors:
            names = statements.names(iri)
            kind = next((KINDS[kind] for kind in KINDS if kind in statements.kinds(iri)), None)
            if not names or kind is None:
                self._unknown.add(iri)
                continue
            contributor = stated(
                type="Contributor",
                contributorType=kind,
                identifier=statements.identifiers(iri),
                name=names,
                description=statements.descriptions(iri),
            )
            contributions.append(
                {
                    "type": "Contribution",
                    "contributionType": CONTRIBUTIONS.to_json([str(step)]),
                    "contributor": contributor,
                }
            )
        return contributions

    def _write_performance(self, iri: str, show: str, everywhere: list[str]) -> Json | None:
        statements = self._statements
        begins = statements.instant(iri, SCHEMA.startDate)
        offer, missing = self._write_offer(iri)
        missing += ["time"] * (not begins)
        if missing:
            self._leave_out("performances", missing)
            return None
        performers = statements.values(iri, SCHEMA.performer)
        series = map(self._write_series, statements.values(iri, SCHEMA.superEvent))
        descriptions, of_show = statements.descriptions(iri), statements.descriptions(show)
        pages, media = statements.pages(show), statements.media(show)
        return stated(
            type="Performance",
            identifier=statements.identifiers(iri),
            startDateTime=begins,
            endDateTime=statements.instant(iri, SCHEMA.endDate),
            previousStartDateTime=statements.instant(iri, SCHEMA.previousStartDate),
            # What is the show's is not repeated.
            description=[] if descriptions == of_show else descriptions,
            mainEntityOfPage=[page for page in statements.pages(iri) if page not in pages],
            media=[medium for medium in statements.media(iri) if medium not in media],
            hasAdditionalContribution=self._write_contributions(
                (SCHEMA.performer, who) for who in performers if who not in everywhere
            ),
            inSeries=[entry for entry in series if entry is not None],
            hasOffer=[offer],
        )

    def _write_series(self, iri: str) -> Json | None:
        """Return a series, None for one that lacks anything; each is counted once."""
        if iri not in self._series:
            statements = self._statements
            required = {
                "name": statements.names(iri),
                "description": statements.descriptions(iri),
                "startDateTime": statements.instant(iri, SCHEMA.startDate),
            }
            if not all(required.values()):
                self._leave_out("series", ())
                self._series[iri] = None
            else:
                self._series[iri] = stated(
                    type="Series",
                    identifier=statements.identifiers(iri),
                    **required,
                    endDateTime=statements.instant(iri, SCHEMA.endDate),
                    media=statements.media(iri),
                    mainEntityOfPage=statements.pages(iri),
                )
        return self._series[iri]

    def _write_offer(self, event: str) -> tuple[Json, list[str]]:
        """Return the offer of a performance, its prices taken together, and what it lacks."""
        statements = self._statements
        offers = statements.values(event, SCHEMA.offers)
        where, unlocated = self._places.locate(statements.value(event, SCHEMA.location))
        missing = [*unlocated]
        status = last_part(statements.value(event, SCHEMA.eventStatus))
        states = {last_part(statements.value(offer, SCHEMA.availability)) for offer in offers}
        others = {statements.flag(offer, PARVIS.requiresAnotherOffer) for offer in offers}
        free = self._is_free(event, offers)
        link = next(iter(a for o in offers for a in statements.addresses(o, SCHEMA.url)), "")
        requires = bool(others) and False not in others
        by_hand = not link and BY_HAND in states
        if status not in STATUSES:
            missing.append("status")
        if not states or not states <= SOLD_OUT | ON_SALE:
            missing.append("availability")
        if free is None:
            missing.append("free")
        if not others or None in others:
            missing.append("other-offer")
        if not (link or by_hand or free or requires):
            missing.append("ticket-link")
        offer = {"type": "Offer", **where} | stated(
            isSoldout=bool(states) and states <= SOLD_OUT,
            offerStatus=status,
            price=self._lowest_price(offers),
            isAccessibleForFree=free,
            isAccessibleFromAnotherOffer=requires,
            ticketLinkNotAvailable=by_hand,
            ticketLink=link,
        )
        return offer, missing

    def _is_free(self, event: str, offers: list[str]) -> bool | None:
        """Return whether a performance is free: as stated, else by its prices; None if unknown."""
        statements = self._statements
        if (free := statements.flag(event, SCHEMA.isAccessibleForFree)) is not None:
            return free
        flags = {statements.flag(offer, SCHEMA.isAccessibleForFree) for offer in offers}
        prices = self._prices(offers)
        if flags == {True} or (prices and not any(prices)):
            return True
        return False if False in flags or any(prices) else None

    def _lowest_price(self, offers: list[str]) -> str:
        """Return the lowest price in Canadian dollars, as the standard writes it."""
        currencies = {self._statements.value(offer, SCHEMA.priceCurrency) for offer in offers}
        prices = self._prices(offers)
        return f"{min(prices):,.2f}" if prices and currencies == {"CAD"} else ""

    def _prices(self, offers: list[str]) -> list[Decimal]:
        prices = []
        for offer in offers:
            for step in (SCHEMA.price, SCHEMA.lowPrice):
                for text in self._statements.values(offer, step):
                    try:
                        price = Decimal(text)
                    except InvalidOperation:
                        continue
                    if price.is_finite() and price >= 0:
                        prices.append(price)
        return prices
