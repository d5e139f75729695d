"""Records taken from another portal, as texts of the catalogue folder for the steward to read.

A new dataset gets its folder; a text that nobody has edited since it was proposed is replaced;
for an edited one, the new text goes under ``_proposed``, which the catalogue does not read.
All that one harvest writes is one change of the catalogue's history. Nothing is published by it: no
agreement covers a new dataset yet.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from parvis.catalog.entries import Partner, read_dataset
from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields, read_record
from parvis.catalog.portals.harvest import PageState, Portal, PortalPage, pages
from parvis.catalog.portals.offered import OfferedDataset
from parvis.catalog.portals.plan import (
    ChangeKind,
    ChangeOutcome,
    PlannedPackage,
    PushPlan,
    Watch,
    apply,
    plan,
    plan_package,
    read_remote,
)
from parvis.catalog.portals.proposal import (
    is_proposal_of,
    is_unedited,
    other_slug,
    proposal_digest,
    propose,
    slug_of,
)
from parvis.config import Settings, clock
from parvis.config.documents import Document
from parvis.errors import ParvisError
from parvis.fetch.validators import Validators
from parvis.governance import ANONYMOUS, DISTRIBUTE, DecisionCode, decide
from parvis.i18n import LANGUAGES, N_, explain, say
from parvis.ledger import SHELL, Act, Audit, Author, Event
from parvis.pooling.cards import DatasetCard
from parvis.pooling.pool import Pool
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.texts import change_texts, digest_of
from parvis.pooling.texts.writing import read_text, text_file
from parvis.store.files import read_object, replace_object, writing
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey, Iris


class HarvestMemory:
    """The harvested pages of one partner, with their validators, in ``harvests.json``."""

    def __init__(self, data: Path, partner: Partner) -> None:
        self._data, self._partner = data, partner
        self._file = data / "harvests.json"

    def page_state(self, address: str) -> PageState | None:
        """Return the state of a page; None if a text that came of it is no longer here."""
        page = self._read_page(address)
        texts = [self._partner.folder / slug / "dataset.ttl" for slug in page.get("datasets", [])]
        if not texts or not all(text.is_file() for text in texts):
            return None
        return PageState(Validators(page.get("etag"), page.get("modified")), page.get("next"))

    def datasets(self, address: str) -> list[str]:
        return list(self._read_page(address).get("datasets", []))

    def keep(self, page: PortalPage, datasets: list[str]) -> None:
        """Store a page's validators, if the server sent any, in one step."""
        validators = page.state.validators
        if validators == Validators():
            return
        state = {**asdict(validators), "next": page.state.next, "datasets": datasets}
        with writing(self._data):
            pages_by_partner = self._read_all()
            pages_by_partner.setdefault(self._partner.slug, {})[page.address] = state
            replace_object(self._file, pages_by_partner)

    def _read_page(self, address: str) -> dict[str, Any]:
        document = Document(self._read_all(), self._file.name)
        if self._partner.slug not in document.table():
            return {}
        page = document.member(self._partner.slug).member(address)
        if page.value is None:
            return {}
        # Each slug becomes the name of a folder.
        for slug in page.member("datasets").items():
            slug.path()
        following = page.member("next")
        following.optional(following.text)
        return page.table()

    def _read_all(self) -> dict[str, Any]:
        return read_object(self._file)


PROPOSED = "_proposed"
TAKEN_FROM = N_("Records taken from {address}")


class HarvestStatus(StrEnum):
    NEW = "new"
    UPDATED = "updated"
    SAME = "unchanged"
    EDITED = "edited"
    FAILED = "failed"


@dataclass(frozen=True)
class HarvestOutcome:
    """The outcome of a record, or of a page that could not be fetched."""

    name: str
    status: HarvestStatus
    key: DatasetKey | None = None
    error: ParvisError | None = None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"record": self.name, "status": self.status.value}
        if self.key is not None:
            document["dataset"] = str(self.key)
        if self.error is not None:
            document["error"] = {lang: explain(self.error, lang) for lang in LANGUAGES}
        return document


