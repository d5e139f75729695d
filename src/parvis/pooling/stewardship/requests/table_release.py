"""The table of a question, controlled and released as a release of the edition of all is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from parvis.catalog.ontology import last_segment
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.ledger.queries.release_questions import ReleaseQuestion
from parvis.pooling.pool import Pool
from parvis.pooling.publics.cube import TABLE, build_anonymisation_record
from parvis.pooling.publics.history import TABLES, PortraitRelease, Releases
from parvis.pooling.publics.release import ReleaseEditor, prepare_editions
from parvis.pooling.publics.release_review import OTHER_RULE, RULES
from parvis.pooling.publics.storing import announce_release
from parvis.pooling.publics.tables import (
    TableRequest,
    TableRow,
    read_table_request,
    table_to_json,
)
from parvis.rdf.files import sorted_lines
from parvis.statistics.figures import ReleaseFigure
from parvis.vocab.iris import DatasetKey

UNPROVED = N_(
    "it could not be shown of {count} suppressed figures that nobody can work them out: nothing is"
    " released before somebody has looked at them"
)
TITLE = N_("a table that a reader asked for")
NOT_FOR_PARTY = N_(
    "the agreements do not let {party} read the portrait: partners gave their figures for those who"
    " may; refuse the question, or have an agreement permit it"
)

Sentence = Mapping[str, str]


@dataclass(frozen=True)
class ControlledTable:
    """A table as it would be released, for the third party alone; `editor` computed it."""

    request: TableRequest
    release: PortraitRelease
    editor: ReleaseEditor

    def list_figures(self) -> list[ReleaseFigure]:
        """Return the figures that the table shows, in the order of its rows."""
        figures = self.editor.figures(self.release)
        shown = (figure for figure in figures if self.request.holds(figure.key))
        return sorted(shown, key=lambda figure: (self.request.row_of(figure.key), figure.key))

    def to_json(self) -> dict[str, Any]:
        """Return what its reader would see, and why figures are suppressed.

        `unproved` counts suppressed figures of the pool that are not proved uncertain.
        """
        figures = self.list_figures()
        rows = [TableRow(self.request.row_of(figure.key), figure.value) for figure in figures]
        document = table_to_json(self.request, rows)
        for row, figure in zip(document["rows"], figures, strict=True):
            row["reasons"] = _explain(figure)
        thresholds = self.editor.gather_facts(self.release).thresholds
        rules = {
            "min_contributors": thresholds.contributors,
            "min_persons": thresholds.persons,
            "min_inhabitants": thresholds.inhabitants,
            "rounding_base": thresholds.base,
        }
        # What its receipts say of it stays as it is.
        document |= {"title": both(TITLE), "rules": rules}
        return document | {"unproved": self.release.unproved}


def table_releases(pool: Pool) -> Releases:
    """Return the tables that were released, whose data later ones are controlled against."""
    third_party = last_segment(pool.catalog.third_party.iri)
    return Releases(pool.settings.data, DatasetKey(third_party, TABLES))


def control_table(pool: Pool, question: ReleaseQuestion) -> ControlledTable:
    """Compute the table of a question on what the record has today, and control it; store nothing.

    Raises as `portray`, `QueryError` for a query that is no table of releases any more, and
    `UsageError` where the agreements do not let whoever asked read the portrait.
    """
    editor = next(iter(prepare_editions(pool)))
    if not editor.edition.of_all and question.party not in editor.edition.recipients:
        raise UsageError(NOT_FOR_PARTY, party=last_segment(question.party))
    request = read_table_request(question.query, pool.settings.base, editor.strata)
    # All figures are controlled, as those of the next release, and of these the table shows some:
    # what stays hidden of all stays hidden of some. Later releases are controlled as if all of
    # them were known from now on.
    number = max(table_releases(pool).numbers(), default=0) + 1
    return ControlledTable(request, editor.control_figures(editor.tables, number), editor)


def _explain(figure: ReleaseFigure) -> list[Sentence]:
    if figure.value is not None:
        return []
    return [dict(both(RULES.get(rule, OTHER_RULE))) for rule in sorted(figure.reasons) or [0]]


def store_table(pool: Pool, table: ControlledTable) -> None:
    """Store a table among the releases, which later ones are controlled against."""
    editor, releases = table.editor, table_releases(pool)
    facts = replace(
        editor.gather_facts(table.release), dataset=replace(editor.dataset, key=editor.tables)
    )
    record = build_anonymisation_record(pool.iris, facts, table.list_figures(), TABLE)
    releases.put_evidence(table.release.number, editor.evidence)
    releases.add(replace(table.release, record=sorted_lines(record).decode()))


def announce_table(pool: Pool, number: int) -> None:
    """Tell the partners of whose data a released table is made, each once."""
    inputs = table_releases(pool).read(number).inputs
    datasets = pool.catalog.datasets.values()
    publishers = {dataset.publisher for dataset in datasets if dataset.graph in inputs}
    third_party = last_segment(pool.catalog.third_party.iri)
    announce_release(pool.settings, publishers, both(TITLE), f"{third_party}/{TABLES}|{number}")
