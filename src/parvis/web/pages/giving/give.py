"""Submission of files by a signed-in partner for its own datasets, and their state."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from flask import Blueprint, Response, jsonify, render_template, request

from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import NothingPublished, UnknownThing
from parvis.governance import Permission, Reader
from parvis.i18n import N_
from parvis.ledger import OPEN, Deposit, Deposits
from parvis.pooling.intake.deposits import datasets_of_party, read_account
from parvis.pooling.report_forms import TEMPLATES
from parvis.pooling.report_model import ReportModel
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, identify, reader_of
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.http.uploads import checks, receive_upload
from parvis.web.pages.giving.check import report_context

giving = Blueprint("giving", __name__, template_folder=str(TEMPLATES))

RECEIVING = frozenset({"giving.give"})
"""The endpoints of this blueprint that receive a file."""

NOT_GIVING = N_(
    "To give files, you need a partner’s token that allows it: the trusted third party issues one."
)
NO_DATASET = N_("there is no dataset {key}")

_require_giver = partial(require_identity, Permission.SUBMIT, NOT_GIVING)


@dataclass(frozen=True)
class OwnDataset:
    """A dataset of the reader's party: its key, title and submissions, the newest first."""

    key: DatasetKey = field(metadata={"json": "dataset"})
    title: dict[str, str]
    deposits: list[Deposit]

    @property
    def waits(self) -> Deposit | None:
        """The submission that waits for a decision."""
        return next((deposit for deposit in self.deposits if deposit.state in OPEN), None)


@giving.get("/give")
@reads(offers=PAGE_OR_JSON)
def datasets() -> Response:
    """List the datasets of the reader's party; others see who may submit files."""
    identity = identify(request)
    gives = identity is not None and identity.may(Permission.SUBMIT)
    own = _list_own_datasets(reader_of(request)) if gives else []
    if require_ending(PAGE_OR_JSON) != HTML:
        _require_giver()
        return negotiated_response(jsonify(to_json(own)), store=False)
    page = render_template("giving/give.html", gives=gives, datasets=own)
    return negotiated_response(page, store=False)


@giving.get("/give/<name>")
@reads(offers=PAGE_OR_JSON)
def dataset(name: str) -> Response:
    """Show the submissions for a dataset, with the form for another."""
    own = _find_own_dataset(name)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(own)), store=False)
    return _render_page(own, None)


@giving.get("/check/clean")
@reads()
def clean_first() -> Response:
    """Present the page that cleans a file in the browser, from which it is checked or given."""
    identity = identify(request)
    gives = identity is not None and identity.may(Permission.SUBMIT)
    page = render_template(
        "giving/clean.html",
        in_browser=bool(host().settings.pyodide),
        datasets=_list_own_datasets(reader_of(request)) if gives else [],
        most=host().settings.limits.upload_bytes,
    )
    return negotiated_response(page, store=False)


@giving.get("/check/<any(sketch,kits):name>")
@reads()
def distinct(name: str) -> Response:
    """Present the page that counts the people of a file, or draws kits, in the browser."""
    page = render_template(
        "giving/distinct.html",
        task="draw" if name == "kits" else name,
        in_browser=bool(host().settings.pyodide),
        most=host().settings.limits.upload_bytes,
    )
    return negotiated_response(page, store=False)


@giving.post("/give/<name>")
@reads(offers=PAGE_OR_JSON)
def give(name: str) -> Response:
    """Receive a file for a dataset: it is checked, then queued, or accepted by rule."""
    own = _find_own_dataset(name)
    with receive_upload() as file:
        account, deposit = checks().submit_file(
            reader_of(request), file, own.key, _require_giver().author
        )
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify({"deposit": deposit, **account.data}), store=False)
    return _render_page(_find_own_dataset(name), account)  # with the new submission


def _render_page(own: OwnDataset, account: ReportModel | None) -> Response:
    """Render the page of a dataset, with the report on the new file, else on the waiting one."""
    report = account or (own.waits and read_account(host().settings.data, own.waits))
    page = render_template(
        "giving/give_dataset.html",
        dataset=own,
        just_now=account is not None,
        most=host().settings.limits.upload_bytes,
        **(report_context(report) if report else {"account": None}),
    )
    return negotiated_response(page, store=False)


def _list_own_datasets(reader: Reader) -> list[OwnDataset]:
    """Return the datasets of the reader's party, as the catalogue folder has them now."""
    titles: dict[DatasetKey, dict[str, str]] = {}
    with suppress(NothingPublished):
        titles = {card.key: card.title for card in host().datasets(reader)}
    deposits, now = Deposits(host().settings.data), clock.machine_time()
    return [
        OwnDataset(
            key,
            # A dataset that is not published has its key as title.
            titles.get(key) or dict.fromkeys(("fr", "en"), key.dataset),
            [deposit.at(now) for deposit in deposits.of(host().iris.dataset(key))],
        )
        for key in datasets_of_party(host().settings, str(reader.iri))
    ]


def _find_own_dataset(name: str) -> OwnDataset:
    """Return a dataset of the reader's party; raise `UnknownThing` for another party's too."""
    _require_giver()
    for own in _list_own_datasets(reader_of(request)):
        if own.key.dataset == name:
            return own
    raise UnknownThing(NO_DATASET, key=name)
