"""What a partner does with a draft: each act reads the file in a process that can be killed."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.config import Settings
from parvis.config.json_data import from_json, to_json
from parvis.errors import SourceError, UsageError
from parvis.fetch.address import Address
from parvis.fetch.download import download
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Author
from parvis.mapping.engine.texts import slug_of
from parvis.mapping.proposing import ColumnChoice
from parvis.mapping.sources.corrections import Replacement
from parvis.pooling.intake.checks import Checks
from parvis.pooling.intake.deposits import datasets_of_party
from parvis.pooling.intake.drafts.store import Draft, DraftChoices, Drafts, DraftView
from parvis.pooling.report_model import ReportModel
from parvis.report import Report
from parvis.store.files import copy_private, sha256
from parvis.vocab.iris import DatasetKey

PROCESS = "parvis.pooling.intake.drafts.draft_process"
SECONDS, SILENCE = 30.0, 10.0
"""Seconds in which the server of an address gives its file, and for which it may be silent."""
LONGEST_TEXT = 100_000
"""Characters of a mapping written by hand."""
MOST_CORRECTIONS = 500
LONGEST_NAME = 60
"""Characters of the name of a dataset that is made from a file's."""

IDENTIFYING = N_(
    "{file} identifies persons, in the columns: {columns}. Nothing of it was stored: clean the file"
    " in your browser, then drop the clean one"
)
NO_PROPERTY = N_("“{name}” is not in the list of what the column “{column}” may hold")
NO_CONCEPT = N_("“{name}” is not in the list that the values of “{column}” are of")
NO_FORM = N_("“{name}” is no way in which the dates of “{column}” can be read")
TOO_LONG = N_("this mapping is longer than {most} characters: shorten it")
TOO_MANY = N_("a draft has {most} corrections at most: correct the file itself, then drop it again")
NO_COLUMN = N_("there is no column “{name}” in this file")
SUBMITTED = N_("this draft was submitted already: its page tells what became of it")
ALTERED = N_(
    "the file of this draft is not what it was when you saw its preview: delete the draft, then"
    " drop the file again"
)


class PersonalData(SourceError):  # noqa: N818 - reads better at the raise
    """A file identifies persons: the report says in which columns, and has no value."""

    def __init__(self, file: str, report: Report) -> None:
        columns = (f.place.column for f in report.findings if f.place and f.place.column)
        super().__init__(IDENTIFYING, file=file, columns=", ".join(dict.fromkeys(columns)))
        self.report = report


@dataclass(frozen=True)
class DraftDesk:
    """The desk of a reader, a partner, at which its drafts are worked on."""

    settings: Settings
    checks: Checks
    reader: Reader

    @property
    def drafts(self) -> Drafts:
        return Drafts(self.settings, str(self.reader.iri))

    def open(
        self, file: Path, key: DatasetKey, lang: str, author: Author, address: str = ""
    ) -> Draft:
        """Store a file as a draft for a dataset, which need not exist yet.

        The file is alone in its folder. Raises `PersonalData`: then nothing is stored; `LimitError`
        for a party without room; and what is wrong with the file.
        """
        self.drafts.require_room(file.stat().st_size)
        answer = self._ask("open", file, key, lang)
        view = from_json(DraftView, answer["view"])
        return self.drafts.add(file.with_name(answer["file"]), key, view, author, address)

    def choose(self, draft: Draft, choices: DraftChoices, lang: str) -> Draft:
        """Store what a partner said of a file, with the mapping that follows from it."""
        return self._redraw(replace(draft, choices=choices, text=""), lang)

    def write(self, draft: Draft, text: str, lang: str) -> Draft:
        """Store a mapping written by hand; an empty one gives way to the choices again.

        Raises `MappingError`, with its line: then the draft keeps its last valid mapping.
        """
        if len(text) > LONGEST_TEXT:
            raise UsageError(TOO_LONG, most=LONGEST_TEXT)
        return self._redraw(replace(draft, text=text.replace("\r\n", "\n")), lang)

    def correct(self, draft: Draft, replacement: Replacement, lang: str) -> Draft:
        """Add a correction of a value, or of all equal values of a column.

        Raises `UsageError` where the value is not there, and `PersonalData` where the file would
        then identify persons.
        """
        if len(draft.corrections) >= MOST_CORRECTIONS:
            raise UsageError(TOO_MANY, most=MOST_CORRECTIONS)
        return self._correct(draft, (*draft.corrections, replacement), lang)

    def undo(self, draft: Draft, number: int, lang: str) -> Draft:
        """Take back one correction, by its place among them."""
        corrections = (*draft.corrections[:number], *draft.corrections[number + 1 :])
        return self._correct(draft, corrections, lang)

    def check(self, draft: Draft, lang: str) -> ReportModel:
        """Check all of a draft's file as its submission will; nothing is stored."""
        with self._alone(draft) as file:
            answer = self._ask("check", file, draft.key, lang, text=draft.view.mapping)
        account = ReportModel.from_json(answer["account"])
        self.drafts.keep_report(draft, account)
        return account

    def submit(self, draft: Draft, author: Author) -> tuple[ReportModel, Draft]:
        """Submit the file of a draft as its preview showed it; return the report, and the draft.

        Raises `UsageError` for a file that changed since, or what is submitted already.
        """
        if draft.deposit:
            raise UsageError(SUBMITTED)
        self.require_unaltered(draft)
        with self._alone(draft) as file:
            if sha256(file) != draft.digest:
                raise UsageError(ALTERED)
            account, deposit = self.checks.submit_file(
                self.reader, file, draft.key, author, draft.corrections
            )
        if deposit is None:
            return account, draft
        return account, self.drafts.save(replace(draft, deposit=str(deposit["id"])))

    def require_unaltered(self, draft: Draft) -> Path:
        """Return the file of a draft; raise `UsageError` if it is not that of its preview."""
        file = self.drafts.file_of(draft)
        if sha256(file) != draft.digest:
            raise UsageError(ALTERED)
        return file

    def _redraw(self, draft: Draft, lang: str) -> Draft:
        with self._alone(draft) as file:
            answer = self._ask("redraw", file, draft.key, lang, **_said(draft))
        return self.drafts.save(replace(draft, view=from_json(DraftView, answer["view"])))

    def _correct(self, draft: Draft, corrections: tuple[Replacement, ...], lang: str) -> Draft:
        proposal = draft.view.proposal
        positions = {c.name: c.position for c in proposal.columns}
        for replacement in corrections:
            if replacement.column not in positions:
                raise UsageError(NO_COLUMN, name=replacement.column[:100])
        table = {
            "formulation": proposal.formulation,
            "layout": proposal.layout,
            "positions": {name: place for name, place in positions.items() if place is not None},
            "replacements": to_json(corrections),
        }
        with self._alone(draft, original=True) as file:
            verb = "correct" if corrections else "redraw"
            answer = self._ask(verb, file, draft.key, lang, **_said(draft), table=table)
            view = from_json(DraftView, answer["view"])
            return self.drafts.save(replace(draft, corrections=corrections, view=view), file)

    def _ask(
        self, verb: str, file: Path, key: DatasetKey, lang: str, **parts: object
    ) -> dict[str, Any]:
        request = {"choices": dict[str, object](), "text": "", **parts}
        request |= {"verb": verb, "file": str(file), "dataset": str(key), "lang": lang}
        answer = self.checks.run(self.reader, file, request, PROCESS)
        if "refused" in answer:
            raise PersonalData(file.name, Report.from_json(answer["refused"]))
        return answer

    @contextmanager
    def _alone(self, draft: Draft, *, original: bool = False) -> Iterator[Path]:
        """Yield the file of a draft, alone in a folder that is deleted afterwards."""
        file = self.drafts.original_of(draft) if original else self.drafts.file_of(draft)
        with self.checks.temporary_folder() as folder:
            copy = folder / draft.file
            try:
                os.link(file, copy)  # which costs nothing; nobody writes into it
            except OSError:  # on a file system that has no links
                copy_private(file, copy)
            yield copy


