"""Agreements from draft to signature: questions, simulation, signatures of both sides, versions."""

from parvis.pooling.stewardship.agreements.signing import Side, sign
from parvis.pooling.stewardship.agreements.simulating import (
    DraftSimulation,
    simulate_draft,
    simulate_text,
)
from parvis.pooling.stewardship.agreements.versions import (
    AgreementVersion,
    agreements,
    list_versions,
)

__all__ = [
    "AgreementVersion",
    "DraftSimulation",
    "Side",
    "agreements",
    "list_versions",
    "sign",
    "simulate_draft",
    "simulate_text",
]
