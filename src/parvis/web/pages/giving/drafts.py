"""The workbench of a partner: a file is dropped, its columns are named, its values corrected."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import concept_labels, load_words
from parvis.config.json_data import to_json
from parvis.errors import NothingPublished, ParvisError, StaleForm, UnknownThing
from parvis.governance import Permission
from parvis.i18n import LANGUAGES, N_, weekdays
from parvis.ledger import Author
from parvis.mapping.proposing import CLASS_KINDS, ColumnChoice, ProposedColumn
from parvis.mapping.proposing.vocabulary import expand_curie
from parvis.mapping.sources.corrections import Replacement, is_correctable
from parvis.pooling.intake.deposits import datasets_of_party
from parvis.pooling.intake.drafts.desk import (
    DraftDesk,
    PersonalData,
    fetch_file,
    merge_choices,
    name_dataset,
)
from parvis.pooling.intake.drafts.store import DAYS, Draft
from parvis.pooling.report_forms import TEMPLATES
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal, problem_of, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.http.uploads import FIELD, NO_FILE, checks, receive_upload
from parvis.web.pages.giving.calendar import list_months

drafts = Blueprint("drafts", __name__, template_folder=str(TEMPLATES))

RECEIVING = frozenset({"drafts.open_draft"})
"""The endpoints of this blueprint that receive a file."""

NOT_EDITING = N_(
    "The workbench is for those who edit their organisation’s data: ask an editor of your"
    " organisation, or the trusted third party."
)
NO_DATASET = N_("there is no dataset {key}")
NO_NUMBER = N_("the form lacks the number “{name}”: open the draft again")
LONGEST = 500
"""Characters of a value that a form holds."""
MOST_MATCHES = 8
"""Values of a column that a page asks the meaning of."""

_require_editor = partial(require_identity, Permission.EDIT, NOT_EDITING)


@dataclass(frozen=True)
class ColumnRow:
    """A column as the page shows it: its state, its property, and what may be chosen for it."""

    place: int
    column: ProposedColumn
    state: str
    term: str
    label: Mapping[str, str]
    chosen: ColumnChoice
    meanings: Mapping[str, Mapping[str, str]]
    matches: Mapping[str, Mapping[str, str]]


@drafts.get("/drafts")
@reads("dataset", offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the drafts of the reader's party, below the form for a new one."""
    _require_editor()
    own = desk().drafts.all()
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify([_summarise(draft) for draft in own]), store=False)
    return _render_listing(own)


@drafts.post("/drafts")
@reads(offers=PAGE_OR_JSON)
def open_draft() -> BaseResponse:
    """Store a file, or what is at an `address`, as a draft for a `dataset` or for a new one."""
    author = _require_editor().author
    try:
        draft = _open(author)
    except PersonalData as error:
        if require_ending(PAGE_OR_JSON) != HTML:
            raise
        page = render_template("giving/personal.html", error=error, findings=error.report.findings)
        response = negotiated_response(page, store=False)
        response.status_code = 422
        return response
    except (ParvisError, Refusal) as error:
        if require_ending(PAGE_OR_JSON) != HTML:
            raise
        return _render_listing(desk().drafts.all(), error)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(_summarise(draft)), store=False)
    return redirect(url_for("drafts.page", name=draft.id), 303)


def _open(author: Author) -> Draft:
    key = _read_dataset()
    address = request.form.get("address", "").strip()[:2_000]
    upload = request.files.get(FIELD)
    if address and not (upload and upload.filename):
        with checks().temporary_folder() as folder:
            file = fetch_file(host().settings, address, folder)
            return _store(file, key, author, address)
    if not (upload and upload.filename):
        raise Refusal(400, NO_FILE)
    with receive_upload() as file:
        return _store(file, key, author)


def _store(file: Path, key: DatasetKey | None, author: Author, address: str = "") -> Draft:
    party = str(reader_of(request).iri)
    key = key or name_dataset(host().settings, party, file.name)
    return desk().open(file, key, language(), author, address)


def _read_dataset() -> DatasetKey | None:
    """Return the dataset of the reader's party that a form names; None for a new one."""
    name = request.form.get("dataset", "")
    if not name:
        return None
    for key in datasets_of_party(host().settings, str(reader_of(request).iri)):
        if key.dataset == name:
            return key
    raise UnknownThing(NO_DATASET, key=name[:100])


@drafts.get("/drafts/<name>")
@reads(offers=PAGE_OR_JSON)
def page(name: str) -> Response:
    """Show the columns of a draft, and what they make of its first rows."""
    draft = find_draft(name)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(draft)), store=False)
    return render_draft(draft)


