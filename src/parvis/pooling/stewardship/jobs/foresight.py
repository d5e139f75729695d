"""What a job that destroys or undoes something will do, computed before it is started."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_, both, day, say_counts
from parvis.ledger import Backups
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.generations import (
    foresee_recall,
    list_differing_graphs,
    refuse_reopening,
)
from parvis.pooling.stewardship.jobs.kinds import WORD, Arguments, require_kind
from parvis.pooling.stewardship.retention import backups, find_due, find_withdrawable
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.generation.pointer import pointer
from parvis.vocab.iris import DatasetKey

WRONG_NAME = N_("nothing was done: to confirm, type “{expected}” as it stands on the page")
DELETE = N_("delete")
"""The word that confirms a deletion of all that is due."""
Sentence = Mapping[str, str]


@dataclass(frozen=True)
class Foresight:
    """What a job will do, in words; `expected` is what its author types to confirm it.

    It is a text for each language, any of which confirms.
    """

    sentences: Sequence[Sentence]
    expected: Mapping[str, str]


def require_typed(kind: str, arguments: Arguments, text: str) -> None:
    """Raise `UsageError` for a text that does not confirm a job that needs it."""
    expected = _expected_text(kind, arguments)
    if expected is None:
        return
    if text.strip().casefold() not in {name.casefold() for name in expected.values()}:
        raise UsageError(WRONG_NAME, expected=expected)


def _expected_text(kind: str, arguments: Arguments) -> dict[str, str] | None:
    """Return what confirms a job, in each language; None for a job that needs no confirmation."""
    name = require_kind(kind).retyped
    if not name:
        return None
    if name == WORD:
        return both(DELETE)
    return dict.fromkeys(LANGUAGES, str(arguments.get(name, "")))


def foresee(settings: Settings, kind: str, raw: Arguments) -> Foresight | None:
    """Return what a job will do; None for a job that needs no confirmation.

    Raises what the job would raise at once, and `UsageError` for arguments that mean nothing.
    """
    arguments = require_kind(kind).read(settings, kind, raw)
    expected = _expected_text(kind, arguments)
    if expected is None:
        return None
    with Pool.open(settings, lenient=True) as pool:
        return Foresight(_FORESEEN[kind](pool, arguments), expected)


def _count(template: str, /, **fields: object) -> Sentence:
    return {lang: say_counts(lang, template, **fields) for lang in LANGUAGES}


GOES = N_("“{title}”: all its content, the files received and the links to it.")
STAYS = N_("Its page stays and says that it was withdrawn, with a certificate of destruction.")
NEW_VERSION = N_(
    "A new published version without it is served at once; the other published versions are"
    " deleted, so that nobody can go back to them."
)
HELD = N_("Backups that hold it, which you then delete by hand: {count}.")
BACK_AGAIN = N_("To send the dataset again brings it back, as a new one.")


def _foresee_withdrawal(pool: Pool, arguments: Arguments) -> Sequence[Sentence]:
    keys = find_withdrawable(pool, arguments["name"])
    sentences: list[Sentence] = [both(GOES, title=title_of(pool, key)) for key in keys]
    copies = {
        folder
        for key in keys
        for folder in Backups(pool.settings.data).find_holding(pool.iris.graph(key))
    }
    sentences += [both(STAYS), both(NEW_VERSION)]
    if copies:
        sentences.append(_count(HELD, count=len(copies)))
    return [*sentences, both(BACK_AGAIN)]


def title_of(pool: Pool, key: DatasetKey) -> Mapping[str, str]:
    """Return the title of a dataset, or its key where the catalogue no longer has it."""
    dataset = pool.catalog.datasets.get(key)
    return dict.fromkeys(LANGUAGES, str(key)) if dataset is None else dataset.title


IS_DUE = N_("“{title}” is due since {day}: its content is deleted for good.")
NONE_DUE = N_("No dataset is due. What was cut short is finished, and old entries are forgotten.")
ALSO = N_(
    "Files that waited for too long go too, and the entries of the audit trail that are older than"
    " {days} days."
)
HOLDS_DELETED = N_("Delete the backup {folder} by hand before {day}.")


def _foresee_expiry(pool: Pool, arguments: Arguments) -> Sequence[Sentence]:
    del arguments
    sentences = []
    for graph, due in find_due(pool, clock.machine_time()):
        title = title_of(pool, pool.iris.key(graph))
        sentences.append(both(IS_DUE, title=title, day=_day(due.since)))
    copies = backups(pool.settings)
    return [
        *(sentences or [both(NONE_DUE)]),
        _count(ALSO, days=pool.settings.audit_days),
        *(both(HOLDS_DELETED, folder=copy.folder, day=_day(copy.until)) for copy in copies),
    ]


AGAIN = N_("The published version {number}, of {day}, is served again, instead of version {now}.")
DIFFERS = N_("“{title}” is then served with the content that it had.")
NOT_THERE = N_("“{title}” is then not served.")
NOTHING_DIFFERS = N_("No dataset has another content there.")
NOT_LOST = N_("Nothing is lost: publishing again serves what partners gave since.")


def _foresee_rollback(pool: Pool, arguments: Arguments) -> Sequence[Sentence]:
    target = store.find_generation(pool.settings.data, arguments["number"])
    refuse_reopening(pool, target)
    fields = {"number": str(target.number), "now": str(pointer(pool.settings.data))}
    sentences = [both(AGAIN, day=_day(target.manifest.created), **fields)]
    differing = _describe_differing(pool, target)
    return [*sentences, *(differing or [both(NOTHING_DIFFERS)]), both(NOT_LOST)]


def _describe_differing(pool: Pool, target: Generation) -> Sequence[Sentence]:
    graphs = {dataset.graph: dataset.title for dataset in pool.catalog.datasets.values()}
    return [
        both(DIFFERS if is_there else NOT_THERE, title=graphs[graph])
        for graph, is_there in list_differing_graphs(pool.settings.data, target).items()
        if graph in graphs
    ]


RECALLED_VERSION = N_("The published version {number} is deleted; nobody can go back to it.")
INSTEAD = N_("The published version {number} is served instead.")
RECALLED_CONTENT = N_("The version {version} of “{title}” is deleted, and is not taken again.")
HAS_AGAIN = N_("The dataset has its version {restored} again.")
HAS_NONE = N_("The dataset has no content then, until its partner sends it again.")
TABLE_GOES = N_("Whoever asked for table {number} reads it no more, and is told why.")
TABLE_STAYS_KNOWN = N_("Later releases are still controlled as if its figures were known.")
VERSIONS_GO = N_("These published versions hold it, and are deleted: {numbers}.")


def _foresee_recall(pool: Pool, arguments: Arguments) -> Sequence[Sentence]:
    name, label = arguments["name"], arguments["version"] or None
    recall = foresee_recall(pool, name, label)
    served = recall.generation
    if recall.table is not None:
        return [both(TABLE_GOES, number=str(recall.table)), both(TABLE_STAYS_KNOWN)]
    if recall.dataset is None:
        sentences = [both(RECALLED_VERSION, number=name)]
        if served is not None and served != pointer(pool.settings.data):
            sentences.append(both(INSTEAD, number=str(served)))
        return sentences
    title = title_of(pool, recall.dataset)
    numbers = ", ".join(map(str, recall.generations))
    return [
        both(RECALLED_CONTENT, version=recall.version, title=title),
        both(HAS_AGAIN, restored=recall.restored) if recall.restored else both(HAS_NONE),
        *([both(VERSIONS_GO, numbers=numbers)] if numbers else []),
    ]


def _day(at: datetime) -> dict[str, str]:
    return {lang: day(lang, at) for lang in LANGUAGES}


_FORESEEN: Mapping[str, Callable[[Pool, Arguments], Sequence[Sentence]]] = {
    "withdraw": _foresee_withdrawal,
    "expire": _foresee_expiry,
    "rollback": _foresee_rollback,
    "recall": _foresee_recall,
}
