"""Weighing an entity that may be meant: by its names and the values of its properties."""

from parvis.pooling.serving.reconciliation.facts import PropertyValue
from parvis.pooling.serving.reconciliation.matching import Weight, weigh
from parvis.pooling.serving.reconciliation.queries import (
    PropertyCondition,
    QueryValue,
    ReconciliationQuery,
)
from parvis.vocab.namespaces import SCHEMA

LOCALITY, POSTAL = str(SCHEMA.addressLocality), str(SCHEMA.postalCode)


def weigh_hall(locality: str, stated: str) -> Weight:
    """Weigh a hall with the same name and postal code as the query, by its municipality."""
    conditions = (
        PropertyCondition(POSTAL, (QueryValue("G0E 1W0"),)),
        PropertyCondition(LOCALITY, (QueryValue(locality),)),
    )
    values = {POSTAL: (PropertyValue("G0E1W0"),), LOCALITY: (PropertyValue(stated),)}
    query = ReconciliationQuery(("Centre culturel",), conditions=conditions)
    return weigh(query, ["Centre culturel"], values, {})


def test_another_municipality_is_never_certain() -> None:
    """Another spelling of the same is; a borough named with it neither supports nor contradicts."""
    same, other = (
        weigh_hall("Ste-Anne-des-Monts, QC", "Sainte-Anne-des-Monts"),
        weigh_hall("Gaspé", "Percé"),
    )
    assert same.certain
    assert not other.certain
    borough = weigh_hall("Verdun (Montréal)", "Montréal")
    assert borough.certain
    assert other.score < borough.score < same.score
