"""What came of a partner's file, told to people and to programs."""

from parvis.i18n import LANGUAGES, N_, counted
from parvis.pooling.account import Account
from parvis.pooling.submit import Outcome
from parvis.report.report import ROWS

CHANGES = N_("since the last submission: {added} entities added, {changed} changed, {gone} gone")
UNCHANGED = N_("unchanged: the same file and mapping as the last time; nothing was done")
KEPT = N_("accepted: {triples} facts are now the content of {dataset}; next: parvis publish")
WOULD = N_("would be accepted: {triples} facts; nothing was stored")
REFUSED = N_("refused: nothing was changed")


def account_of(outcome: Outcome) -> Account:
    """Tell what came of a file: its report, what it changes, and the verdict."""
    report, changes = outcome.report, outcome.changes
    rows = _both(ROWS, rows=report.rows, triples=report.triples, errors=report.row_errors)
    facts = [rows]
    if changes is not None:
        counts = {"added": changes.added, "changed": changes.changed, "gone": changes.gone}
        facts.append(_both(CHANGES, **counts))
    return Account(
        subject=str(outcome.key),
        report=report,
        good=outcome.accepted,
        verdict=_both(_verdict(outcome), triples=report.triples, dataset=outcome.key),
        facts=facts,
        since=outcome.since,
        data=outcome.to_json(),
    )


def _verdict(outcome: Outcome) -> str:
    """Choose the sentence that says what came of a file."""
    if not outcome.accepted:
        return REFUSED
    if outcome.unchanged:
        return UNCHANGED
    return KEPT if outcome.stored else WOULD


def _both(template: str, **fields: object) -> dict[str, str]:
    """Say something with its counts in both languages."""
    return {lang: counted(lang, template, **fields) for lang in LANGUAGES}
