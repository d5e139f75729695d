"""What data on publics must come with: purpose, responsible party, and an end (Québec's Law 25).

The act respecting the protection of personal information in the private sector asks that purposes
be determined before collection, and that information be destroyed or anonymised once they are
accomplished (RLRQ c. P-39.1, ss. 4 and 23).
"""

from rdflib import URIRef

from parvis.catalog import Dataset, anonymisations
from parvis.errors import PolicyError
from parvis.governance.policies import DELETE, Kind
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.report import Report
from parvis.vocab.namespaces import DPV

UNFRAMED = N_(
    "the dataset {dataset} holds figures on publics, and {lacking} is missing: such data are"
    " refused without a purpose (dpv:hasPurpose) and a responsible party"
    " (dpv:hasResponsibleEntity) in its record, and an end of keeping: an obligation to delete in"
    " its agreement or, of a pooled release, its record of anonymisation"
)
SHAPE = "Observation"


def gives_publics(report: Report) -> bool:
    """Say whether what was validated holds observations of publics."""
    return bool(report.checked.get(SHAPE))


def require_frame(pool: Pool, dataset: Dataset) -> None:
    """Refuse data on publics that lack a purpose, a responsible party or an end of keeping.

    Raises `PolicyError`, which names what is missing.
    """
    this = URIRef(dataset.iri)
    lacking = [
        str(step).replace(str(DPV._NS), "dpv:")  # noqa: SLF001 - the namespace of a closed namespace
        for step in (DPV.hasPurpose, DPV.hasResponsibleEntity)
        if (this, step, None) not in dataset.described
    ]
    ends = any(
        rule.kind is Kind.OBLIGATION and rule.action == DELETE
        for rule in pool.catalog.policies.rules_on(dataset.iri)
    )
    if not ends and not anonymisations(dataset):
        lacking.append("odrl:delete")
    if lacking:
        raise PolicyError(UNFRAMED, dataset=dataset.key, lacking=", ".join(lacking))