@drafts.post("/drafts/<name>/columns")
@reads()
def choose(name: str) -> BaseResponse:
    """Store what each column is, and draw the page again."""
    draft = find_draft(name, changing=True)
    form = request.form
    columns = {}
    for place, column in enumerate(draft.view.proposal.columns):
        if f"term-{place}" in form:
            concepts = {
                value: form[f"concept-{place}-{number}"].strip()[:LONGEST]
                for number, value in enumerate(column.unmatched[:MOST_MATCHES])
                if form.get(f"concept-{place}-{number}", "").strip()
            }
            columns[place] = ColumnChoice(
                form[f"term-{place}"], form.get(f"form-{place}", ""), "", concepts
            )
    cls, lang, sheet = (form.get(name, "")[:LONGEST] for name in ("cls", "lang", "sheet"))
    try:
        choices = merge_choices(draft, columns, cls, lang, sheet)
        desk().choose(draft, choices, language())
    except ParvisError as error:
        said = replace(draft.choices, cls=cls, lang=lang, sheet=sheet)
        return render_draft(replace(draft, choices=said), error, columns)
    return _to_page(name, form.get("next", ""))


@drafts.post("/drafts/<name>/corrections")
@reads()
def correct(name: str) -> BaseResponse:
    """Add a correction, or take one back (`undo`: its place)."""
    draft = find_draft(name, changing=True)
    form = request.form
    try:
        if "undo" in form:
            desk().undo(draft, read_number("undo"), language())
        else:
            texts = {n: form.get(n, "")[:LONGEST] for n in ("column", "before", "after")}
            # Without a row, wherever the value stands.
            row = read_number("row") if form.get("only") and form.get("row") else None
            sheet = form.get("sheet", "")[:LONGEST] or None if row is not None else None
            desk().correct(draft, Replacement(**texts, row=row, sheet=sheet), language())
    except ParvisError as error:
        return render_draft(draft, error)
    return redirect(url_for("drafts.page", name=name) + "#problems", 303)


@drafts.get("/drafts/<name>/mapping")
@reads()
def mapping(name: str) -> Response:
    """Show the mapping of a draft, to be read and edited as text."""
    return _render_mapping(find_draft(name), None, "")


@drafts.post("/drafts/<name>/mapping")
@reads()
def write(name: str) -> BaseResponse:
    """Store a mapping written by hand; one that is wrong is shown again with its line."""
    draft = find_draft(name, changing=True)
    text = "" if request.form.get("again") else request.form.get("text", "")
    try:
        desk().write(draft, text, language())
    except StaleForm:
        raise
    except ParvisError as error:
        return _render_mapping(draft, error, text)
    return _to_page(name, "")


@drafts.get("/drafts/<name>/mapping.yml")
@reads()
def download(name: str) -> Response:
    """Return the mapping of a draft as a file."""
    response = Response(find_draft(name).view.mapping, mimetype="application/yaml")
    response.headers.set("Content-Disposition", "attachment", filename="mapping.yml")
    return negotiated_response(response, store=False)


@drafts.post("/drafts/<name>/delete")
@reads()
def delete(name: str) -> BaseResponse:
    """Delete a draft with its file."""
    draft = find_draft(name)
    desk().drafts.delete(draft.id)
    return redirect(url_for("drafts.listing"), 303)


def desk() -> DraftDesk:
    return DraftDesk(host().settings, checks(), reader_of(request))


def find_draft(name: str, *, changing: bool = False) -> Draft:
    """Return a draft of the reader's party; another party's answers as an absent one.

    To change it, the form must be of its revision.
    """
    _require_editor()
    return desk().drafts.require(name, read_number("revision") if changing else None)


def read_number(name: str) -> int:
    """Return a whole number of a form."""
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004 - digits
        raise Refusal(400, NO_NUMBER, name=name)
    return int(text)


def _to_page(name: str, following: str) -> BaseResponse:
    steps = {"submission": "drafting.submission", "agreement": "drafting.agreement"}
    return redirect(url_for(steps.get(following, "drafts.page"), name=name), 303)


def _summarise(draft: Draft) -> dict[str, object]:
    fields = ("id", "key", "file", "size", "digest", "revision", "created", "until", "deposit")
    return {field: to_json(getattr(draft, field)) for field in fields}


