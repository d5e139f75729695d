"""Files that partners give over the web: each is checked, waits, and is accepted or refused.

A file is known by a row of the ledger, once all of it is in its folder; it is decided by one change
of that row. A killed process leaves a folder without a row, which is deleted, or a row that was
entering, which is finished: `settle` does both.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from parvis.catalog.entries import Dataset
from parvis.config import Settings, clock
from parvis.errors import InputError, LimitError, ParvisError, UnknownThing
from parvis.governance import Role
from parvis.i18n import N_, both
from parvis.ledger import OPEN, SHELL, Author, Deposit, Deposits, DepositState
from parvis.mapping.sources.corrections import Replacement
from parvis.pooling.audit import is_credible
from parvis.pooling.intake.allowed_columns import record_refusal
from parvis.pooling.intake.drafts.store import expire_drafts
from parvis.pooling.intake.file_rules import CHANGED_TOTAL, OF_ANOTHER
from parvis.pooling.intake.submit import Outcome, check_file, submit
from parvis.pooling.intake.summary import account_of, say_in_both
from parvis.pooling.notifications import NoticeKind, notify
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import ReportModel, Section
from parvis.pooling.versions import digest, last_report
from parvis.report import Score
from parvis.store.files import YOUNG, copy_private, move, settle_tree, workplace, writing
from parvis.vocab.iris import DatasetKey

RULE = Author("rule", "")
"""The author of an acceptance by the dataset's rule."""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
MOST_GONE = 10
"""A rule accepts no file in which more than one entity in this many is gone."""

NO_RULE = N_("the record of the dataset has no rule that accepts files")
FIRST = N_("it is the first file of the dataset: somebody looks at it")
WORSE = N_("its score is {score}, below that of the file before ({before})")
GONE = N_("{gone} of the {count} entities of the file before are not in it")
OTHERS = N_("it says something of things that are another’s to describe: the report names them")
JUMPS = N_("its totals are far from those of the file before: the report names them")
CHANGED = N_("what files are checked by has changed since it was given: check it again")
SEE_REPORT = N_("its page says why.")
NO_DATASET = N_("there is no dataset {key}")
CORRECTED = N_("Corrections that the partner made in its file:")
EVERYWHERE = N_("{column}: every “{before}” → “{after}”")
IN_ROW = N_("{column}, row {row}: “{before}” → “{after}”")
QUEUED = N_("it waits for the steward, until {until} at most")
ACCEPTED = N_("accepted; the dataset has it from the next publication on")
REFUSED_AT_ONCE = N_(
    "refused as it is, and not kept: mend what the report tells, then send it again"
)


def give(  # noqa: PLR0913, PLR0917 - what is written down of a deposit
    pool: Pool,
    key: DatasetKey,
    file: Path,
    party: str,
    corrections: Sequence[Replacement] = (),
    author: Author = SHELL,
) -> tuple[ReportModel, Deposit | None]:
    """Check a file that a party gives for its dataset, store it, and accept it if a rule does.

    Return the report, and the deposit: a refused file is not stored. `corrections` are those that
    its partner made in it, which the steward reads in the report. Raises as `check` does, and
    `StoreError`.
    """
    settle(pool)
    author = author if author.party else Author(party, Role.SENDER)
    with check_file(pool, key, file) as check:
        outcome = check.outcome()
        if check.examination.identifying:
            dataset = pool.catalog.require(key)
            record_refusal(pool.settings.data, dataset, outcome.report, author)
        for need in check.examination.needs:
            raise need
        if not outcome.accepted:
            return replace(account_of(outcome), verdict=both(REFUSED_AT_ONCE)), None
        # Answers of persons are not stored: their estimates are.
        dataset, account = pool.catalog.require(key), account_of(outcome)
        sections = [*list_corrections(corrections), *account.sections]
        account = replace(account, sections=sections)
        deposit = _describe(pool, dataset, check.file.file, party, outcome)
        _store(pool.settings, deposit, check.file.file, account, len(corrections), author)
        if not deposit.waits:
            deposit = _accept(pool, deposit.id, RULE, lambda _: check.enter(author))
        return replace(account, verdict=verdict(deposit)), deposit


def list_corrections(corrections: Sequence[Replacement]) -> Iterator[Section]:
    """Yield the corrections that a partner made in its file, in words."""
    if corrections:
        sentences = [
            both(
                EVERYWHERE if correction.row is None else IN_ROW,
                column=correction.column,
                row=correction.row,
                before=correction.before,
                after=correction.after,
            )
            for correction in corrections
        ]
        yield Section(both(CORRECTED), sentences)


