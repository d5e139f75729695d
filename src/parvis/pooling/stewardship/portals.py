"""Records taken from another portal, as texts of the catalogue folder for the steward to read.

A dataset that is new here gets its folder; a text that nobody has edited since it was proposed is
written anew; beside one that somebody has, the new text stands under ``_proposed``, which the
catalogue does not read. Nothing is published by it: no agreement speaks of a new dataset yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parvis.catalog import Partner
from parvis.catalog.entries import read_dataset
from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.harvest import Known, Page, Portal, pages
from parvis.catalog.portals.offered import Offered
from parvis.catalog.portals.package import Wanted, wanted
from parvis.catalog.portals.plan import Changes, Done, Kind, Watch, apply, plan, read_remote
from parvis.catalog.portals.proposal import (
    is_of,
    other_slug,
    propose,
    proposed_as,
    slug_of,
    untouched,
)
from parvis.catalog.portals.record import read_record
from parvis.config import Settings
from parvis.config.documents import Document
from parvis.errors import ParvisError
from parvis.fetch.download import Validators
from parvis.governance import ANONYMOUS, DISTRIBUTE, Code, decide
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.cards import DatasetCard
from parvis.pooling.pool import Pool
from parvis.pooling.serving.snapshot import Published
from parvis.store.files import read_object, replace_object, writing
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey, Iris

# What servers said of the pages that were harvested, kept in ``harvests.json``.


class Memory:
    """The pages that were harvested for one partner."""

    def __init__(self, data: Path, partner: Partner) -> None:
        """Use a data folder."""
        self._data, self._partner = data, partner
        self._file = data / "harvests.json"

    def known(self, address: str) -> Known | None:
        """Give what is known of a page; nothing if a text that came of it is no longer here."""
        found = self._page(address)
        texts = [self._partner.folder / one / "dataset.ttl" for one in found.get("datasets", [])]
        if not texts or not all(one.is_file() for one in texts):
            return None
        return Known(Validators(found.get("etag"), found.get("modified")), found.get("next"))

    def datasets(self, address: str) -> list[str]:
        """Give the slugs of the datasets that came of a page."""
        return list(self._page(address).get("datasets", []))

    def keep(self, page: Page, datasets: list[str]) -> None:
        """Keep what a server said of a page, in one step."""
        said = page.known.validators
        if said == Validators():
            return
        one = {**asdict(said), "next": page.known.next, "datasets": datasets}
        with writing(self._data):
            whole = self._all()
            whole.setdefault(self._partner.slug, {})[page.address] = one
            replace_object(self._file, whole)

    def _page(self, address: str) -> dict[str, Any]:
        """Give what is kept of a page."""
        whole = Document(self._all(), self._file.name)
        if self._partner.slug not in whole.table():
            return {}
        page = whole.member(self._partner.slug).member(address)
        if page.value is None:
            return {}
        for slug in page.member("datasets").items():  # each is looked for as a folder
            slug.path()
        following = page.member("next")
        following.optional(following.text)
        return page.table()

    def _all(self) -> dict[str, Any]:
        """Read the whole file."""
        return read_object(self._file)


PROPOSED = "_proposed"


class Status(StrEnum):
    """What came of one record."""

    NEW = "new"
    UPDATED = "updated"
    SAME = "unchanged"
    EDITED = "edited"
    FAILED = "failed"


@dataclass(frozen=True)
class Taken:
    """What came of one record, or of a page that could not be had."""

    name: str
    status: Status
    key: DatasetKey | None = None
    error: ParvisError | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found: dict[str, Any] = {"record": self.name, "status": self.status.value}
        if self.key is not None:
            found["dataset"] = str(self.key)
        if self.error is not None:
            found["error"] = {lang: explain(self.error, lang) for lang in LANGUAGES}
        return found


@dataclass(frozen=True)
class Harvest:
    """One harvest of a portal for a partner; comments of its texts are in `lang`."""

    pool: Pool
    portal: Portal
    partner: Partner
    lang: str
    dry_run: bool = False

    def take(self) -> Iterator[Taken]:
        """Take every record; what fails for one stops no other.

        Raises what the first page raises; a later one that fails is told as failed, since what
        follows it is not known.
        """
        memory = Memory(self.pool.settings.data, self.partner)
        begun = False
        try:
            for page in pages(self.portal, self.pool.settings, memory.known):
                begun = True
                taken = list(self._page(page, memory))
                yield from taken
                self._remember(page, taken, memory)
        except ParvisError as error:
            if not begun:
                raise
            yield Taken(str(self.portal.address), Status.FAILED, error=error)

    def _page(self, page: Page, memory: Memory) -> Iterator[Taken]:
        """Take the records of one page."""
        if page.unchanged:
            for slug in memory.datasets(page.address):
                key = DatasetKey(self.partner.slug, slug)
                yield Taken(str(key), Status.SAME, key)
        for one in page.offered:
            yield self._one(one)

    def _remember(self, page: Page, taken: Iterable[Taken], memory: Memory) -> None:
        """Keep what the server said of a page all of whose records are here as proposed."""
        whole = all(one.status not in {Status.FAILED, Status.EDITED} for one in taken)
        if whole and not page.unchanged and not self.dry_run:
            memory.keep(page, [one.key.dataset for one in taken if one.key is not None])

    def _one(self, offered: Offered) -> Taken:
        """Take one record."""
        try:
            key, file = self._place(offered)
            source = str(self.portal.address)
            text = propose(offered, key, self.pool.iris, source, self.lang)
            self._check(text, key)
            status = _status(file, text)
            if not self.dry_run:
                _write(file, text, status)
        except ParvisError as error:
            return Taken(offered.told, Status.FAILED, error=error)
        return Taken(offered.told, status, key)

    def _place(self, offered: Offered) -> tuple[DatasetKey, Path]:
        """Tell where a record's text stands: under its name, unless another record has it."""
        for slug in (slug_of(offered), other_slug(offered)):
            file = self.partner.folder / slug / "dataset.ttl"
            if not file.is_file() or is_of(file.read_text("utf-8"), offered):
                break
            if proposed_as(file.read_text("utf-8")) is None:
                break  # somebody wrote it by hand: the same dataset, as far as anybody can tell
        return DatasetKey(self.partner.slug, slug), file

    def _check(self, text: str, key: DatasetKey) -> None:
        """Read a text as the catalogue will, before it stands where it would be read."""
        with TemporaryDirectory(prefix="parvis-") as folder:
            place = Path(folder) / key.dataset
            place.mkdir()
            (place / "dataset.ttl").write_text(text, encoding="utf-8")
            read_dataset(place, self.partner, self.pool.iris)