class HarvestedTexts:
    """The texts that a harvest writes, gathered until they are written all together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._before: dict[str, str | None] = {}
        self._after: dict[str, str] = {}

    def read(self, path: str) -> str | None:
        """Return a text as it will be; None for one that is not there."""
        if path not in self._before:
            self._before[path] = read_text(text_file(self._settings.catalog, path))
        return self._after.get(path, self._before[path])

    def put(self, path: str, text: str) -> None:
        if self.read(path) != text:
            self._after[path] = text

    def write(self, author: Author, reason: str) -> None:
        """Write them as one change; raises as `change_texts` does, also for a text edited since."""
        if not self._after:
            return
        before = {path: self._before[path] for path in self._after}
        new = {path: text for path, text in self._after.items() if before[path] is None}
        changed = {path: text for path, text in self._after.items() if path not in new}
        seen = {path: digest_of(text) for path, text in before.items()}
        change_texts(self._settings, new, changed, author, reason, expected=seen)


@dataclass(frozen=True)
class Harvest:
    """A harvest of a portal for a partner; the comments in its texts are in `lang`."""

    pool: Pool
    portal: Portal
    partner: Partner
    lang: str
    dry_run: bool = False
    author: Author = SHELL
    reason: str = ""

    def take_records(self) -> list[HarvestOutcome]:
        """Take every record, and write the texts of all; a failure does not stop the others.

        Raises what the first page raises, and what `change_texts` does: then nothing is written. A
        later page that fails is the last outcome, since the address of the next one is unknown.
        """
        memory = HarvestMemory(self.pool.settings.data, self.partner)
        texts = HarvestedTexts(self.pool.settings)
        outcomes: list[HarvestOutcome] = []
        read: list[tuple[PortalPage, list[str]]] = []
        begun = False
        try:
            for page in pages(self.portal, self.pool.settings, memory.page_state):
                begun = True
                taken = list(self._read_page(page, memory, texts))
                outcomes += taken
                # A page is read again unless all its records are here as proposed.
                as_proposed = not any(
                    outcome.status in {HarvestStatus.FAILED, HarvestStatus.EDITED}
                    for outcome in taken
                )
                if as_proposed and not page.unchanged:
                    slugs = [outcome.key.dataset for outcome in taken if outcome.key is not None]
                    read.append((page, slugs))
        except ParvisError as error:
            if not begun:
                raise
            address = str(self.portal.address)
            outcomes.append(HarvestOutcome(address, HarvestStatus.FAILED, error=error))
        if not self.dry_run:
            reason = self.reason or say(self.lang, TAKEN_FROM, address=self.portal.address)
            texts.write(self.author, reason)
            for page, slugs in read:
                memory.keep(page, slugs)
        return outcomes

    def _read_page(
        self, page: PortalPage, memory: HarvestMemory, texts: HarvestedTexts
    ) -> Iterator[HarvestOutcome]:
        if page.unchanged:
            for slug in memory.datasets(page.address):
                key = DatasetKey(self.partner.slug, slug)
                yield HarvestOutcome(str(key), HarvestStatus.SAME, key)
        for offered in page.offered:
            yield self._take_record(offered, texts)

    def _take_record(self, offered: OfferedDataset, texts: HarvestedTexts) -> HarvestOutcome:
        try:
            # A record's text has the record's name, unless another record has it.
            for slug in (slug_of(offered), other_slug(offered)):
                key = DatasetKey(self.partner.slug, slug)
                existing = texts.read(f"{key}/dataset.ttl")
                # A text written by hand is about the same dataset, as far as anyone can tell.
                if (
                    existing is None
                    or is_proposal_of(existing, offered)
                    or proposal_digest(existing) is None
                ):
                    break
            source = str(self.portal.address)
            text = propose(offered, key, self.pool.iris, source, self.lang)
            # The text is read as the catalogue will read it, before it is written there.
            with TemporaryDirectory(prefix="parvis-") as folder:
                place = Path(folder) / key.dataset
                place.mkdir()
                (place / "dataset.ttl").write_text(text, encoding="utf-8")
                read_dataset(place, self.partner, self.pool.iris)
            # A text edited here may be unchanged at the portal.
            if existing is None:
                status = HarvestStatus.NEW
            elif proposal_digest(existing) == proposal_digest(text):
                status = HarvestStatus.SAME
            else:
                status = HarvestStatus.UPDATED if is_unedited(existing) else HarvestStatus.EDITED
            if status is not HarvestStatus.SAME:
                partner, edited = key.partner, status is HarvestStatus.EDITED
                parent = f"{partner}/{PROPOSED}" if edited else partner
                texts.put(f"{parent}/{key.dataset}/dataset.ttl", text)
        except ParvisError as error:
            return HarvestOutcome(offered.label, HarvestStatus.FAILED, error=error)
        return HarvestOutcome(offered.label, status, key)


def harvest(  # noqa: PLR0913 - a change of the catalogue has its author and reason
    pool: Pool,
    portal: Portal,
    slug: str,
    lang: str,
    *,
    dry_run: bool,
    author: Author = SHELL,
    reason: str = "",
) -> Harvest:
    partner = pool.catalog.require_partner(slug)
    return Harvest(pool, portal, partner, lang, dry_run, author, reason)


# Records pushed to a CKAN: those of the published generation that everyone may discover.

GUARD = 25.0
"""Default limit of a push: the percentage of the pool's packages that it may delete."""


