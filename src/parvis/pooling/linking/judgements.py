"""Deciding on candidates: a person's judgement, with author and date, which can be taken back."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parvis.config import clock
from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import SHELL, Author, Judgement, JudgementDecision, Judgements
from parvis.linking.candidates import Candidate, rank
from parvis.linking.entity import KINDS
from parvis.linking.index import CandidateIndex
from parvis.linking.judgements import Pair, pair, standing_judgements
from parvis.linking.links import undo_entry
from parvis.pooling.linking.candidates import EntitySummary, open_index
from parvis.report.delimited import write_csv
from parvis.store.record.graph_record import GraphRecord

NO_PAIR = N_("{here} and {there} are no candidates: run parvis link, then judge what it finds")
NO_ENTRY = N_("no judgement that stands has the number {number}")
NO_AUTHOR = N_("a judgement has an author: say who decides")
LONGEST = 500
"""Characters of an author or of grounds that are stored."""


@dataclass(frozen=True)
class CandidateRow:
    """A candidate as it is displayed: both entities, and the judgement that stands on them."""

    candidate: Candidate
    here: EntitySummary
    there: EntitySummary
    judgement: Judgement | None


@dataclass(frozen=True)
class ReviewQueue:
    """How many candidates wait for a person, and the first of them.

    `outdated` counts the datasets whose current content was not compared yet.
    """

    count: int
    rows: list[CandidateRow]
    outdated: int = 0


@dataclass(frozen=True)
class PairDecision:
    """The decision on one pair; the order of the IRIs does not matter."""

    here: str
    there: str
    decision: JudgementDecision
    grounds: str = ""


def to_review(data: Path, kind: str = "", most: int = -1) -> ReviewQueue:
    """Return at most so many candidates that wait for a person, the most likely first.

    With `kind`, those of one kind only.
    """
    stands = standing_judgements(Judgements(data).all())
    digests = {graph: version.digest for graph, version in GraphRecord(data).versions().items()}
    with open_index(data) as index:
        if index is None:
            return ReviewQueue(0, [], len(digests))
        outdated = digests.items() - index.graphs().items()
        left = index.remaining(stands, kind)
        first = left.page(most=most)
        # Pairs of which someone was unsure come last.
        unsure = [
            ends for ends, entry in stands.items() if entry.decision is JudgementDecision.UNSURE
        ]
        again = (index.candidate(ends) for ends in unsure)
        doubtful = sorted((c for c in again if c and kind in {"", c.kind}), key=rank)
        candidates = [*first, *doubtful][: most if most >= 0 else None]
        rows = [_display(index, candidate, stands) for candidate in candidates]
        return ReviewQueue(left.count() + len(doubtful), rows, len(outdated))


def list_candidates(data: Path) -> list[CandidateRow]:
    """Return every candidate with the judgement that stands on it, if any."""
    stands = standing_judgements(Judgements(data).all())
    with open_index(data) as index:
        return [_display(index, c, stands) for c in index.candidates()] if index else []


def _display(
    index: CandidateIndex, candidate: Candidate, stands: Mapping[Pair, Judgement]
) -> CandidateRow:
    left, right = (EntitySummary.of(index.require_entity(iri)) for iri in candidate.pair)
    return CandidateRow(candidate, left, right, stands.get(candidate.pair))


def judge(
    data: Path, decisions: Iterable[PairDecision], name: str, author: Author = SHELL
) -> list[Judgement]:
    """Record a person's decisions on candidates, all or none; `name` is shown with them.

    Raises `UsageError` for a pair that is no candidate, or without author.
    """
    if not name.strip():
        raise UsageError(NO_AUTHOR)
    # All or none: the entries are appended once every decision is checked.
    before = {entry.pair: entry for entry in Judgements(data).all()}
    entries = []
    with open_index(data) as index:
        for decision in decisions:
            ends = pair(decision.here, decision.there)
            candidate = index and index.candidate(ends)
            judgement: dict[str, Any] = {
                "decision": decision.decision,
                "author": name.strip()[:LONGEST],
                "grounds": decision.grounds.strip()[:LONGEST],
                "at": clock.machine_time(),
            }
            if index and candidate:
                entry = Judgement(
                    kind=candidate.kind,
                    here=candidate.here,
                    there=candidate.there,
                    here_graph=candidate.graphs[0],
                    there_graph=candidate.graphs[1],
                    score=round(candidate.score, 4),
                    **judgement,
                )
            elif ends in before:
                # A pair that was judged before may have ceased to be a candidate.
                entry = replace(before[ends], rule=None, undoes=None, number=0, **judgement)
            else:
                raise UsageError(NO_PAIR, here=ends[0], there=ends[1])
            entries.append(entry)
    return Judgements(data).append(entries, author)


def new_decisions(data: Path, decisions: Iterable[PairDecision]) -> list[PairDecision]:
    """Leave out the decisions that stand already: a table that is sent back repeats them."""
    stands = standing_judgements(Judgements(data).all())
    new = []
    for decision in decisions:
        before = stands.get(pair(decision.here, decision.there))
        if before is None or before.decision is not decision.decision:
            new.append(decision)
    return new


def latest(data: Path, count: int) -> list[tuple[Judgement, bool]]:
    """Return the last entries, the newest first, and whether each can be taken back."""
    entries = Judgements(data).all()
    standing = _not_undone(entries)
    return [(entry, entry.number in standing) for entry in reversed(entries[-count:])]


def name_entities(data: Path, iris: Iterable[str]) -> dict[str, str]:
    """Return the names of entities that the last comparison knows, by IRI."""
    with open_index(data) as index:
        if index is None:
            return {}
        known = {iri: index.find_entity(iri) for iri in iris}
    return {iri: entity.names[0] for iri, entity in known.items() if entity and entity.names}


def _not_undone(entries: list[Judgement]) -> dict[int, Judgement]:
    """Return the entries that can be taken back, by number: an entry is taken back only once."""
    undone = {entry.undoes for entry in entries if entry.decision is JudgementDecision.UNDO}
    return {
        entry.number: entry
        for entry in entries
        if entry.decision is not JudgementDecision.UNDO and entry.number not in undone
    }


def undo(data: Path, number: int, name: str, author: Author = SHELL) -> Judgement:
    """Take a judgement back: the one before it stands again. Raises `UnknownThing`."""
    ledger = Judgements(data)
    # The ledger only grows: an entry is taken back by another.
    judgement = _not_undone(ledger.all()).get(number)
    if judgement is None:
        raise UnknownThing(NO_ENTRY, number=number)
    return ledger.append([undo_entry(judgement, name, clock.machine_time())], author)[0]


# Candidates as a table to fill in with a spreadsheet, and the table read again.

DECISION, GROUNDS = N_("Decision"), N_("Grounds")
COLUMNS = (
    DECISION,
    GROUNDS,
    N_("Score"),
    N_("Kind"),
    N_("One"),
    N_("Where and when"),
    N_("The other"),
    N_("Where and when (the other)"),
    N_("Reasons"),
    N_("Dataset"),
    N_("Dataset of the other"),
    HERE := N_("IRI of the one"),
    THERE := N_("IRI of the other"),
)
"""The headings; they are read in either language, in any order."""
KIND_NAMES = dict(
    zip(
        KINDS,
        (N_("organisation"), N_("venue"), N_("event"), N_("series"), N_("production")),
        strict=True,
    )
)
WORDS: Mapping[str, JudgementDecision] = {
    **dict.fromkeys(("oui", "o", "yes", "y", "1", "positive"), JudgementDecision.POSITIVE),
    **dict.fromkeys(("non", "n", "no", "0", "negative"), JudgementDecision.NEGATIVE),
    **dict.fromkeys(("incertain", "unsure", "?"), JudgementDecision.UNSURE),
}
"""The accepted answers; an empty cell leaves a pair as it is."""
ANSWERS = {
    JudgementDecision.POSITIVE: N_("yes"),
    JudgementDecision.NEGATIVE: N_("no"),
    JudgementDecision.UNSURE: N_("unsure"),
}

WITHIN = N_(
    "one dataset describes both: yes gives them one address and one page, and both stay in the"
    " dataset; its partner can correct the file"
)
NO_COLUMN = N_("{file} has no column “{column}”")
NO_WORD = N_("{file}, row {row}, column “{column}”: “{value}” is neither yes, no nor unsure")
NO_THINGS = N_("{file}, row {row}: the two things are not named")
NO_TABLE = N_("{file} cannot be read as CSV: {reason}")
LARGEST = 50_000_000
"""Bytes of the largest file that is read."""
TOO_LARGE = N_("{file} is larger than 50 MB")


def write(file: Path, candidates: Iterable[CandidateRow], lang: str) -> int:
    """Write candidates as CSV, one a row, with headings in a language; return how many."""
    rows = [[say(lang, heading) for heading in COLUMNS]]
    for shown in candidates:
        stands, candidate = shown.judgement, shown.candidate
        rows.append(
            [
                say(lang, ANSWERS[stands.decision]) if stands else "",
                stands.grounds if stands else "",
                f"{candidate.score:.2f}",
                say(lang, KIND_NAMES[candidate.kind]),
                shown.here.name,
                place(shown.here.start, shown.here.place),
                shown.there.name,
                place(shown.there.start, shown.there.place),
                " · ".join(list_reasons(candidate, lang)),
                shown.here.dataset,
                shown.there.dataset,
                candidate.here,
                candidate.there,
            ]
        )
    write_csv(file, rows)
    return len(rows) - 1


def list_reasons(candidate: Candidate, lang: str) -> list[str]:
    """Return the reasons in a language; that both are of one dataset comes first."""
    reasons = [reason.sentences[lang] for reason in candidate.evidence]
    return [say(lang, WITHIN), *reasons] if candidate.is_internal else reasons


def place(start: str, where: str) -> str:
    """Return where and when an entity is, in words."""
    return ", ".join(filter(None, (start, where)))


def read(file: Path) -> list[PairDecision]:
    """Read a person's decisions from a table; rows without one are ignored.

    Raises `SourceError` naming the row and the column.
    """
    if file.stat().st_size > LARGEST:
        raise SourceError(TOO_LARGE, file=file)
    body = file.read_bytes()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets on Windows in western Europe write in their own encoding.
        text = body.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    # Spreadsheets write semicolons where the comma is a decimal sign.
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        headings = reader.fieldnames or ()
        columns: dict[str, str | None] = {}
        for name in (DECISION, HERE, THERE, GROUNDS):
            names = {lang: say(lang, name) for lang in LANGUAGES}
            folded = {text.casefold() for text in names.values()}
            columns[name] = next((h for h in headings if h.strip().casefold() in folded), None)
            if columns[name] is None and name != GROUNDS:
                raise SourceError(NO_COLUMN, file=file, column=names)
        decisions = []
        for number, row in enumerate(reader, 2):
            decision, left, right, grounds = (
                (row.get(column) or "").strip() if (column := columns[name]) else ""
                for name in (DECISION, HERE, THERE, GROUNDS)
            )
            if not decision:
                continue
            if not left or not right:
                raise SourceError(NO_THINGS, file=file, row=number)
            if decision.casefold() not in WORDS:
                fields = {"row": number, "column": columns[DECISION], "value": decision}
                raise SourceError(NO_WORD, file=file, **fields)
            decisions.append(PairDecision(left, right, WORDS[decision.casefold()], grounds))
    except csv.Error as error:
        raise SourceError(NO_TABLE, file=file, reason=error) from error
    return decisions