def harvest(pool: Pool, portal: Portal, slug: str, lang: str, *, dry_run: bool) -> Harvest:
    """Prepare a harvest for a partner; raises `UnknownThing`."""
    return Harvest(pool, portal, pool.catalog.require_partner(slug), lang, dry_run)


def _status(file: Path, text: str) -> Status:
    """Compare a text with what is there: what was edited here may not have changed there."""
    if not file.is_file():
        return Status.NEW
    there = file.read_text("utf-8")
    if proposed_as(there) == proposed_as(text):
        return Status.SAME
    return Status.UPDATED if untouched(there) else Status.EDITED


def _write(file: Path, text: str, status: Status) -> None:
    """Write a text in one step, beside what somebody has edited."""
    if status is Status.SAME:
        return
    if status is Status.EDITED:
        file = file.parents[1] / PROPOSED / file.parent.name / file.name
    folder = file.parent
    if folder.is_dir():
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)
        return
    fresh = folder.with_name(f".{folder.name}.part")  # a folder without record is no catalogue
    fresh.mkdir(parents=True, exist_ok=True)
    (fresh / file.name).write_text(text, encoding="utf-8")
    fresh.rename(folder)


# Records pushed to a CKAN: what anybody may know of the published generation, no more.
#
# An agreement that forbids everyone to distribute a dataset keeps its record from other portals
# too, though everyone may know of it here.

GUARD = 25.0
"""Percent of a pool's packages that one push may delete, unless told otherwise."""


@dataclass
class Push:
    """A push to one CKAN: its plan, then what came of it; `failed` names datasets."""

    ckan: Ckan
    changes: Changes
    failed: dict[str, ParvisError] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)

    def carry_out(self) -> Iterator[Done]:
        """Change what the plan says, telling each as it is done."""
        for one in apply(self.ckan, self.changes):
            self.done.append(one)
            if one.error is not None:
                self.failed[one.change.key] = one.error
            yield one

    @property
    def exit_code(self) -> int:
        """Give 1 if any dataset failed, 0 otherwise."""
        return 1 if self.failed else 0

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data: datasets by what is, or is to be, done with them."""
        planned = {
            kind.value: [one.key for one in self.changes.of(kind) if one.key not in self.failed]
            for kind in Kind
        }
        return planned | {
            "organizations": sorted(self.changes.organizations),
            "failed": {
                key: {lang: explain(error, lang) for lang in LANGUAGES}
                for key, error in self.failed.items()
            },
        }


def prepare(
    settings: Settings,
    ckan: Ckan,
    fields: Fields,
    guard: float = GUARD,
    watch: Watch | None = None,
) -> Push:
    """Plan a push of the published generation; nothing is changed yet.

    A record that cannot be told is a failure, and then nothing is deleted: the catalogue is not
    whole. Raises `NothingPublished`, what `Ckan.call` raises, and what `plan` raises.
    """
    published = Published.read(current(settings.data), Iris(settings.base))
    packages: list[Wanted] = []
    failed: dict[str, ParvisError] = {}
    for card in _leaving(published):
        try:
            packages.append(_wanted(published, card, fields, settings.base))
        except ParvisError as error:
            failed[str(card.key)] = error
    remote = read_remote(ckan, packages, settings.base, watch)
    return Push(ckan, plan(packages, remote, guard, complete=not failed), failed)


def count(settings: Settings) -> int:
    """Tell how many datasets there are to push; raises `NothingPublished`."""
    return len(_leaving(Published.read(current(settings.data), Iris(settings.base))))


def _leaving(published: Published) -> list[DatasetCard]:
    """Give the datasets whose records may leave the house now."""
    now = _now(published)

    def kept(iri: str) -> bool:
        found = decide(published.policies, ANONYMOUS, DISTRIBUTE, iri, now)
        return found.reason.code is Code.PROHIBITED

    return [card for card in published.known(ANONYMOUS, now) if not kept(card.iri)]


def _now(published: Published) -> datetime:
    """Tell the time: a clock that was set back opens nothing again."""
    return max(datetime.now(UTC), published.generation.manifest.created)


def _wanted(published: Published, card: DatasetCard, fields: Fields, pool: str) -> Wanted:
    """Say what a portal should have of one dataset."""
    graph = published.record(card.key, published.shut(_now(published)))
    partner = published.partners[card.key.partner]
    record = read_record(graph, card.iri, partner.slug, partner.name, readable=card.readable)
    return wanted(record, fields, pool)
