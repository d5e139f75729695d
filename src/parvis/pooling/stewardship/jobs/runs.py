"""What each kind of job does: the function that its command calls, and the result in words."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import ParvisError
from parvis.i18n import LANGUAGES, N_, both, day, say_counts
from parvis.ledger import Author, JobOutcome
from parvis.pooling.intake.refresh import due_datasets, note_deliveries, refresh, refreshable
from parvis.pooling.linking.candidates import link
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.release import PortraitOutcome, portray
from parvis.pooling.publics.surveys import pool_surveys
from parvis.pooling.stewardship.backup import (
    backup,
    check_backup,
    new_backup_folder,
    require_backup,
)
from parvis.pooling.stewardship.generations import (
    Recall,
    recall,
    rollback,
    stamp_releases,
    verify,
)
from parvis.pooling.stewardship.jobs import portal_runs
from parvis.pooling.stewardship.requests.questions import examine_question, release_question
from parvis.pooling.stewardship.requests.requesting import settle_requests
from parvis.pooling.stewardship.retention import Expiry, expire, withdraw

Sentence = Mapping[str, str]
Arguments = Mapping[str, Any]


def count_in_words(template: str, /, **fields: object) -> dict[str, str]:
    """Return a marked text in each language, whole numbers of it as counts."""
    return {lang: say_counts(lang, template, **fields) for lang in LANGUAGES}


PUBLISHED = N_("The published version {generation} is served from now on.")
HOLDS = N_("It has {open} triples open to all, and {members} with those that agreements open.")
UNCOUNTED = N_("{dataset} could not be counted: only its size is published.")
LEFT_OUT = N_("The record of {dataset} is left out of the catalogue: {reason}")
NO_FILE = N_("{dataset} has no {form} file to download: {reason}")
NO_FEED = N_("{dataset} is too large to be followed entity by entity.")


def _publish(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    published = publish(pool, anew=arguments["anew"], author=author)
    settle_requests(pool)  # an agreement that is served from now on may grant some
    return _describe_published(published, stamp_releases(pool))


def _describe_published(
    published: Mapping[str, Any], unstamped: Iterable[ParvisError]
) -> JobOutcome:
    generation = str(published["generation"])
    counts = {"open": published["open"], "members": published["members"]}
    problems = [both(UNCOUNTED, dataset=dataset) for dataset in published["uncounted"]]
    problems += [both(NO_FEED, dataset=dataset) for dataset in published["no_feed"]]
    for template, name in ((LEFT_OUT, "left_out"), (NO_FILE, "no_file")):
        problems += [both(template, **omission) for omission in published[name]]
    problems += [both(error.template, **error.fields) for error in unstamped]
    return JobOutcome(
        [both(PUBLISHED, generation=generation), count_in_words(HOLDS, **counts)],
        problems,
        {"generation": published["generation"]},
    )


RELEASED = N_(
    "Release {release} of “{title}”. Figures that can be published: {told}; suppressed:"
    " {suppressed}."
)
SAME = N_("“{title}”: nothing has changed since release {release}, which stays.")
TRIED = N_("This was a trial: nothing was stored.")
NEXT = N_("Readers see it once the pool is published.")
UNPROVED = N_(
    "Suppressed figures of “{title}” for which the calculation could not show that nobody can work"
    " them out: {unproved}. Do not publish before somebody has looked at them."
)


def _portray(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    dry = arguments["dry"]
    outcome = portray(pool, dry=dry, author=author)
    log, problems = [], []
    for edition in outcome.editions:
        fields = _release_fields(pool, edition)
        log.append(count_in_words(SAME if edition.unchanged else RELEASED, **fields))
        if edition.unproved:
            problems.append(count_in_words(UNPROVED, **fields))
    changed = any(not edition.unchanged for edition in outcome.editions)
    if dry or changed:
        log.append(both(TRIED if dry else NEXT))
    releases = [edition.to_json() | {"classes": []} for edition in outcome.editions]
    names = ("dataset", "release", "unchanged", "kept", "told", "suppressed", "proved", "unproved")
    rows = [{name: release[name] for name in names} for release in releases]
    return JobOutcome(log, problems, {"releases": rows})


def _release_fields(pool: Pool, edition: PortraitOutcome) -> dict[str, Any]:
    title = pool.catalog.datasets[edition.dataset].title
    document = edition.to_json()
    counts = {name: document[name] for name in ("told", "suppressed", "unproved")}
    return {"title": title, "release": str(edition.number), **counts}


def _pool_surveys(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    outcome = pool_surveys(pool, dry=arguments["dry"], author=author)
    document = outcome.to_json()
    fields = {
        "title": pool.catalog.datasets[outcome.dataset].title,
        "release": str(document["release"]),
        **{name: document[name] for name in ("told", "suppressed", "unproved")},
    }
    log = [count_in_words(SAME if outcome.unchanged else RELEASED, **fields)]
    if arguments["dry"] or not outcome.unchanged:
        log.append(both(TRIED if arguments["dry"] else NEXT))
    problems = [count_in_words(UNPROVED, **fields)] if outcome.unproved else []
    return JobOutcome(log, problems, {"dataset": str(outcome.dataset)})


# The outcome of a job is read by all who watch over the pool: it says nothing of the table.
CONTROLLING = N_("adding the figures up, and controlling them against all that was released")
EXAMINED = N_("The table can be read over on the page of the question.")
TABLE_RELEASED = N_("The table is released, and whoever asked for it is told.")


def _examine_table(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    del author
    pool.report_step(CONTROLLING)
    examine_question(pool, arguments["question"])
    return JobOutcome([both(EXAMINED)], result={"question": arguments["question"]})


def _release_table(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    pool.report_step(CONTROLLING)
    release_question(pool, arguments["question"], author)
    return JobOutcome([both(TABLE_RELEASED)], result={"question": arguments["question"]})


COMPARING = N_("comparing {done} of {count}")
COMPARED = N_("Organisations, venues, events and works that were looked at: {things}.")
CANDIDATES = N_("Pairs that wait for somebody’s judgement: {waiting}.")
LINKED = N_("Pairs joined by a common identifier: {linked}; no longer joined: {undone}.")


def _link(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    del arguments, author  # what is joined is the rule's decision

    def watch(done: int, count: int) -> None:
        pool.report_step(COMPARING, done / count if count else None, done=done, count=count)

    outcome = link(pool, watch)
    counts = {"waiting": outcome.waiting, "linked": outcome.linked, "undone": outcome.undone}
    return JobOutcome(
        [
            count_in_words(COMPARED, things=sum(outcome.things.values())),
            count_in_words(LINKED, linked=outcome.linked, undone=outcome.undone),
            count_in_words(CANDIDATES, waiting=outcome.waiting),
        ],
        [problem.sentences for problem in outcome.problems],
        counts,
    )


FETCHING = N_("fetching {title}")
REFRESHED = {
    "stored": N_("{title}: changed; its content is replaced."),
    "unchanged": N_("{title}: unchanged."),
    "refused": N_("{title}: {why}"),
    "failed": N_("{title}: {why}"),
}
NOTHING_DUE = N_("No source is to be fetched now.")


def _refresh(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    datasets = refreshable(pool, arguments["name"] or None)
    if arguments["due"]:
        datasets = due_datasets(pool, datasets, clock.machine_time())
    log, problems = list[Sentence](), list[Sentence]()
    counts = Counter[str]()
    for number, dataset in enumerate(datasets):
        pool.report_step(FETCHING, number / len(datasets), title=dataset.title)
        for refreshed in refresh(pool, [dataset], author):
            counts[refreshed.status] += 1
            fields = {"title": dataset.title, "why": refreshed.why or ""}
            sentence = both(REFRESHED[refreshed.status], **fields)
            (problems if refreshed.why else log).append(sentence)
    if not arguments["name"]:
        note_deliveries(pool)
    result: dict[str, Any] = dict(counts)
    if arguments["publish"] and counts["stored"]:
        generation = publish(pool, author=author)
        published = _describe_published(generation, stamp_releases(pool))
        log += published.log
        problems += published.problems
        result |= published.result or {}
    return JobOutcome(log or [both(NOTHING_DUE)], problems, result)


COPYING = N_("copying what partners gave, the agreements’ proofs and the ledger")
SAVED = N_("The backup {name} is made. Datasets: {graphs}; files: {files}.")
OUTSIDE = N_("Copy it to another machine: a disk that breaks takes both with it.")


def _back_up(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    del arguments
    folder = new_backup_folder(pool.settings)
    pool.report_step(COPYING)
    outcome = backup(pool.settings, folder, author)
    counts = {name: outcome[name] for name in ("graphs", "files")}
    saved = count_in_words(SAVED, name=folder.name, **counts)
    return JobOutcome([saved, both(OUTSIDE)], result=outcome)


BACKUP_SOUND = N_(
    "The backup {name} is whole, as it was written on {day}. Datasets: {graphs}; files: {files}."
)


def _verify_backup(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    del author
    stored = require_backup(pool.settings, arguments["backup"])
    pool.report_step(CHECKING)
    manifest = check_backup(stored.folder)
    days = {lang: day(lang, stored.made) for lang in LANGUAGES}
    counts = {"files": len(manifest["files"]), "graphs": manifest["graphs"]}
    sentence = count_in_words(BACKUP_SOUND, name=stored.folder.name, day=days, **counts)
    return JobOutcome([sentence], result=counts)


CHECKING = N_("comparing every file with what was written")
SOUND = N_(
    "All is as it was written. Contents of datasets: {graphs}; files: {files}; published versions:"
    " {generations}."
)
ENGINE_DIFFERS = N_(
    "The engine {repository} does not hold what was published: it is sent again when you publish."
)


def _verify(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    del arguments, author
    pool.report_step(CHECKING)
    outcome = verify(pool.settings)
    counts = {name: outcome[name] for name in ("graphs", "files", "generations")}
    problems = [
        both(ENGINE_DIFFERS, repository=check["repository"])
        for check in outcome["engines"]
        if check["graphs"] or check["added"] or check["unfinished"]
    ]
    return JobOutcome([count_in_words(SOUND, **counts)], problems, counts)


NOTHING_TO_DELETE = N_("Nothing was due.")
DELETED = N_("{title} is deleted for good; its certificate is with the deletions.")
REMAINS = N_("Something of {title} is left in {place}. Texts: {count}.")
TO_REMOVE = N_("Delete the backup {folder} before {day}: it still holds {datasets}.")
BESIDE = N_("Delete this file of the catalogue folder: {file}")
SERVED = N_("The published version {generation} is served without it.")


def _expire(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    del arguments
    return _describe_expiry(expire(pool, author=author))


def _describe_expiry(expiry: Expiry) -> JobOutcome:
    log = [both(DELETED, title=link.entry["title"]) for link in expiry.deleted]
    problems = _list_remains(link.entry for link in expiry.deleted)
    for copy in expiry.backups:
        days = {lang: day(lang, copy.until) for lang in LANGUAGES}
        names = ", ".join(copy.datasets)
        problems.append(both(TO_REMOVE, folder=copy.folder, day=days, datasets=names))
    problems += [both(BESIDE, file=file) for file in expiry.source_files]
    if expiry.generation is not None:
        log.append(both(SERVED, generation=str(expiry.generation)))
    return JobOutcome(log or [both(NOTHING_TO_DELETE)], problems, {"deleted": len(expiry.deleted)})


def _list_remains(entries: Any) -> list[Sentence]:  # noqa: ANN401
    return [
        count_in_words(REMAINS, title=entry["title"], place=place, count=count)
        for entry in entries
        for place, count in entry["search"]["remains"].items()
    ]


WITHDRAWN = N_("{title} is withdrawn: its page says so, and its content is deleted.")
ALREADY = N_("It was withdrawn already.")


def _withdraw(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    reason = _reason_of(arguments)
    outcome = withdraw(pool, arguments["name"], reason, author)
    log = [both(WITHDRAWN, title=stone.title) for stone in outcome.tombstones] or [both(ALREADY)]
    if outcome.generation is not None:
        log.append(both(SERVED, generation=str(outcome.generation)))
    problems = _list_remains(link.entry for link in outcome.proofs)
    withdrawn = [str(stone.key) for stone in outcome.tombstones]
    return JobOutcome(log, problems, {"withdrawn": withdrawn, "generation": outcome.generation})


BACK = N_("The published version {number} is served again.")


def _roll_back(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    rollback(pool, arguments["number"], author)
    number = arguments["number"]
    return JobOutcome([both(BACK, number=str(number))], result={"generation": number})


RECALLED = N_("The version {version} of {title} is recalled, and is not taken again.")
RESTORED = N_("It has its version {restored} again.")
EMPTY = N_("It has no content now, until its partner sends it again.")
TABLE_RECALLED = N_("Table {number} is recalled: whoever asked for it reads it no more.")
GONE = N_("Recalled and deleted: the published versions {numbers}.")


def _recall(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    name, label, reason = arguments["name"], arguments["version"] or None, _reason_of(arguments)
    return _describe_recall(pool, recall(pool, name, label, reason, author))


def _describe_recall(pool: Pool, done: Recall) -> JobOutcome:
    if done.table is not None:
        recalled = both(TABLE_RECALLED, number=str(done.table))
        return JobOutcome([recalled], result=to_json(done))
    log = []
    if done.dataset is not None:
        title = pool.catalog.require(done.dataset).title
        log.append(both(RECALLED, title=title, version=done.version))
        log.append(both(RESTORED, restored=done.restored) if done.restored else both(EMPTY))
    if done.generations:
        log.append(both(GONE, numbers=", ".join(map(str, done.generations))))
    if done.generation is not None:
        log.append(both(BACK if done.dataset is None else SERVED, **_numbers(done)))
    return JobOutcome(log, result=to_json(done))


def _numbers(done: Recall) -> dict[str, str]:
    return dict.fromkeys(("number", "generation"), str(done.generation))


def _reason_of(arguments: Arguments) -> dict[str, str]:
    return {arguments["reason_lang"]: arguments["reason"]} if arguments["reason"] else {}


Run = Callable[[Pool, Arguments, Author], JobOutcome]
RUNS: Mapping[str, Run] = {
    "publish": _publish,
    "portray": _portray,
    "surveys": _pool_surveys,
    "examine-table": _examine_table,
    "release-table": _release_table,
    "link": _link,
    "refresh": _refresh,
    "backup": _back_up,
    "verify-backup": _verify_backup,
    "verify": _verify,
    "catalog-check": portal_runs.check,
    "ckan-push": portal_runs.push,
    "ckan-pull": portal_runs.pull,
    "expire": _expire,
    "withdraw": _withdraw,
    "rollback": _roll_back,
    "recall": _recall,
}
"""The function of each kind."""
