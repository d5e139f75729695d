"""Close a pooling project: what was learned, and what becomes of its data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.catalog import Dataset, Project
from parvis.errors import UsageError
from parvis.governance import Kind
from parvis.governance.policies import DELETE, ELAPSED_TIME
from parvis.i18n import LANGUAGES, N_, both, day
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.certificates import Signatory, certificates
from parvis.pooling.stewardship.drafts import drafted, write
from parvis.store.generation.generation import numbers

CLOSED = N_("the project {slug} is closed already, since {day}")

DESTROYED = N_("withdrawn or destroyed on {day}")
NEVER = N_("nothing of it was ever submitted, or nothing is left")
DUE = N_("due for destruction since {day}: run parvis expire")
LATER = N_("to be destroyed on {day}")
AFTER = N_("to be destroyed once held for {duration} (ISO 8601)")
LASTING = N_("kept: no agreement of the project says when it is to be destroyed")


@dataclass(frozen=True)
class Fate:
    """What becomes of one dataset when its project is closed.

    `due` is the instant at which an agreement of the project wants it destroyed, if one does;
    `text` says the whole by language, `survives` whether something of it may still be read.
    """

    dataset: str
    state: str
    text: dict[str, str]
    due: datetime | None
    survives: bool

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return vars(self) | {"due": self.due and self.due.isoformat()}


def close(pool: Pool, slug: str, learned: dict[str, str], at: datetime) -> dict[str, Any]:
    """Close a project at an instant, with what was learned, by language.

    From then on its agreements permit nothing but what they say survives. Two files are written
    beside the project's: its closing, and the account of its data for whoever must see to them;
    nothing is destroyed here: `parvis expire` does that when it is due. What is served is
    published anew. Raises `UnknownThing`, and `UsageError` for one that is closed already.
    """
    project = pool.catalog.require_project(slug)
    if project.closed is not None:
        raise UsageError(CLOSED, slug=slug, day=project.closed.isoformat())
    fates = [_fate(pool, project, one, at) for one in _datasets(pool, project)]
    told = {"slug": slug, "learned": learned, "at": at}
    account = drafted("closing.md", project=project, fates=fates, days=_days(at), **told)
    new = {
        f"projects/{slug}.closing.ttl": drafted("closing.ttl", **told),
        f"projects/{slug}.closing.md": account,
    }
    files = write(pool.settings, new, {})
    again = Pool.open(pool.settings)
    generation = publish(again)["generation"] if numbers(pool.settings.data) else None
    return {
        "project": slug,
        "closed": at.isoformat(),
        "files": [str(one) for one in files],
        "datasets": [one.to_json() for one in fates],
        "generation": generation,
    }


def _datasets(pool: Pool, project: Project) -> Iterator[Dataset]:
    """Give the datasets that the project's agreements speak of."""
    agreements = [one for one in pool.catalog.policies.agreements if one.project == project.iri]
    targets = {rule.target for one in agreements for rule in one.rules}
    return (one for one in pool.catalog.datasets.values() if one.iri in targets)


def _fate(pool: Pool, project: Project, dataset: Dataset, at: datetime) -> Fate:
    """Say what becomes of a dataset, by the agreements of the project and what is held."""
    policies = pool.catalog.policies
    agreements = {one.iri for one in policies.agreements if one.project == project.iri}
    rules = [rule for rule in policies.rules_on(dataset.iri) if rule.agreement in agreements]
    conditions = [
        one
        for rule in rules
        if rule.kind is Kind.OBLIGATION and rule.action == DELETE
        for one in rule.constraints
    ]
    dates = [one.right for one in conditions if isinstance(one.right, datetime)]
    due = min(dates, default=None)
    state, text = _state(pool, dataset, due, at)
    lasts = [str(one.right) for one in conditions if one.left == ELAPSED_TIME]
    if state == "kept" and lasts:
        state, text = "later", both(AFTER, duration=min(lasts))
    survives = any(rule.survives for rule in rules)
    return Fate(str(dataset.key), state, text, due, survives)


def _state(
    pool: Pool, dataset: Dataset, due: datetime | None, at: datetime
) -> tuple[str, dict[str, str]]:
    """Tell where a dataset stands: gone, empty, due, to be destroyed later, or kept."""
    if tombstone := pool.record.withdrawn().get(dataset.graph):
        gone = datetime.fromisoformat(str(tombstone["withdrawn"]))
        return "destroyed", _proved(pool, dataset, both(DESTROYED, day=_days(gone)))
    if dataset.graph not in pool.record.versions():
        return "empty", both(NEVER)
    if due is None:
        return "kept", both(LASTING)
    return (
        ("due", both(DUE, day=_days(due))) if due <= at else ("later", both(LATER, day=_days(due)))
    )


def _proved(pool: Pool, dataset: Dataset, text: dict[str, str]) -> dict[str, str]:
    """Name the certificate of a destruction beside what is said of it, if there is one."""
    host = pool.catalog.host
    found = certificates(pool.settings, Signatory(host.iri, host.names))
    names = [one.iri for one in found if one.key == dataset.key]
    return {lang: f"{said} ({names[-1]})" for lang, said in text.items()} if names else text


def _days(at: datetime) -> dict[str, str]:
    """Write a day in every language."""
    return {lang: day(lang, at) for lang in LANGUAGES}
