"""Propose the figures of a season's events: tickets sold beside titles, dates and prices.

They are of each performance, and mostly of another agreement than the events: so their map is
written as comments, to be uncommented by who gives them too.
"""

from collections.abc import Iterator, Mapping, Sequence

from parvis.i18n import N_, say
from parvis.mapping.proposing import FigureFacts
from parvis.mapping.proposing.figures import (
    DIMENSIONS,
    PERIOD,
    PERIOD_FIELD,
    find_date_column,
    month_field,
)
from parvis.mapping.proposing.objects import (
    DATATYPES,
    EntityDraft,
    one_line,
    quote_yaml,
    reference,
)
from parvis.mapping.proposing.proposals import ColumnProposal

SALES = N_(
    "The figures of each event ({columns}): to give them too, in a dataset of their own under its"
    " own agreement, copy this mapping there without the signs # of these lines, and fill in the"
    " day of the figures."
)
AS_OF = N_("the day of which these figures are: to be filled in")
BOX_OFFICE = {"parvis:tickets": "parvis:ticketsSold"}
"""The measures of a performance that are called otherwise than those of a period."""
EVENT_CLASS = "schema:Event"


def find_sales(proposed: Sequence[ColumnProposal], cls: str) -> list[ColumnProposal]:
    """Return the columns of figures that stand beside events."""
    if cls != EVENT_CLASS:
        return []
    return [p for p in proposed if p.counts and p.best and p.spread is None]


def propose_sales(
    proposed: Sequence[ColumnProposal],
    entities: Mapping[str, EntityDraft],
    facts: FigureFacts,
    lang: str,
) -> Iterator[str]:
    """Write a map of each column of figures as comments, and the cube that they are of."""
    columns = find_sales(proposed, EVENT_CLASS)
    if not columns:
        return
    names = ", ".join(f"« {p.column.name} »" for p in columns)
    yield f"  # {one_line(say(lang, SALES, columns=names))}"
    for proposal in columns:
        term = proposal.best.term if proposal.best else ""
        measure = BOX_OFFICE.get(term, term)
        name = measure.partition(":")[2]
        yield f"  # {name}:"
        yield "  #   sources: rows"
        key = f"id/observation/{facts.partner}/{facts.dataset}-$(key)-{name}"
        yield f"  #   s: {quote_yaml(key)}"
        yield "  #   po:"
        yield "  #     - [a, qb:Observation]"
        yield f"  #     - [qb:dataSet, id/cube/{facts.partner}/{facts.dataset}~iri]"
        yield f"  #     - [qb:measureType, {measure}~iri]"
        datatype = DATATYPES["decimal" if proposal.kind.name == "decimal" else "integer"]
        figure = quote_yaml(reference(proposal.column.name))
        yield f"  #     - [{measure}, {figure}, {datatype}]"
        yield f"  #     - [parvis:contributor, id/partner/{facts.partner}~iri]"
        yield from (f"  #     {line}" for line in _describe(proposed, entities, facts, lang))
    yield "  # cube:"
    yield "  #   sources: rows"
    yield f"  #   s: id/cube/{facts.partner}/{facts.dataset}"
    yield "  #   po:"
    yield "  #     - [a, qb:DataSet]"
    yield "  #     - [qb:structure, parvis:boxOffice~iri]"


def list_fields(proposed: Sequence[ColumnProposal], cls: str) -> list[str]:
    """Return the field of the month that the figures of events are of, where there are any."""
    dates = find_date_column(proposed)
    return [month_field(dates)] if find_sales(proposed, cls) and dates else []


def _describe(
    proposed: Sequence[ColumnProposal],
    entities: Mapping[str, EntityDraft],
    facts: FigureFacts,
    lang: str,
) -> Iterator[str]:
    """Write what a figure is of: the performance, every dimension, the day, the method."""
    event = entities["event"]
    yield f"- [parvis:performance, {quote_yaml(f'{event.subject}~iri')}]"
    yield "- [parvis:priceType, concept:price-type/total~iri]"
    for name, scheme in DIMENSIONS.items():
        own = [line for line in event.lines if line.startswith(f"- {{p: {name},")]
        if name == PERIOD:
            code = f"$({PERIOD_FIELD})" if find_date_column(proposed) else "…"
            yield f"- [{name}, concept:period/{code}~iri]"
        elif name == "parvis:place" and "place" in entities:
            yield f"- [{name}, {quote_yaml(entities['place'].subject + '~iri')}]"
        elif own:
            yield own[0].partition("  #")[0]
        else:
            yield f"- [{name}, concept:{scheme}/{facts.code(scheme) or 'total'}~iri]"
    yield f'- [parvis:asOf, "…", xsd:date]  # {one_line(say(lang, AS_OF))}'
    yield "- [parvis:method, concept:method/ticketing~iri]"
