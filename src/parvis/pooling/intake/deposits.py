"""A partner gives a file over the web: it is checked, waits, and is accepted or refused.

A file becomes known by a row of the ledger, once all of it stands in its folder; it is decided by
one change of that row. What a killed process leaves is a folder without a row, which goes, or a
row that was entering, which is finished: `settle` does both.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from parvis.catalog import Dataset
from parvis.config import Settings
from parvis.errors import InputError, LimitError, ParvisError, UnknownThing
from parvis.i18n import LANGUAGES, N_, both, counted
from parvis.ledger import OPEN, Deposit, Deposits, DepositState
from parvis.pooling.clock import is_credible
from parvis.pooling.intake.deposit_files import GIVEN, REPORT, clear, file_of, folder_of, folders
from parvis.pooling.intake.submit import Outcome, checked, submit
from parvis.pooling.intake.summary import account_of
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import Account
from parvis.pooling.submissions import Incoming, digest
from parvis.report import Score
from parvis.store.files import YOUNG, copy_private, move, settle_tree, workplace, writing
from parvis.vocab.iris import DatasetKey

RULE = "rule"
"""By whom a file is said to be accepted that the dataset's rule accepted."""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
MOST_GONE = 10
"""A rule accepts no file in which more than one entity in so many is gone."""

NO_RULE = N_("the record of the dataset has no rule that accepts files (parvis:acceptedByRule)")
FIRST = N_("it is the first file of the dataset: somebody looks at it")
WORSE = N_("its score is {score}, below that of the file before ({before})")
GONE = N_("{gone} of the {count} entities of the file before are not in it")
OTHERS = N_("it says something of things that are another’s to describe: the report names them")
CHANGED = N_("what files are checked by has changed since it was given: check it again")
NO_DATASET = N_("there is no dataset {key}")
QUEUED = N_("it waits for the steward, until {until} at most")
ACCEPTED = N_("accepted: {triples} facts; the dataset has them from the next publication on")
REFUSED_AT_ONCE = N_(
    "refused as it is, and not kept: mend what the report tells, then send it again"
)


@dataclass(frozen=True)
class Given:
    """What came of a file that was given; nothing is kept of one that could not be accepted."""

    account: Account
    deposit: Deposit | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"deposit": self.deposit and self.deposit.to_json(), **self.account.data}


def give(pool: Pool, key: DatasetKey, file: Path, party: str) -> Given:
    """Check a file that a party gives for its dataset, then keep it, and accept it if a rule does.

    Raises as `check` does, and `StoreError`.
    """
    settle(pool)
    with checked(pool, key, file) as looked:
        outcome = looked.outcome()
        if not outcome.accepted:
            return Given(_account(outcome, both(REFUSED_AT_ONCE)), None)
        deposit = _kept(pool, pool.catalog.require(key), file, party, outcome)
        if not deposit.waits:
            deposit = _let_in(pool, deposit.id, RULE, lambda _: looked.enter())
        return Given(_account(outcome, verdict(deposit)), deposit)


def accept(pool: Pool, name: str, by: str | None) -> Deposit:
    """Make a file that waits its dataset's content; done again, it finishes what was begun.

    Raises `UnknownThing`, `UsageError` for one that no longer waits, and `StoreError`. One that
    would no longer be accepted is refused.
    """
    data = pool.settings.data

    def enter(one: Deposit) -> Outcome:
        return submit(pool, _key(pool, one), file_of(data, one), approved=True)

    return _let_in(pool, name, by, enter)


def _let_in(pool: Pool, name: str, by: str | None, enter: Callable[[Deposit], Outcome]) -> Deposit:
    """Let a file that waits enter, in whatever way."""
    deposits = Deposits(pool.settings.data)
    with writing(pool.settings.data):
        one = deposits.begin(name, _now(), by)
        try:
            outcome = enter(one)
        except ParvisError:
            deposits.reopen(name, _now())
            raise
        good = outcome.accepted
        state = DepositState.ACCEPTED if good else DepositState.REFUSED
        done = deposits.decide(name, state, _now(), by, {} if good else both(CHANGED))
    clear(pool.settings.data, done)
    return done


def refuse(settings: Settings, name: str, by: str | None, reason: dict[str, str]) -> Deposit:
    """Refuse a file that waits, with a reason; its folder goes."""
    done = Deposits(settings.data).decide(name, DepositState.REFUSED, _now(), by, reason)
    clear(settings.data, done)
    return done


