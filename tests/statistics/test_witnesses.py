"""Witness tables are accepted by a checker that shares no code; 32 mutations are rejected."""

from functools import cache

import pytest
from random_pools import history
from witness_checker import check
from witnesses import MUTATIONS, Case, Releases, Witness, write_evidence


@cache
def evidence() -> tuple[Releases, Witness]:
    """Release a small pool several times, each with an accepted witness; return the last."""
    documents: Releases = []
    witness: Witness = {}
    for documents, witness in write_evidence(history(5, "corrections", p=20.0, small=True)):
        assert check(documents, witness) == []
    return documents, witness


def test_the_evidence_of_each_release_is_accepted() -> None:
    _, witness = evidence()
    assert witness["tables"]
    assert "" not in witness["settled"]


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_rejected(name: str) -> None:
    case = Case(*evidence())
    MUTATIONS[name](case)
    assert check(case.releases, case.witness)