def accept(pool: Pool, name: str, author: Author = SHELL) -> Deposit:
    """Make a waiting file its dataset's content; repeated, it finishes what was begun.

    Raises `UnknownThing`, `UsageError` for one that no longer waits, and `StoreError`. One that
    would no longer be accepted is refused.
    """

    def enter(deposit: Deposit) -> Outcome:
        dataset = pool.catalog.find(deposit.dataset)
        if dataset is None:
            raise UnknownThing(NO_DATASET, key=deposit.dataset)
        file = file_of(pool.settings.data, deposit)
        return submit(pool, dataset.key, file, approved=True, author=author)

    return _accept(pool, name, author, enter)


def _accept(pool: Pool, name: str, author: Author, enter: Callable[[Deposit], Outcome]) -> Deposit:
    deposits = Deposits(pool.settings.data)
    with writing(pool.settings.data):
        deposit = deposits.begin(name, clock.machine_time(), author)
        try:
            outcome = enter(deposit)
        except ParvisError:
            deposits.reopen(name, clock.machine_time())
            raise
        good, at = outcome.accepted, clock.machine_time()
        state = DepositState.ACCEPTED if good else DepositState.REFUSED
        decision = deposits.decide(name, state, at, author, {} if good else both(CHANGED))
    clear(pool.settings.data, decision)
    _announce(pool.settings, decision)
    return decision


def refuse(
    settings: Settings, name: str, reason: dict[str, str], author: Author = SHELL
) -> Deposit:
    """Refuse a waiting file, with a reason; its folder is deleted."""
    deposits, at = Deposits(settings.data), clock.machine_time()
    decision = deposits.decide(name, DepositState.REFUSED, at, author, reason)
    clear(settings.data, decision)
    _announce(settings, decision)
    return decision


def _announce(settings: Settings, deposit: Deposit) -> None:
    """Tell the people of who gave a file what became of it."""
    refused = deposit.state is DepositState.REFUSED
    kind = NoticeKind.FILE_REFUSED if refused else NoticeKind.FILE_ACCEPTED
    name = deposit.dataset.rpartition("/")[2]
    facts = {"file": deposit.file, "title": name, "path": f"give/{name}"}
    reason = deposit.reason or both(SEE_REPORT)
    notify(settings, kind, deposit.party, facts | {"reason": dict(reason)}, deposit.id)


def settle(pool: Pool, now: datetime | None = None) -> list[Deposit]:
    """Expire what has waited for too long, finish what was entering, delete unknown folders.

    Returns what has expired at an instant, by default the clock's.
    """
    deposits, at = Deposits(pool.settings.data), now or clock.machine_time()
    is_over = any(deposit.at(at).state not in OPEN for deposit in deposits.open())
    # A clock set forward would throw away what partners gave: it must be credible.
    trusted = is_over and (now is not None or is_credible(pool.settings, at))
    expired = deposits.expire(at) if trusted else []
    for deposit in [d for d in deposits.open() if d.state is DepositState.ENTERING]:
        with suppress(InputError, LimitError):  # it waits again; accepting it anew reports why
            # The row says whose decision it was, and only the steward decides; not which person.
            former = Author(deposit.by, Role.STEWARD) if deposit.by else SHELL
            accept(pool, deposit.id, RULE if deposit.by == RULE.party else former)
    expire_drafts(pool.settings)
    ids = {deposit.id for deposit in deposits.open()}
    for folder in folders(pool.settings.data):
        with suppress(FileNotFoundError):
            # A young folder may be of a file that is being stored, before its row.
            if folder.name not in ids and time.time() - folder.stat().st_mtime > YOUNG:
                shutil.rmtree(folder)
    return expired


def waiting(settings: Settings) -> list[Deposit]:
    """Return the files to decide about, the oldest first."""
    deposits = Deposits(settings.data).open()
    return [deposit for deposit in deposits if deposit.at(clock.machine_time()).state in OPEN]


def datasets_of_party(settings: Settings, party: str) -> list[DatasetKey]:
    """Return the datasets that a party may give files for; one without a mapping needs a recipe."""
    slug = party.removeprefix(f"{settings.base}id/partner/")
    names = {file.parent.name for file in (settings.catalog / slug).glob("*/dataset.ttl")}
    return [DatasetKey(slug, name) for name in sorted(names)] if SLUG.fullmatch(slug) else []


