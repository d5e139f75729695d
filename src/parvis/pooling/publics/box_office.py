"""Box-office figures that partners send as JSON, and the file that their dataset is made of.

A report is of one performance: cumulative figures, known at the end of a day. It is checked member
by member, and stored in the ledger at once; `parvis refresh` then submits the last known figures of
each performance as a file, which `catalog/recipes/box-office.yml` reads.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.entries import Dataset
from parvis.config import Settings, clock
from parvis.config.documents import Document
from parvis.errors import InputError, StoreError, UnknownThing, UsageError
from parvis.governance import Policies
from parvis.i18n import LANGUAGES, N_, both, explain
from parvis.ledger import SHELL, Author, BoxOffice, PerformanceReport
from parvis.mapping.screening.identifiers import identify_value
from parvis.store.files import workplace
from parvis.vocab.iris import DatasetKey, Iris

MOST = 10_000
"""Performances in one request."""
MOST_BYTES = 32_000_000
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,199}")
"""The identifier of a performance at the partner’s: the last part of its own in the pool."""
LONGEST = 200
"""Characters of a name."""
TOTAL = "total"
CURRENCY = "CAD"
COUNTS = ("attendance", "blocked", "capacity", "reserved", "ticketsAvailable")
"""What is counted of a performance as a whole."""
SALES = ("complimentary", "ticketsSold")
"""What is counted of each price and channel too, besides the revenue."""
FACTS = ("show", "start", "venue", "area")
LISTS = {"priceType": "price-type", "channel": "channel"}
FILE = "box-office.csv"
COLUMNS = ("performance", *FACTS, "discipline", "price_type", "channel", "as_of")
MEASURES = {
    **dict(zip(COUNTS[:4], COUNTS[:4], strict=True)),
    "tickets_available": "ticketsAvailable",
    "tickets_sold": "ticketsSold",
    "complimentary": "complimentary",
    "revenue": "revenue",
}
"""The measure of each column of figures."""

BODY = N_("what was sent")
AN_AMOUNT = N_("an amount of dollars, zero or more, with two decimals at most")
ONE_CURRENCY = N_("CAD: revenue is in Canadian dollars, without taxes and fees")
NOT_YET = N_("a day (2026-11-29) that is not to come")
SEVERAL = N_("the price {price} and the channel {channel} are there twice in {performance}")
PERSONAL = N_("a name that identifies nobody: no e-mail address, telephone number or the like")
TOO_MANY = N_("{count} performances in one request, and {most} at most are taken")
NO_DATASET = N_("there is no dataset {key}")
OF_FILES = N_(
    "the dataset {dataset} is made of files with a mapping of their own: figures need one without"
)
NO_AGREEMENT = N_("no agreement in force speaks of the dataset {dataset}: nothing is stored")
BEYOND = N_("there are more tickets ({tickets}) than seats ({seats})")
OF_GIFTS = N_("there is revenue ({revenue}), but no ticket sold")


def read_report(document: Document, performance: str | None = None) -> PerformanceReport:
    """Read the figures of one performance; raise `InputError` naming the member that is wrong."""
    identifier = document.member("performance")
    if performance is not None:  # the address names it
        identifier = Document(performance, document.file, InputError, "performance")
    name = identifier.text(IDENTIFIER)
    facts = {fact: _name(document.member(fact)) for fact in FACTS[:1] + FACTS[2:3]}
    facts["start"] = document.member("start").instant().isoformat()
    facts["area"] = _code(document.member("area"), "area")
    if (discipline := document.member("discipline")).value is not None:
        facts["discipline"] = _code(discipline, "discipline")
    day = _day(document.member("asOf"))
    if (currency := document.member("currency")).value not in (None, CURRENCY):
        raise currency.refusal(ONE_CURRENCY)
    whole = {m: str(n) for m in COUNTS if (n := _count(document.member(m))) is not None}
    if {"capacity", "blocked"} <= whole.keys() and "ticketsAvailable" not in whole:
        whole["ticketsAvailable"] = str(max(0, int(whole["capacity"]) - int(whole["blocked"])))
    figures = {(TOTAL, TOTAL): whole | _sales(document)}
    prices = document.member("prices")
    for line in prices.items() if prices.value is not None else ():
        key = tuple(_code(line.member(name), LISTS[name], TOTAL) for name in LISTS)
        if key in figures:
            words = {"price": key[0], "channel": key[1], "performance": name}
            raise InputError(SEVERAL, **words)
        figures[key[0], key[1]] = _sales(line)
    flag = document.member("correction")
    correction = flag.optional(flag.flag) or False
    return PerformanceReport(name, facts, day, figures, correction)


def _name(value: Document) -> str:
    text = " ".join(value.text(most=LONGEST).split())
    if not text or identify_value(text) is not None:
        raise value.refusal(PERSONAL)
    return text


def _code(value: Document, name: str, absent: str | None = None) -> str:
    if value.value is None and absent is not None:
        return absent
    try:
        return scheme(name).code(scheme(name).require(value.text(most=LONGEST)))
    except UsageError as error:
        raise InputError(error.template, **error.fields) from error


def _day(value: Document) -> date:
    text = value.text(most=10)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise value.refusal(NOT_YET) from error
    # A day begins earlier elsewhere.
    if day > clock.machine_time().date() + timedelta(days=1):
        raise value.refusal(NOT_YET)
    return day


def _count(value: Document) -> int | None:
    return value.optional(lambda: value.whole(most=10**9))


def _sales(line: Document) -> dict[str, str]:
    sales = {m: str(n) for m in SALES if (n := _count(line.member(m))) is not None}
    revenue = line.member("revenue")
    if revenue.value is not None:
        sales["revenue"] = _amount(revenue)
    return sales


def _amount(value: Document) -> str:
    if isinstance(value.value, bool) or not isinstance(value.value, int | float | str):
        raise value.refusal(AN_AMOUNT)
    try:
        amount = Decimal(str(value.value)[:20])
        fits = amount.is_finite() and 0 <= amount < 10**12 and amount == round(amount, 2)
    except InvalidOperation:
        fits = False
    if not fits:
        raise value.refusal(AN_AMOUNT)
    return f"{amount.normalize():f}"


def find_doubts(report: PerformanceReport) -> list[dict[str, str]]:
    """Return what is implausible in a report, in each language: nothing is refused for it."""
    doubts = []
    whole = report.figures[TOTAL, TOTAL]
    tickets = int(whole.get("ticketsSold", 0)) + int(whole.get("complimentary", 0))
    if "capacity" in whole and tickets > int(whole["capacity"]):
        doubts.append(both(BEYOND, tickets=tickets, seats=whole["capacity"]))
    doubts += [
        both(OF_GIFTS, revenue=figures["revenue"])
        for figures in report.figures.values()
        if float(figures.get("revenue", 0)) > 0 and int(figures.get("ticketsSold", 1)) == 0
    ]
    return doubts


@dataclass(frozen=True)
class Receipt:
    """What became of the reports of one request: why some were refused, and what is doubtful."""

    stored: int
    refused: Mapping[str, UsageError]
    doubts: Mapping[str, list[dict[str, str]]]

    def to_json(self) -> dict[str, Any]:
        refused = {
            name: {lang: explain(error, lang) for lang in LANGUAGES}
            for name, error in self.refused.items()
        }
        return {"stored": self.stored, "refused": refused, "doubts": dict(self.doubts)}


def receive(  # noqa: PLR0913, PLR0917 - what is written down of reports has as many parts
    settings: Settings,
    policies: Policies,
    party: str,
    name: str,
    reports: list[PerformanceReport],
    author: Author = SHELL,
) -> Receipt:
    """Store the reports of a party for its dataset of a name.

    Raises `UnknownThing` for a dataset that is not the party's, `InputError` for one without an
    agreement or made of other files.
    """
    iri = require_own(settings, policies, party, name)
    errors = BoxOffice(settings.data).put(iri, reports, party, clock.machine_time(), author)
    refused = {key: error for key, error in errors.items() if error is not None}
    doubts = {
        report.performance: sentences for report in reports if (sentences := find_doubts(report))
    }
    return Receipt(len(errors) - len(refused), refused, doubts)


def require_own(settings: Settings, policies: Policies, party: str, name: str) -> str:
    """Return the IRI of a party's dataset, for which an agreement is in force; raises as above."""
    key = find_own(settings, party.removeprefix(f"{settings.base}id/partner/"), name)
    folder = settings.catalog / key.partner / key.dataset
    if any(folder.glob("mapping*.*")):  # the figures would replace what its files say
        raise InputError(OF_FILES, dataset=name)
    iri = Iris(settings.base).dataset(key)
    if not policies.rules_on(iri):
        raise InputError(NO_AGREEMENT, dataset=name)
    return iri


