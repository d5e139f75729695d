"""The size class of an organisation is the one it declares, else that of the seats it offers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef

from parvis.catalog.codelists import organization_size, scheme
from parvis.vocab.namespaces import CONCEPT, PARVIS

PARTNER = "https://pool.example/id/partner/x"


def record(**values: URIRef | Literal) -> Graph:
    """Return the record of a partner that says these things."""
    graph = Graph()
    for name, value in values.items():
        graph.add((URIRef(PARTNER), PARVIS[name], value))
    return graph


@pytest.mark.parametrize(
    ("seats", "performances", "code"),
    [
        (0, 300, "small"),
        (300, 33, "small"),
        (9999, 1, "small"),
        (10000, 1, "medium"),
        (500, 99, "medium"),
        (49999, 1, "medium"),
        (50000, 1, "large"),
        (2996, 250, "large"),
    ],
)
def test_a_class_is_computed_from_seats_and_performances(
    seats: int, performances: int, code: str
) -> None:
    """Fewer than 10,000 seats offered a year, fewer than 50,000, or more."""
    partner = record(seats=Literal(seats), performancesPerYear=Literal(performances))
    assert organization_size(partner, PARTNER) == f"{CONCEPT}organization-size/{code}"


def test_a_declared_class_prevails_over_a_computed_one() -> None:
    """An organisation knows better: it may have moved, or close for works."""
    declared = CONCEPT["organization-size/small"]
    partner = record(
        organizationSize=declared, seats=Literal(3000), performancesPerYear=Literal(200)
    )
    assert organization_size(partner, PARTNER) == str(declared)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"seats": Literal(300)},
        {"performancesPerYear": Literal(40)},
        {"seats": Literal("environ 300"), "performancesPerYear": Literal(40)},
        {"seats": Literal(-300), "performancesPerYear": Literal(40)},
    ],
)
def test_a_record_that_does_not_say_it_gives_no_class(values: dict[str, Literal]) -> None:
    """Half of what it takes is nothing, and so is what is no number."""
    assert organization_size(record(**values), PARTNER) is None


@given(st.integers(0, 10**7))
def test_every_number_of_seats_has_one_class(offered: int) -> None:
    """The bounds of the code list leave no gap, and no class is that of all sizes."""
    partner = record(seats=Literal(offered), performancesPerYear=Literal(1))
    size = organization_size(partner, PARTNER)
    assert size in scheme("organization-size").labels
    assert size != f"{CONCEPT}organization-size/total"