def verdict(deposit: Deposit) -> dict[str, str]:
    """Return the state of a file, in words."""
    if deposit.state is DepositState.ACCEPTED:
        return both(ACCEPTED)
    return both(QUEUED, until=deposit.until.date().isoformat())


def _describe(pool: Pool, dataset: Dataset, file: Path, party: str, outcome: Outcome) -> Deposit:
    now, settings, report = clock.machine_time(), pool.settings, outcome.report
    return Deposit(
        id=token_hex(8),
        dataset=dataset.iri,
        party=party,
        file=file.name,
        digest=digest(file),
        size=file.stat().st_size,
        given=now,
        until=now + timedelta(days=settings.queue_days),
        facts={
            "rows": report.rows,
            "errors": report.row_errors,
            "triples": report.triples,
            "score": Score.of(report).value,
        },
        waits=tuple(_list_reasons(pool, dataset, outcome)),
    )


def _store(  # noqa: PLR0913, PLR0917 - what is stored of a file
    settings: Settings,
    deposit: Deposit,
    file: Path,
    account: ReportModel,
    corrections: int,
    author: Author,
) -> None:
    """Put a file and the report on it into its folder, then into the ledger."""
    place = folder_of(settings.data, deposit)
    place.parent.mkdir(parents=True, exist_ok=True)
    account = replace(account, verdict=verdict(deposit))
    with workplace(settings.data) as folder:
        content = folder / deposit.id
        (content / GIVEN).mkdir(mode=0o700, parents=True)
        content.chmod(0o700)  # a mode does not apply to parents
        copy_private(file, content / GIVEN / deposit.file)
        text = json.dumps(account.to_json(), ensure_ascii=False)
        (content / REPORT).write_text(text, encoding="utf-8")
        settle_tree(content)
        move(content, place)
    facts: list[tuple[str, str | int]] = [*author.facts()]
    if corrections:
        facts.append(("corrections", corrections))
    for replaced in Deposits(settings.data).add(deposit, facts):
        clear(settings.data, replaced)


def _list_reasons(pool: Pool, dataset: Dataset, outcome: Outcome) -> Iterator[dict[str, str]]:
    """Yield the reasons why the dataset's rule does not accept a file, which then waits."""
    rules = {finding.rule for finding in outcome.report.findings}
    if OF_ANOTHER in rules:
        yield both(OTHERS)
    if CHANGED_TOTAL in rules:
        yield both(JUMPS)
    if not dataset.accepted_by_rule:
        yield both(NO_RULE)
        return
    before = last_report(pool, dataset)
    if before is None or outcome.changes is None:
        yield both(FIRST)
        return
    score, former = Score.of(outcome.report).value or 0.0, Score.of(before).value or 0.0
    if score < former:
        yield say_in_both(WORSE, score=score, before=former)
    changes = outcome.changes
    count = changes.changed + changes.gone + changes.same
    if changes.gone * MOST_GONE > count:
        yield say_in_both(GONE, gone=changes.gone, count=count)


# The folders of files that partners gave, one for each file that waits for a decision.

FOLDER = "deposits"
GIVEN, REPORT = "given", "report.json"


def file_of(data: Path, deposit: Deposit) -> Path:
    """Return the path of a waiting file, under the name that its sender knows it by."""
    return folder_of(data, deposit) / GIVEN / deposit.file


def folder_of(data: Path, deposit: Deposit) -> Path:
    """Return the folder of a waiting file, and of the report on it."""
    partner, dataset = deposit.dataset.rsplit("/", 2)[1:]
    return data / FOLDER / partner / dataset / deposit.id


def folders(data: Path) -> list[Path]:
    """Return all existing folders, whether or not the ledger knows their file."""
    return list((data / FOLDER).glob("*/*/*"))


def read_account(data: Path, deposit: Deposit) -> ReportModel | None:
    try:
        return ReportModel.from_json(json.loads((folder_of(data, deposit) / REPORT).read_bytes()))
    except FileNotFoundError:
        return None


def clear(data: Path, deposit: Deposit) -> None:
    """Delete the folder of a file that is decided about."""
    # What a kill leaves, `settle` deletes.
    shutil.rmtree(folder_of(data, deposit), ignore_errors=True)


def forget_deposits(data: Path, datasets: Mapping[DatasetKey, str]) -> None:
    """Delete all files given for datasets (with their IRIs) that are destroyed."""
    for key in datasets:
        shutil.rmtree(data / FOLDER / str(key), ignore_errors=True)
    Deposits(data).forget(datasets.values())
