"""The table of a question, controlled and released as a release of the edition of all is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from parvis.catalog.ontology import last_segment
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.ledger.queries.release_questions import ReleaseQuestion
from parvis.pooling.pool import Pool
from parvis.pooling.publics.cube import TABLE, build_anonymisation_record
from parvis.pooling.publics.history import PortraitRelease, Releases
from parvis.pooling.publics.release import ReleaseEditor, prepare_editions
from parvis.pooling.publics.release_review import OTHER_RULE, RULES
from parvis.pooling.publics.storing import announce_release
from parvis.pooling.serving.site.practice.tables import (
    TableRequest,
    TableRow,
    read_table_request,
    table_to_json,
)
from parvis.rdf.files import sorted_lines
from parvis.statistics.figures import ReleaseFigure

if TYPE_CHECKING:
    from parvis.statistics.disclosure.witnesses import Witness

UNPROVED = N_(
    "it could not be shown of {count} suppressed figures that nobody can work them out: nothing is"
    " released before somebody has looked at them"
)
NOT_FOR_PARTY = N_(
    "the agreements do not let {party} read the portrait: partners gave their figures for those who"
    " may; refuse the question, or have an agreement permit it"
)
TITLE = N_("a table that a reader asked for")

Sentence = Mapping[str, str]


@dataclass(frozen=True)
class ControlledTable:
    """A table as it would be released, for the third party alone.

    `rows` are what its reader would see, `reasons` why those without a figure are suppressed;
    `unproved` counts suppressed figures of the pool that are not proved uncertain.
    """

    request: TableRequest
    release: PortraitRelease
    rows: Sequence[TableRow]
    reasons: Sequence[Sequence[Sentence]]
    unproved: int
    witness: "Witness | None"

    def to_json(self) -> dict[str, Any]:
        """Return the table with the reasons, for the third party alone."""
        document = table_to_json(self.request, self.rows)
        for row, reasons in zip(document["rows"], self.reasons, strict=True):
            row["reasons"] = [dict(reason) for reason in reasons]
        return document | {"unproved": self.unproved}


def control_table(pool: Pool, question: ReleaseQuestion) -> ControlledTable:
    """Compute the table of a question on what the record has today, and control it; store nothing.

    Raises as `portray`, `QueryError` for a query that is no table of releases any more, and
    `UsageError` where the agreements do not let whoever asked read the portrait.
    """
    editor = next(iter(prepare_editions(pool)))
    if not editor.edition.of_all and question.party not in editor.edition.recipients:
        raise UsageError(NOT_FOR_PARTY, party=last_segment(question.party))
    return _control(editor, read_table_request(question.query, pool.settings.base, editor.strata))


def _control(editor: ReleaseEditor, request: TableRequest) -> ControlledTable:
    # All figures are controlled, as those of the next release, and of these the table shows some:
    # what stays hidden of all stays hidden of some. Later releases are controlled as if all of
    # them were known from now on.
    release = editor.build_release()
    figures = [figure for figure in editor.figures(release) if request.holds(figure.key)]
    figures.sort(key=lambda figure: (request.row_of(figure.key), figure.key))
    releases = Releases(editor.pool.settings.data, editor.tables)
    release = replace(
        release, number=len(releases.all()) + 1, dataset=str(editor.tables), record=""
    )
    facts = replace(
        editor.gather_facts(release), dataset=replace(editor.dataset, key=editor.tables)
    )
    record = build_anonymisation_record(editor.pool.iris, facts, figures, TABLE)
    return ControlledTable(
        request,
        replace(release, record=sorted_lines(record).decode()),
        [TableRow(request.row_of(figure.key), figure.value) for figure in figures],
        [_explain(figure) for figure in figures],
        release.unproved,
        editor.witness,
    )


def _explain(figure: ReleaseFigure) -> list[Sentence]:
    if figure.value is not None:
        return []
    return [both(RULES.get(rule, OTHER_RULE)) for rule in sorted(figure.reasons) or [0]]


def release_table(pool: Pool, table: ControlledTable) -> None:
    """Store a table among the releases, which later ones are controlled against.

    Raises `UsageError` where suppressed figures are not proved uncertain.
    """
    if table.unproved:
        raise UsageError(UNPROVED, count=table.unproved)
    editor = next(iter(prepare_editions(pool)))
    releases = Releases(pool.settings.data, editor.tables)
    if table.witness is not None:
        number = table.release.number
        controlled = [*editor.list_controlled(), (table.release.dataset, number)]
        releases.add_witness(number, controlled, table.witness)
    releases.add(table.release)
    publishers = {source.dataset.publisher for source in editor.sources}
    key = f"{editor.tables}|{table.release.number}"
    announce_release(pool.settings, publishers, both(TITLE), key)
