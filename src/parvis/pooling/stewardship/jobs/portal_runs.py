"""What jobs do with other portals, and with the records that harvesters read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.harvest import Portal, kind_of
from parvis.catalog.portals.plan import ChangeKind
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.fetch.address import Address
from parvis.i18n import DEFAULT, LANGUAGES, N_, both, explain, say_counts
from parvis.ledger import Author, JobOutcome
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.harvesting.portals import GUARD, HarvestStatus, harvest, prepare
from parvis.pooling.stewardship.texts.check import check_catalogue

Sentence = Mapping[str, str]
Arguments = Mapping[str, Any]

NO_CKAN = N_("no CKAN is set: the settings “ckan” and “ckan_key_file” name it")
NO_KEY = N_("{file} holds no key")
UNREADABLE = N_("{file} cannot be read: {reason}")


def _count(template: str, /, **fields: object) -> Sentence:
    return {lang: say_counts(lang, template, **fields) for lang in LANGUAGES}


@dataclass(frozen=True)
class Connection:
    """The CKAN that the settings name, and which of its fields gets what."""

    ckan: Ckan
    fields: Fields


def connect(settings: Settings, *, dry: bool) -> Connection:
    """Return the CKAN of the settings; raises `UsageError` where there is none, or no key."""
    if not settings.ckan:
        raise UsageError(NO_CKAN)
    key = None
    if settings.ckan_key_file:
        file = settings.catalog / settings.ckan_key_file
        key = _read_key(file)
    elif not dry:
        raise UsageError(NO_CKAN)
    ckan = Ckan(Address.parse(settings.ckan), settings.fetch, key)
    return Connection(ckan, Fields.load(settings.ckan_fields))


def _read_key(file: Path) -> str:
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(UNREADABLE, file=file, reason=error) from error
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError(NO_KEY, file=file)
    return key


LOOKING = N_("looking at what the portal has")
SENDING = N_("sending {done} of {count}")
SENT = N_(
    "Records created there: {create}; changed: {update}; deleted: {delete}; as they were: {same}."
)
WOULD_SEND = N_(
    "Nothing was sent. Records to create there: {create}; to change: {update}; to delete: {delete};"
    " as they are: {same}."
)
FAILED = N_("{name}: {reason}")


def push(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    """Keep the records that anybody may know of in the CKAN of the settings."""
    dry = arguments["dry"]
    connection = connect(pool.settings, dry=dry)
    pool.report_step(LOOKING)
    planned = prepare(pool.settings, connection.ckan, connection.fields, GUARD)
    pending = len(planned.changes.pending)
    for number, _ in enumerate(() if dry else planned.carry_out(author), 1):
        pool.report_step(SENDING, number / pending, done=number, count=pending)
    document = planned.to_json()
    counts = {kind.name.lower(): len(document[kind.value]) for kind in ChangeKind}
    problems = [
        both(FAILED, name=name, reason={lang: explain(error, lang) for lang in LANGUAGES})
        for name, error in planned.failed.items()
    ]
    return JobOutcome([_count(WOULD_SEND if dry else SENT, **counts)], problems, counts)


TAKEN = N_(
    "New records: {new}; changed there: {updated}; changed there and edited here: {edited}; as they"
    " were: {same}."
)
WOULD_TAKE = N_("Nothing was written: it was a trial.")
READ_OVER = N_("Read them over before you publish: a record that was edited here is left as it is.")


def pull(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    """Take a partner's records from a portal into the catalogue folder."""
    address = Address.parse(arguments["url"])
    portal = Portal(address, kind_of(address), DEFAULT, None)
    counts, problems = Counter[HarvestStatus](), list[Sentence]()
    pool.report_step(LOOKING)
    taken = harvest(
        pool,
        portal,
        arguments["partner"],
        DEFAULT,
        dry_run=arguments["dry"],
        author=author,
        reason=arguments["reason"],
    )
    for outcome in taken.take_records():
        counts[outcome.status] += 1
        if outcome.error is not None:
            reason = {lang: explain(outcome.error, lang) for lang in LANGUAGES}
            problems.append(both(FAILED, name=outcome.name, reason=reason))
    by_status = {status.name.lower(): counts[status] for status in HarvestStatus}
    words = _count(TAKEN, **by_status)
    return JobOutcome(
        [words, both(WOULD_TAKE if arguments["dry"] else READ_OVER)], problems, by_status
    )


FOLLOWING = N_("reading every record, and asking every link")
CHECKED = N_("Records that were looked at: {datasets}; links: {links}.")
NOTHING_TO_SAY = N_("There is nothing to repair.")


def check(pool: Pool, arguments: Arguments, author: Author) -> JobOutcome:
    """Look through every record as harvesters will."""
    del author
    pool.report_step(FOLLOWING)
    proof = check_catalogue(pool, offline=arguments["offline"])
    problems = [
        both(
            FAILED,
            name=finding.focus,
            reason={lang: finding.in_words(lang) for lang in LANGUAGES},
        )
        for finding in proof.findings
    ]
    log = [_count(CHECKED, datasets=proof.datasets, links=proof.links)]
    return JobOutcome(
        log if problems else [*log, both(NOTHING_TO_SAY)], problems, {"problems": len(problems)}
    )
