"""A signed-in partner gives files for its own datasets, and sees what became of each."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from parvis.errors import NothingPublished, UnknownThing
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.ledger import OPEN, Deposit, Deposits
from parvis.pooling.intake.deposit_files import account_kept
from parvis.pooling.intake.deposits import their_datasets
from parvis.pooling.report_forms import TEMPLATES
from parvis.pooling.report_model import Account
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, identified, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, require
from parvis.web.http.uploads import checks, received
from parvis.web.pages.check import told

giving = Blueprint("giving", __name__, template_folder=str(TEMPLATES))

RECEIVING = frozenset({"giving.give"})
"""The endpoints of this blueprint that take a file."""

KINDS = {"text/html": HTML, "application/json": "json"}
NOT_GIVING = N_("Giving files needs a partner’s token to give: the trusted third party makes one.")
NO_DATASET = N_("there is no dataset {key}")


@dataclass(frozen=True)
class Theirs:
    """A dataset of the reader's party: its key, its title, and what was given, the newest first."""

    key: DatasetKey
    title: dict[str, str]
    deposits: list[Deposit]

    @property
    def waits(self) -> Deposit | None:
        """Give the file that waits to be decided about."""
        return next((one for one in self.deposits if one.state in OPEN), None)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        given = [one.to_json() for one in self.deposits]
        return {"dataset": str(self.key), "title": self.title, "deposits": given}


@giving.get("/give")
@reads(offers=KINDS)
def datasets() -> Response:
    """List the datasets of the reader's party, or say who may give."""
    found = _theirs(reader_of(request)) if _gives() else []
    if require(KINDS) != HTML:
        _refuse_others()
        return _negotiated(jsonify([one.to_json() for one in found]))
    page = render_template("give.html", gives=_gives(), found=found)
    return _negotiated(make_response(page))


@giving.get("/give/<name>")
@reads(offers=KINDS)
def dataset(name: str) -> Response:
    """Give what was given for a dataset, with the form to give more."""
    found = _one(name)
    if require(KINDS) != HTML:
        return _negotiated(jsonify(found.to_json()))
    return _page(found, None)


@giving.post("/give/<name>")
@reads(offers=KINDS)
def give(name: str) -> Response:
    """Take a file for a dataset: it is checked, then waits, or is accepted by rule."""
    found = _one(name)
    with received() as file:
        account, deposit = checks().given(reader_of(request), file, found.key)
    if require(KINDS) != HTML:
        return _negotiated(jsonify({"deposit": deposit, **account.data}))
    return _page(_one(name), account)


def _page(found: Theirs, account: Account | None) -> Response:
    """Render the page of a dataset: the report on what was just sent, else on what waits."""
    report = account or (found.waits and account_kept(host().settings.data, found.waits))
    page = render_template(
        "give_dataset.html",
        found=found,
        just_now=account is not None,
        most=host().settings.limits.upload_bytes,
        **(told(report) if report else {"account": None}),
    )
    return _negotiated(make_response(page))


def _theirs(reader: Reader) -> list[Theirs]:
    """Give the datasets of the reader's party, as the catalogue folder has them now."""
    titles = _titles(reader)
    kept, now = Deposits(host().settings.data), datetime.now(UTC)
    return [
        Theirs(
            key,
            titles.get(key) or dict.fromkeys(("fr", "en"), key.dataset),
            [one.at(now) for one in kept.of(host().iris.dataset(key))],
        )
        for key in their_datasets(host().settings, str(reader.iri))
    ]


def _titles(reader: Reader) -> dict[DatasetKey, dict[str, str]]:
    try:
        return {card.key: card.title for card in host().datasets(reader)}
    except NothingPublished:
        return {}


def _one(name: str) -> Theirs:
    """Give one dataset of the reader's party; another's is like none (`UnknownThing`)."""
    _refuse_others()
    for one in _theirs(reader_of(request)):
        if one.key.dataset == name:
            return one
    raise UnknownThing(NO_DATASET, key=name)


def _gives() -> bool:
    found = identified(request)
    return found is not None and found.gives


def _refuse_others() -> None:
    """Refuse who has no token to give."""
    if not _gives():
        raise Refusal(403, NOT_GIVING)


def _negotiated(response: Response) -> Response:
    response.vary.add("Accept")
    response.cache_control.no_store = True
    return response
