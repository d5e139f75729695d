"""Records taken from another portal, as texts of the catalogue folder for the steward to read.

A dataset that is new here gets its folder; a text that nobody has edited since it was proposed is
written anew; beside one that somebody has, the new text stands under ``_proposed``, which the
catalogue does not read. Nothing is published by it: no agreement speaks of a new dataset yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parvis.catalog import Partner
from parvis.catalog.entries import read_dataset
from parvis.errors import ParvisError
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.harvested import Memory
from parvis.pooling.pool import Pool
from parvis.portals.harvest import Page, Portal, pages
from parvis.portals.offered import Offered
from parvis.portals.proposal import (
    is_of,
    other_slug,
    propose,
    proposed_as,
    slug_of,
    untouched,
)
from parvis.vocab.iris import DatasetKey

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