def _render_listing(own: list[Draft], error: ParvisError | Refusal | None = None) -> Response:
    party, titles = str(reader_of(request).iri), {}
    with suppress(NothingPublished):
        titles = {card.key: card.title for card in host().datasets(reader_of(request))}
    rendered = render_template(
        "giving/drafts.html",
        drafts=own,
        days=DAYS,
        problem=error and problem_of(error).detail,
        address=request.form.get("address", ""),
        chosen=request.form.get("dataset", "") or request.args.get("dataset", ""),
        datasets=[
            (key.dataset, titles.get(key) or dict.fromkeys(LANGUAGES, key.dataset))
            for key in datasets_of_party(host().settings, party)
        ],
        most=host().settings.limits.upload_bytes,
    )
    response = negotiated_response(rendered, store=False)
    if error:
        response.status_code = problem_of(error).status
    return response


def render_draft(
    draft: Draft,
    error: ParvisError | None = None,
    typed: Mapping[int, ColumnChoice] = MappingProxyType({}),
) -> Response:
    """Render the page of a draft, with the error of what was tried with it, and what was typed."""
    if isinstance(error, StaleForm):
        raise error
    view = draft.view
    groups = {
        cls: {term: texts or term_label(term) for term, texts in group.items()}
        for cls, group in view.proposal.terms.items()
    }
    terms = {term: texts for group in groups.values() for term, texts in group.items()}
    rows = [
        _with_typed(row, typed[row.place], terms) if row.place in typed else row
        for row in _list_rows(draft)
    ]
    schemes = {row.column.scheme for row in rows if row.column.scheme and row.column.unmatched}
    rendered = render_template(
        "giving/draft.html",
        draft=draft,
        problem=error and problem_of(error).detail,
        rows=rows,
        states={state: [row.state for row in rows].count(state) for state in STATES},
        terms=terms,
        groups={cls: (term_label(cls), group) for cls, group in groups.items()},
        classes={code: term_label(code) for code in CLASS_KINDS},
        concepts={
            name: [label for _, label in scheme(name).choices(language(), ())] for name in schemes
        },
        places=[{**to_json(place), "iri": ""} for place in view.preview.places],
        months=list_months(view.preview.days or {}),
        weekdays=weekdays(language()),
        correctable=is_correctable(Path(draft.file), view.proposal.formulation),
        exists=draft.key in datasets_of_party(host().settings, draft.party),
        most_matches=MOST_MATCHES,
    )
    response = negotiated_response(rendered, store=False)
    if error:
        response.status_code = problem_of(error).status
    return response


STATES = ("understood", "confirm", "unused")


def _list_rows(draft: Draft) -> list[ColumnRow]:
    rows = []
    for place, column in enumerate(draft.view.proposal.columns):
        chosen = draft.choices.columns.get(column.name)
        term = draft.view.terms.get(column.name, chosen.term if chosen else "")
        written = column.name in draft.view.terms
        doubtful = column.unmatched or (len(column.forms) > 1 and not (chosen and chosen.form))
        if written:
            state = "confirm" if doubtful else "understood"
        else:
            state = "confirm" if column.terms and (chosen is None or chosen.term) else "unused"
        pairs = list(column.matched.items())[:MOST_MATCHES]
        matches = {value: load_words().of_term(concept) for value, concept in pairs}
        label = term_label(term) if ":" in term else {"en": term}
        chosen = chosen or ColumnChoice()
        meanings = {
            value: concept_labels(f"{CONCEPT}{column.scheme}/{code}")
            for value, code in chosen.concepts.items()
        }
        rows.append(ColumnRow(place, column, state, term, label, chosen, meanings, matches))
    return rows


def _with_typed(row: ColumnRow, typed: ColumnChoice, terms: Collection[str]) -> ColumnRow:
    """Return a column with what a form had that was refused, so that nobody types it again."""
    meanings = {value: dict.fromkeys(LANGUAGES, text) for value, text in typed.concepts.items()}
    chosen = replace(row.chosen, form=typed.form)
    # What no list offers was not chosen from one.
    term = typed.term if not typed.term or typed.term in terms else row.term
    return replace(row, term=term, chosen=chosen, meanings={**row.meanings, **meanings})


def term_label(name: str) -> Mapping[str, str]:
    """Return the labels of a class or property by its prefixed name."""
    return load_words().of_term(str(expand_curie(name)))


def _render_mapping(draft: Draft, error: ParvisError | None, text: str) -> Response:
    rendered = render_template(
        "giving/mapping.html",
        draft=draft,
        text=text or draft.view.mapping,
        problem=error and problem_of(error).detail,
        line=error and error.fields.get("line"),
    )
    response = negotiated_response(rendered, store=False)
    if error:
        response.status_code = problem_of(error).status
    return response
