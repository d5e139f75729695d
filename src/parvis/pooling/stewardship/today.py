"""What waits for the steward today: one line for each thing to do, the gravest first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.config import Settings, clock
from parvis.errors import NothingPublished
from parvis.governance import RuleKind, list_upcoming_dates
from parvis.governance.requests import OPEN_STATES, RequestState
from parvis.i18n import LANGUAGES, N_, NN_, Counted, both, day, number, say_count
from parvis.ledger import Backups, Jobs, JobState, Judgements
from parvis.pooling.agreements import with_agreements
from parvis.pooling.intake.deposits import waiting
from parvis.pooling.intake.sources import health
from parvis.pooling.linking.judgements import to_review
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.jobs import KINDS
from parvis.pooling.stewardship.register import read_register
from parvis.pooling.stewardship.requests.requesting import list_requests
from parvis.pooling.stewardship.retention import backups, find_due
from parvis.pooling.versions import versions_of
from parvis.store.generation.generation import current

Sentence = Mapping[str, str]

SOON = timedelta(days=30)
"""How long before its end an agreement is listed."""
RECENT = timedelta(days=30)
"""For how long a job that failed is listed."""
BACKUP_DAYS = 7
"""Days after which a backup is old."""
ITEMS = 5
"""Things that a line names."""


@dataclass(frozen=True)
class Task:
    """What there is to do of one kind: how many, in a sentence, and the first of them by name.

    `name` is a word for programs; a `count` of 0 says that nothing waits.
    """

    name: str
    count: int
    sentence: Sentence
    items: Sequence[Sentence] = ()

    @property
    def more(self) -> int:
        """Return how many are not named."""
        return self.count - len(self.items) if self.items else 0


LINES: Mapping[str, tuple[str, Counted]] = {
    "set-aside": (
        N_("The texts of every partner are right."),
        NN_(
            "The texts of {num} partner are wrong: its last right ones are used.",
            "The texts of {num} partners are wrong: their last right ones are used.",
        ),
    ),
    "queue": (
        N_("No file waits for a decision."),
        NN_("{num} file waits for a decision.", "{num} files wait for a decision."),
    ),
    "publish": (
        N_("Everything that was accepted is published."),
        NN_(
            "{num} dataset was accepted and is not published yet.",
            "{num} datasets were accepted and are not published yet.",
        ),
    ),
    "requests": (
        N_("No request for access waits."),
        NN_("{num} request for access waits.", "{num} requests for access wait."),
    ),
    "retention": (
        N_("Nothing is due to be deleted."),
        NN_("{num} dataset is due to be deleted.", "{num} datasets are due to be deleted."),
    ),
    "backups-to-delete": (
        N_("No backup holds what was deleted."),
        NN_(
            "{num} backup holds what was deleted: delete it by hand.",
            "{num} backups hold what was deleted: delete them by hand.",
        ),
    ),
    "jobs": (
        N_("No job failed."),
        NN_("{num} job failed or was interrupted.", "{num} jobs failed or were interrupted."),
    ),
    "sources": (
        N_("Every source delivers."),
        NN_("{num} source is late or broken.", "{num} sources are late or broken."),
    ),
    "agreements": (
        N_("No agreement ends within 30 days."),
        NN_("{num} agreement ends within 30 days.", "{num} agreements end within 30 days."),
    ),
    "figures": (
        N_("No release of figures waits for a review."),
        NN_(
            "{num} release of figures is to be reviewed before it is published.",
            "{num} releases of figures are to be reviewed before they are published.",
        ),
    ),
    "rounds": (
        N_("No round of distinct people waits."),
        NN_(
            "{num} round of distinct people waits for you.",
            "{num} rounds of distinct people wait for you.",
        ),
    ),
    "anonymisation": (
        N_("No review of an anonymisation is overdue."),
        NN_(
            "The review of {num} anonymisation is overdue.",
            "The reviews of {num} anonymisations are overdue.",
        ),
    ),
    "links": (
        N_("No doubtful link waits."),
        NN_(
            "{num} pair may be one and the same: somebody decides.",
            "{num} pairs may each be one and the same: somebody decides.",
        ),
    ),
    "judgements": (
        N_("Every decision about duplicates is published."),
        NN_(
            "{num} decision about duplicates is not published yet.",
            "{num} decisions about duplicates are not published yet.",
        ),
    ),
}
"""The lines, the gravest first: when nothing waits, and when something does."""
NO_BACKUP = N_("No backup was made yet.")
BACKED_UP_TODAY = N_("The last backup is of today.")
BACKED_UP = NN_("The last backup is {num} day old.", "The last backup is {num} days old.")
UNTIL = N_("{title}, until {day}")
OF = N_("{file} (for {title})")
IN_STATE = {
    "late": N_("{title}: late"),
    "broken": N_("{title}: cannot be fetched"),
    "stopped": N_("{title}: stopped"),
}
SOURCES_WRONG = frozenset(IN_STATE)


def list_tasks(settings: Settings) -> list[Task]:
    """Return a line for each kind of thing to do, also where nothing waits."""
    now = clock.machine_time()
    with Pool.open(settings, lenient=True) as pool:
        look = _Look(with_agreements(pool), now)
        listed: dict[str, tuple[int, list[Sentence]]] = {
            name: _count_items(items()) for name, items in look.sources().items()
        }
    listed["links"] = to_review(settings.data, most=0).count, []
    listed["requests"] = count_open_requests(settings), []
    tasks = [_describe(name, *listed[name]) for name in LINES]
    return [*tasks, _describe_backup(settings, now)]


def count_open_requests(settings: Settings) -> int:
    """Return how many requests for access wait for an answer."""
    return sum(RequestState(view.request.state) in OPEN_STATES for view in list_requests(settings))


def _count_items(items: Iterable[Sentence]) -> tuple[int, list[Sentence]]:
    listed = list(items)
    return len(listed), [item for item in listed[:ITEMS] if item]


def _describe(name: str, count: int, items: Sequence[Sentence]) -> Task:
    nothing, something = LINES[name]
    if not count:
        return Task(name, 0, both(nothing))
    sentence = {
        lang: say_count(lang, something, count, num=number(lang, count)) for lang in LANGUAGES
    }
    return Task(name, count, sentence, items)


def _describe_backup(settings: Settings, now: datetime) -> Task:
    last = Backups(settings.data).last()
    if last is None:
        return Task("backup", 1, both(NO_BACKUP))
    days = max((now - last).days, 0)
    if not days:
        return Task("backup", 0, both(BACKED_UP_TODAY))
    sentence = {
        lang: say_count(lang, BACKED_UP, days, num=number(lang, days)) for lang in LANGUAGES
    }
    return Task("backup", int(days > BACKUP_DAYS), sentence)


class _Look:
    """Looks for what is to do in a pool at an instant, with the agreements in force."""

    def __init__(self, pool: Pool, now: datetime) -> None:
        self.pool, self.now, self.data = pool, now, pool.settings.data
        self.titles = {str(key): d.title for key, d in pool.catalog.datasets.items()}
        self.published: datetime | None = None
        with suppress(NothingPublished):
            self.published = current(self.data).manifest.created

    def sources(self) -> dict[str, Callable[[], Iterable[Sentence]]]:
        """Return what lists the things of each kind that can be named."""
        return {
            "set-aside": self.set_aside,
            "queue": self.queue,
            "publish": lambda: self.unpublished(own=False),
            "figures": lambda: self.unpublished(own=True),
            "retention": self.retention,
            "backups-to-delete": self.backups_to_delete,
            "jobs": self.failed_jobs,
            "sources": self.wrong_sources,
            "agreements": self.ending_agreements,
            "rounds": self.waiting_rounds,
            "anonymisation": self.overdue_reviews,
            "judgements": self.unpublished_judgements,
        }

    def set_aside(self) -> Iterator[Sentence]:
        names = {partner.slug: partner.names for partner in self.pool.catalog.partners.values()}
        for slug in self.pool.catalog.set_aside:
            yield names.get(slug) or _plain(slug)

    def queue(self) -> Iterator[Sentence]:
        for deposit in waiting(self.pool.settings):
            key = deposit.dataset.partition("/id/dataset/")[2]
            yield both(OF, file=deposit.file, title=self._title(key))

    def unpublished(self, *, own: bool) -> Iterator[Sentence]:
        """List the datasets whose content came after what is served: the third party's `own`."""
        third_party = self.pool.catalog.third_party.iri
        for key, version in versions_of(self.pool).items():
            dataset = self.pool.catalog.datasets[key]
            is_new = self.published is None or version.submitted > self.published
            if is_new and (dataset.publisher == third_party) is own:
                yield dataset.title

    def retention(self) -> Iterator[Sentence]:
        for graph, _ in find_due(self.pool, self.now):
            yield self._title(str(self.pool.iris.key(graph)))

    def backups_to_delete(self) -> Iterator[Sentence]:
        for copy in backups(self.pool.settings):
            days = {lang: day(lang, copy.until) for lang in LANGUAGES}
            yield both(UNTIL, title=copy.folder, day=days)

    def failed_jobs(self) -> Iterator[Sentence]:
        """List the jobs that failed and that were not run again since."""
        later: set[str] = set()
        for job in Jobs(self.data).latest():
            failed = job.state in {JobState.FAILED, JobState.INTERRUPTED}
            if failed and job.kind not in later and job.created > self.now - RECENT:
                yield both(KINDS[job.kind].title) if job.kind in KINDS else _plain(job.kind)
            later.add(job.kind)

    def wrong_sources(self) -> Iterator[Sentence]:
        for source in health(self.data, self.now):
            if source["state"] in SOURCES_WRONG:
                yield both(IN_STATE[source["state"]], title=self._title(source["dataset"]))

    def ending_agreements(self) -> Iterator[Sentence]:
        policies, ends = self.pool.catalog.policies, dict[str, datetime]()
        for dataset in self.pool.catalog.datasets.values():
            for change in list_upcoming_dates(policies, dataset.iri, self.now):
                is_end = change.rule.kind is RuleKind.PERMISSION and not change.begins
                if is_end and change.at <= self.now + SOON and change.rule.agreement:
                    ends.setdefault(change.rule.agreement, change.at)
        for iri, at in sorted(ends.items(), key=lambda pair: pair[1]):
            agreement = policies.agreement(iri)
            title = dict(agreement.title) if agreement else _plain(iri)
            yield both(UNTIL, title=title, day={lang: day(lang, at) for lang in LANGUAGES})

    def waiting_rounds(self) -> Iterator[Sentence]:
        from parvis.pooling.publics.rounds.waiting import list_waiting  # noqa: PLC0415 - kits and masks, which few pools need

        return list_waiting(self.pool.settings, self.now)

    def overdue_reviews(self) -> Iterator[Sentence]:
        register = read_register(self.pool, self.now.date())
        last = {entry.dataset: entry for entry in register.entries}
        for entry in filter(register.is_overdue, last.values()):
            yield entry.title

    def unpublished_judgements(self) -> Iterator[Sentence]:
        if self.published is None:
            return
        for entry in Judgements(self.data).all():
            if entry.at > self.published:
                yield {}

    def _title(self, key: str) -> Sentence:
        return self.titles.get(key) or _plain(key)


def _plain(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)