@dataclass
class Push:
    """A push to a CKAN: its plan; `failed` has errors by dataset."""

    ckan: Ckan
    changes: PushPlan
    data: Path
    failed: dict[str, ParvisError] = field(default_factory=dict)

    def carry_out(self, author: Author = SHELL) -> Iterator[ChangeOutcome]:
        """Carry out the plan, yielding each outcome; record what was sent, also if it stops."""
        sent: list[tuple[str, None]] = []
        try:
            for outcome in apply(self.ckan, self.changes):
                if outcome.error is not None:
                    self.failed[outcome.change.key] = outcome.error
                elif outcome.change.kind is not ChangeKind.DELETE:
                    sent.append((outcome.change.iri, None))
                yield outcome
        finally:
            if sent:
                portal = urlsplit(self.ckan.address.url).hostname
                facts = (*author.facts(), ("portal", portal))
                event = Event(Act.EXPORT, clock.machine_time(), author.party, tuple(sent), facts)
                Audit(self.data).append([event])

    @property
    def exit_code(self) -> int:
        return 1 if self.failed else 0

    def to_json(self) -> dict[str, Any]:
        """Return the datasets by what is, or is to be, done with them."""
        planned = {
            kind.value: [
                change.key for change in self.changes.of(kind) if change.key not in self.failed
            ]
            for kind in ChangeKind
        }
        return planned | {
            "organizations": sorted(self.changes.organizations),
            "failed": {
                key: {lang: explain(error, lang) for lang in LANGUAGES}
                for key, error in self.failed.items()
            },
        }


def prepare(
    settings: Settings, ckan: Ckan, fields: Fields, guard: float = GUARD, watch: Watch | None = None
) -> Push:
    """Plan a push of the published generation, without changing anything.

    Raises `NothingPublished`, what `Ckan.call` raises, and what `plan` raises.
    """
    published = Snapshot.read(current(settings.data), Iris(settings.base))
    packages: list[PlannedPackage] = []
    failed: dict[str, ParvisError] = {}
    for card in _pushable_cards(published):
        try:
            packages.append(build_package(published, card, fields, settings.base))
        except ParvisError as error:
            # The plan is then incomplete, so that nothing is deleted.
            failed[str(card.key)] = error
    remote = read_remote(ckan, packages, settings.base, watch)
    changes = plan(packages, remote, guard, complete=not failed)
    return Push(ckan, changes, settings.data, failed)


def build_package(
    published: Snapshot, card: DatasetCard, fields: Fields, base: str
) -> PlannedPackage:
    """Build the package of a dataset for another portal, of what anyone may know of it."""
    graph = published.record(card.key, published.closed_since_publication(_now(published)))
    partner = published.partners[card.key.partner]
    record = read_record(graph, card.iri, partner.slug, partner.name, readable=card.readable)
    return plan_package(record, fields, base)


def count(settings: Settings) -> int:
    """Return the number of datasets to push; raises `NothingPublished`."""
    return len(_pushable_cards(Snapshot.read(current(settings.data), Iris(settings.base))))


def _pushable_cards(published: Snapshot) -> list[DatasetCard]:
    # An agreement that forbids everyone to distribute a dataset keeps its record from other
    # portals, though everyone may know of it here.
    cards, now = [], _now(published)
    for card in published.discoverable_cards(ANONYMOUS, now):
        decision = decide(published.policies, ANONYMOUS, DISTRIBUTE, card.iri, now)
        if decision.reason.code is not DecisionCode.PROHIBITED:
            cards.append(card)
    return cards


def _now(published: Snapshot) -> datetime:
    # A clock that was set back must not open anything again.
    return max(clock.now(), published.generation.manifest.created)