def settle(pool: Pool, now: datetime | None = None) -> list[Deposit]:
    """Let what has waited for too long expire, finish what was entering, clear what is nobody's.

    Returns what has expired: by an instant, else by the clock as far as it is credible. One set
    forward would throw away what partners gave.
    """
    deposits, at = Deposits(pool.settings.data), now or _now()
    is_over = any(one.at(at).state not in OPEN for one in deposits.open())
    trusted = is_over and (now is not None or is_credible(pool.settings, at))
    over = deposits.expire(at) if trusted else []
    for one in [each for each in deposits.open() if each.state is DepositState.ENTERING]:
        with suppress(InputError, LimitError):  # it waits again, and says why when it is asked for
            accept(pool, one.id, one.by)
    known = {one.id for one in deposits.open()}
    for folder in folders(pool.settings.data):
        with suppress(FileNotFoundError):
            if folder.name not in known and time.time() - folder.stat().st_mtime > YOUNG:
                shutil.rmtree(folder)
    return over


def waiting(settings: Settings) -> list[Deposit]:
    """Give the files that are to be decided about, the oldest first."""
    return [one for one in Deposits(settings.data).open() if one.at(_now()).state in OPEN]


def their_datasets(settings: Settings, party: str) -> list[DatasetKey]:
    """Give the datasets that a party may give files for: those of its folder with a mapping."""
    slug = party.removeprefix(f"{settings.base}id/partner/")
    found = {one.parent.name for one in (settings.catalog / slug).glob("*/mapping*.*")}
    return [DatasetKey(slug, name) for name in sorted(found)] if SLUG.fullmatch(slug) else []


def verdict(one: Deposit) -> dict[str, str]:
    """Say how a file stands."""
    if one.state is DepositState.ACCEPTED:
        return {lang: counted(lang, ACCEPTED, triples=one.facts["triples"]) for lang in LANGUAGES}
    return both(QUEUED, until=one.until.date().isoformat())


def _account(outcome: Outcome, said: dict[str, str]) -> Account:
    return replace(account_of(outcome), verdict=said)


def _key(pool: Pool, one: Deposit) -> DatasetKey:
    """Give the dataset of a file, if it is still in the catalogue; raises `UnknownThing`."""
    found = pool.catalog.find(one.dataset)
    if found is None:
        raise UnknownThing(NO_DATASET, key=one.dataset)
    return found.key


def _kept(pool: Pool, dataset: Dataset, file: Path, party: str, outcome: Outcome) -> Deposit:
    """Put a file where it waits, then make it known."""
    now, settings, report = _now(), pool.settings, outcome.report
    one = Deposit(
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
        waits=tuple(_waits(pool, dataset, outcome)),
    )
    place = folder_of(settings.data, one)
    place.parent.mkdir(parents=True, exist_ok=True)
    with workplace(settings.data) as folder:
        made = folder / one.id
        (made / GIVEN).mkdir(mode=0o700, parents=True)
        made.chmod(0o700)  # a mode does not hold for parents
        copy_private(file, made / GIVEN / one.file)
        told = json.dumps(_account(outcome, verdict(one)).to_json(), ensure_ascii=False)
        (made / REPORT).write_text(told, encoding="utf-8")
        settle_tree(made)
        move(made, place)
    for former in Deposits(settings.data).add(one):
        clear(settings.data, former)
    return one


def _waits(pool: Pool, dataset: Dataset, outcome: Outcome) -> Iterator[dict[str, str]]:
    """Say why a file is not accepted by the dataset's rule: it waits for each of these reasons."""
    if outcome.wants_approval:
        yield both(OTHERS)
    if not dataset.accepted_by_rule:
        yield both(NO_RULE)
        return
    last = Incoming.last(pool, dataset)
    before = None if last is None else last.report()
    if before is None or outcome.changes is None:
        yield both(FIRST)
        return
    score, former = Score.of(outcome.report).value or 0.0, Score.of(before).value or 0.0
    if score < former:
        yield {lang: counted(lang, WORSE, score=score, before=former) for lang in LANGUAGES}
    changes = outcome.changes
    count = changes.changed + changes.gone + changes.same
    if changes.gone * MOST_GONE > count:
        yield {lang: counted(lang, GONE, gone=changes.gone, count=count) for lang in LANGUAGES}


def _now() -> datetime:
    return datetime.now(UTC)