def find_own(settings: Settings, slug: str, name: str) -> DatasetKey:
    """Return the key of a partner's dataset; raise `UnknownThing` for one that is not there."""
    try:
        key = DatasetKey.parse(f"{slug}/{name}")
    except StoreError as error:
        raise UnknownThing(NO_DATASET, key=name) from error
    if not (settings.catalog / key.partner / key.dataset / "dataset.ttl").is_file():
        raise UnknownThing(NO_DATASET, key=name)
    return key


def read_reports(body: bytes) -> list[PerformanceReport]:
    """Read a batch: ``{"performances": [report, …]}``; raises `InputError`."""
    document = Document.parse(body, both(BODY), most=MOST_BYTES, error=InputError)
    items = list(document.member("performances").items())
    if len(items) > MOST:
        raise InputError(TOO_MANY, count=len(items), most=MOST)
    return [read_report(item) for item in items]


@contextmanager
def figures_file(settings: Settings, dataset: Dataset) -> Iterator[Path | None]:
    """Yield a file of the last known figures of a dataset, as long as the block lasts.

    None for a dataset for which none were sent.
    """
    reports = list(BoxOffice(settings.data).last(dataset.iri))
    if not reports:
        yield None
        return
    with workplace(settings.data) as folder:
        file = folder / FILE
        write_rows(file, reports)
        yield file


def write_rows(file: Path, reports: Iterable[PerformanceReport]) -> None:
    """Write reports as a table; equal reports give equal bytes."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(list_rows(reports))


def list_rows(reports: Iterable[PerformanceReport]) -> Iterator[list[str]]:
    """Yield the headings, then a row for each performance, price type and channel."""
    yield [*COLUMNS, *MEASURES]
    for report in reports:
        facts = [report.facts.get(name, "") for name in (*FACTS, "discipline")]
        for (price, channel), figures in sorted(report.figures.items()):
            key = [report.performance, *facts, price, channel, report.day.isoformat()]
            yield [*key, *(figures.get(m, "") for m in MEASURES.values())]
