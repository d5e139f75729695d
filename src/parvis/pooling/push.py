"""Records pushed to a CKAN: what anybody may know of the published generation, no more.

An agreement that forbids everyone to distribute a dataset keeps its record from other portals too,
though everyone may know of it here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from parvis.config import Settings
from parvis.errors import ParvisError
from parvis.governance import ANONYMOUS, DISTRIBUTE, Code, decide
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.cards import DatasetCard
from parvis.pooling.published import Published
from parvis.portals.applying import Done, apply
from parvis.portals.ckan import Ckan
from parvis.portals.fields import Fields
from parvis.portals.package import Wanted, wanted
from parvis.portals.plan import Changes, Kind, plan
from parvis.portals.reading import Watch, read_remote
from parvis.portals.record import read_record
from parvis.store.generation import current
from parvis.vocab.iris import Iris

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