def _said(draft: Draft) -> dict[str, object]:
    return {"choices": to_json(draft.choices), "text": draft.text}


def fetch_file(settings: Settings, address: str, folder: Path) -> Path:
    """Fetch a file from an address into a folder, within the size and time of an upload.

    Raises `AddressError`, `FetchError` or `LimitError`.
    """
    limits = replace(
        settings.fetch,
        bytes=min(settings.fetch.bytes, settings.limits.upload_bytes),
        seconds=min(settings.fetch.seconds, SECONDS),
        read_seconds=min(settings.fetch.read_seconds, SILENCE),
        connect_seconds=min(settings.fetch.connect_seconds, SILENCE),
    )
    return download(Address.parse(address.strip()), folder, limits).file


def name_dataset(settings: Settings, party: str, file: str) -> DatasetKey:
    """Return the name of a new dataset for a file: the file's, with a number if it is taken."""
    partner = party.removeprefix(f"{settings.base}id/partner/")
    stem = slug_of(re.sub(r"(\.\w{1,7})+$", "", file))[:LONGEST_NAME].strip("-") or "donnees"
    keys = {draft.key for draft in Drafts(settings, party).all()}
    keys |= set(datasets_of_party(settings, party))
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(keys) + 3)))
    return next(key for name in names if (key := DatasetKey(partner, name)) not in keys)


def merge_choices(
    draft: Draft, columns: Mapping[int, ColumnChoice], cls: str, lang: str, sheet: str
) -> DraftChoices:
    """Return the choices of a draft with those of a form: of columns, by their places.

    Only what differs from what the draft has is a choice; the rest stays the file's to tell. What
    values mean is stated by the labels or codes of concepts. Raises `UsageError` for a choice that
    no list offers.
    """
    view, chosen = draft.view, dict(draft.choices.columns)
    offered = {term for terms in view.proposal.terms.values() for term in terms}
    for place, column in enumerate(view.proposal.columns):
        posted = columns.get(place)
        if posted is None:
            continue
        if posted.term and posted.term not in offered | {view.terms.get(column.name, "")}:
            raise UsageError(NO_PROPERTY, name=posted.term[:100], column=column.name)
        if posted.form and posted.form not in column.forms:
            raise UsageError(NO_FORM, name=posted.form[:100], column=column.name)
        if posted.lang and posted.lang not in LANGUAGES:
            raise UsageError(NO_CONCEPT, name=posted.lang[:100], column=column.name)
        former = chosen.get(column.name)
        shown = former or ColumnChoice(view.terms.get(column.name, ""))
        concepts = {
            value: last_segment(scheme(column.scheme).require(text))
            for value, text in posted.concepts.items()
            if column.scheme
        }
        merged = replace(posted, concepts={**shown.concepts, **concepts})
        if merged != shown or former is not None:
            chosen[column.name] = merged
    return DraftChoices(cls, lang, sheet, chosen)
