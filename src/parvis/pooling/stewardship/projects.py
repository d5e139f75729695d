"""Close a pooling project: its lessons, and the fate of its data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.catalog.entries import Dataset
from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.governance import Rule, RuleKind
from parvis.governance.policies import DELETE, ELAPSED_TIME
from parvis.i18n import LANGUAGES, N_, both, day
from parvis.ledger import SHELL, Author
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.entries import render_draft
from parvis.pooling.stewardship.erasure import certificates
from parvis.pooling.stewardship.texts import change_texts
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
    """The fate of a dataset when its project is closed.

    `due` is the instant by which an agreement of the project requires its destruction, if one does;
    `text` describes it by language, `survives` is whether a part of it may still be read.
    """

    dataset: str
    state: str
    text: dict[str, str]
    due: datetime | None
    survives: bool


def close(  # noqa: PLR0913, PLR0917 - a closing has as many parts
    pool: Pool,
    slug: str,
    learned: dict[str, str],
    at: datetime,
    author: Author = SHELL,
    reason: str = "",
) -> dict[str, Any]:
    """Close a project at an instant, with its lessons by language.

    Its agreements then permit only what they say survives. Two files are written next to the
    project's: its closing, and the account of its data. Nothing is destroyed here: `parvis expire`
    does that when it is due. The served generation is published anew. Raises `UnknownThing`, and
    `UsageError` for a project that is closed already.
    """
    project = pool.catalog.require_project(slug)
    if project.closed is not None:
        raise UsageError(CLOSED, slug=slug, day=project.closed.isoformat())
    fates = _list_fates(pool, project.iri, at)
    values = {"slug": slug, "learned": learned, "at": at}
    account = render_draft(
        "closing.md", project=project, fates=fates, days=_localize_day(at), **values
    )
    new = {
        f"projects/{slug}.closing.ttl": render_draft("closing.ttl", **values),
        f"projects/{slug}.closing.md": account,
    }
    files = change_texts(pool.settings, new, {}, author, reason)
    reopened = Pool.open(pool.settings)
    generation = (
        publish(reopened, author=author)["generation"] if numbers(pool.settings.data) else None
    )
    return {
        "project": slug,
        "closed": at.isoformat(),
        "files": [str(file) for file in files],
        "datasets": to_json(fates),
        "generation": generation,
    }


def _list_fates(pool: Pool, project: str, at: datetime) -> list[Fate]:
    """Return what becomes of each dataset that an agreement of the project speaks of."""
    agreements = [a for a in pool.catalog.policies.agreements if a.project == project]
    rules = [rule for agreement in agreements for rule in agreement.rules]
    targets = {rule.target for rule in rules}
    return [
        _decide_fate(pool, [rule for rule in rules if rule.target == dataset.iri], dataset, at)
        for dataset in pool.catalog.datasets.values()
        if dataset.iri in targets
    ]


def _decide_fate(pool: Pool, rules: list[Rule], dataset: Dataset, at: datetime) -> Fate:
    conditions = [
        constraint
        for rule in rules
        if rule.kind is RuleKind.OBLIGATION and rule.action == DELETE
        for constraint in rule.constraints
    ]
    dates = [condition.right for condition in conditions if isinstance(condition.right, datetime)]
    due = min(dates, default=None)
    state, text = _describe_state(pool, dataset, due, at)
    lasts = [str(condition.right) for condition in conditions if condition.left == ELAPSED_TIME]
    if state == "kept" and lasts:
        state, text = "later", both(AFTER, duration=min(lasts))
    survives = any(rule.survives for rule in rules)
    return Fate(str(dataset.key), state, text, due, survives)


def _describe_state(
    pool: Pool, dataset: Dataset, due: datetime | None, at: datetime
) -> tuple[str, dict[str, str]]:
    if tombstone := pool.record.tombstones().get(dataset.graph):
        gone = datetime.fromisoformat(str(tombstone["withdrawn"]))
        text = both(DESTROYED, day=_localize_day(gone))
        third_party = pool.catalog.third_party
        proofs = certificates(pool.settings, third_party.iri, third_party.names)
        names = [proof.iri for proof in proofs if proof.key == dataset.key]
        if names:
            text = {lang: f"{sentence} ({names[-1]})" for lang, sentence in text.items()}
        return "destroyed", text
    if dataset.graph not in pool.record.versions():
        return "empty", both(NEVER)
    if due is None:
        return "kept", both(LASTING)
    if due <= at:
        return "due", both(DUE, day=_localize_day(due))
    return "later", both(LATER, day=_localize_day(due))


def _localize_day(at: datetime) -> dict[str, str]:
    return {lang: day(lang, at) for lang in LANGUAGES}
