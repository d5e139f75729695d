"""What a person says of single columns goes before what the file seems to say."""

from collections.abc import Mapping
from dataclasses import replace

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.mapping.proposing import ColumnChoice, MappingProposal, ProposedColumn
from parvis.mapping.proposing.kinds import ValueKind
from parvis.mapping.proposing.proposals import ColumnProposal, PropertyCandidate
from parvis.mapping.proposing.row_class import RowClassChoice
from parvis.mapping.proposing.sampling import Sample
from parvis.mapping.proposing.vocabulary import PropertyTerm, Vocabulary

NO_PROPERTY = N_("“{name}” is no property of the shared model")
NO_COLUMN = N_("there is no column “{name}” in this file")
SAMPLES, LONGEST = 4, 80
"""Values shown of a column, and the characters of each."""
MOST_UNMATCHED = 50
"""Values without a concept that are listed of a column."""


def apply_choices(
    choice: RowClassChoice, columns: Mapping[str, ColumnChoice], vocabulary: Vocabulary
) -> RowClassChoice:
    """Return proposals in which columns are what a person said, by their names.

    Raises `UsageError` for a column or a property that there is not.
    """
    names = {proposal.column.name for proposal in choice.proposals}
    for name in columns:
        if name not in names:
            raise UsageError(NO_COLUMN, name=name[:LONGEST])
    proposals = [
        _decide(proposal, columns[proposal.column.name], vocabulary)
        if proposal.column.name in columns
        else proposal
        for proposal in choice.proposals
    ]
    return replace(choice, proposals=proposals)


def _decide(
    proposal: ColumnProposal, choice: ColumnChoice, vocabulary: Vocabulary
) -> ColumnProposal:
    # What else the engine read in the heading is set aside: the column is this property alone.
    plain = replace(proposal, spread=None, measures=(), figure=False, counts=False, unmatched=())
    if not choice.term:
        # A column of hours that is left out is not joined with one of dates either.
        return replace(plain, kind=ValueKind("empty"), candidates=(), rejected=_terms_of(proposal))
    term = vocabulary.terms.get(choice.term)
    if term is None:
        raise UsageError(NO_PROPERTY, name=choice.term[:LONGEST])
    forms = (choice.form,) if choice.form else proposal.kind.forms[:1]
    return replace(
        plain,
        candidates=(PropertyCandidate(term.name, 1.0, term.scheme),),
        rejected=tuple(name for name in _terms_of(proposal) if name != term.name),
        suits=True,
        counts=term.measure,
        kind=replace(proposal.kind, forms=forms),
        lang=choice.lang if choice.lang in LANGUAGES else proposal.lang,
        unmatched=_find_unmatched(proposal, term, vocabulary),
        concepts=tuple(choice.concepts.items()) if term.scheme else (),
    )


def _find_unmatched(
    proposal: ColumnProposal, term: PropertyTerm, vocabulary: Vocabulary
) -> tuple[str, ...]:
    find, values = vocabulary.concepts.find, dict.fromkeys(proposal.column.nonblank_values)
    return tuple(v for v in values if term.scheme and not find(term.scheme, v.strip()))


def _terms_of(proposal: ColumnProposal) -> tuple[str, ...]:
    terms = (*(candidate.term for candidate in proposal.candidates), *proposal.rejected)
    return tuple(dict.fromkeys(terms))


def describe_choice(
    rows: Sample, choice: RowClassChoice, vocabulary: Vocabulary, text: str
) -> MappingProposal:
    """Return a mapping with what its columns are and may be, in the order of the file."""
    proposals = {proposal.column.name: proposal for proposal in choice.proposals}
    columns = [
        _describe_column(proposals[column.name], vocabulary)
        for column in rows.columns
        if column.name in proposals
    ]
    return MappingProposal(
        text,
        choice.cls,
        rows.formulation,
        rows.layout,
        tuple(columns),
        _list_terms(choice.cls, vocabulary),
    )


def _describe_column(proposal: ColumnProposal, vocabulary: Vocabulary) -> ProposedColumn:
    values = dict.fromkeys(proposal.column.nonblank_values)
    best, find = proposal.best, vocabulary.concepts.find
    scheme = best.scheme if best else None
    matched = {
        value[:LONGEST]: concept
        for value in list(values)[:MOST_UNMATCHED]
        if scheme and (concept := find(scheme, value.strip()))
    }
    return ProposedColumn(
        name=proposal.column.name,
        samples=tuple(value[:LONGEST] for value in list(values)[:SAMPLES]),
        kind=proposal.kind.name,
        lang=proposal.lang,
        terms=_terms_of(proposal),
        forms=proposal.kind.forms,
        scheme=scheme,
        matched=matched,
        unmatched=tuple(value[:LONGEST] for value in proposal.unmatched[:MOST_UNMATCHED]),
        spread=proposal.spread is not None,
        position=proposal.column.position,
    )


def _list_terms(cls: str, vocabulary: Vocabulary) -> dict[str, dict[str, dict[str, str]]]:
    """Return the labels of the properties of a class, and of those that its parts lead to.

    A property of a general vocabulary may have none.
    """
    classes = [cls]
    for _ in vocabulary.parts:
        reached = (part.cls for part in vocabulary.parts if part.of in classes)
        classes = list(dict.fromkeys((*classes, *reached)))
    labels: dict[str, dict[str, dict[str, str]]] = {}
    listed: set[str] = set()
    for name in classes:
        terms = [t for t in vocabulary.terms.values() if name in t.classes]
        labels[name] = {term.name: term.labels for term in terms if term.name not in listed}
        listed |= labels[name].keys()
    return {name: terms for name, terms in labels.items() if terms}
