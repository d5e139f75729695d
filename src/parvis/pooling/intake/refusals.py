"""What a partner’s file may not hold, or not without its record saying why."""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from posixpath import normpath
from urllib.parse import unquote

from rdflib import URIRef

from parvis.catalog.entries import Dataset
from parvis.catalog.provenance import anonymisations
from parvis.errors import PolicyError
from parvis.governance.policies import DELETE, RuleKind
from parvis.i18n import N_, both
from parvis.pooling.pool import Pool
from parvis.report import Finding, Severity
from parvis.validation import DataView, Locate
from parvis.vocab.namespaces import DPV

# Required of data on publics: purpose, responsible party, and an end (Québec's Law 25).
#
# Purposes must be determined before collection, and information destroyed or anonymised once they
# are accomplished (RLRQ c. P-39.1, ss. 4 and 23).

UNFRAMED = N_(
    "the dataset {dataset} holds figures on publics, and {lacking} is missing: such data are"
    " refused without a purpose (dpv:hasPurpose) and a responsible party"
    " (dpv:hasResponsibleEntity) in its record, and an end of keeping: an obligation to delete in"
    " its agreement or, of a pooled release, its record of anonymisation"
)


def require_frame(pool: Pool, dataset: Dataset) -> None:
    """Raise `PolicyError` for data on publics without a purpose, a responsible party or an end."""
    subject = URIRef(dataset.iri)
    missing = [
        str(term).replace(str(DPV._NS), "dpv:")  # noqa: SLF001 - the namespace of a closed namespace
        for term in (DPV.hasPurpose, DPV.hasResponsibleEntity)
        if (subject, term, None) not in dataset.metadata
    ]
    ends = any(
        rule.kind is RuleKind.OBLIGATION and rule.action == DELETE
        for rule in pool.catalog.policies.rules_on(dataset.iri)
    )
    if not ends and not anonymisations(dataset):
        missing.append("odrl:delete")
    if missing:
        raise PolicyError(UNFRAMED, dataset=dataset.key, lacking=", ".join(missing))


# Statements that are not the partner's to make. Policies are refused, since only the catalogue
# folder holds law. Statements on another party's entities would be read as its own: the steward
# decides.

QUERY = files(__package__).joinpath("queries", "policies.rq").read_text(encoding="utf-8")
POLICY = N_(
    "a file of data gives {thing} {term}, which is for agreements: it would decide nothing here,"
    " so it is refused; agreements are signed with the third party"
)
OF_ANOTHER = "of-another"
"""The rule for statements about entities that are not the partner's own."""
ANOTHERS = N_(
    "the file says something of {thing}, which is {owner}’s to describe, not this partner’s: it"
    " waits for the steward’s approval; to link to it is free"
)
ANOTHER_PARTNER = N_("the partner {slug}")
THIRD_PARTY = N_("the trusted third party")
THIRD_PARTYS = frozenset(
    {"agreement", "catalog", "certificate", "distribution", "match", "party", "project", "query"}
    | {"service", "submission", "version"}
)
"""The kinds of entities that the third party alone describes, whoever they are about."""
CANONICAL = re.compile(r"[^/]+/[0-9a-f]{10}")
"""The path of a canonical IRI, which the third party mints."""
MOST = 1000
"""How many entities of others are reported."""


def statements_on_others(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes], locate: Locate
) -> Iterator[Finding]:
    """Report a file's statements about others' entities: each a warning, with its row.

    `lines` are its triples, grouped by subject.
    """
    # The third party describes whatever it has to.
    if dataset.publisher == pool.catalog.third_party.iri:
        return
    base, before = f"<{pool.settings.base}".encode(), b""
    owners: dict[str, dict[str, str]] = {}
    for line in lines:
        if not line.startswith(base):
            continue
        subject = line.partition(b" ")[0]
        if subject != before:
            before, iri = subject, subject[1:-1].decode()
            owner = _find_owner(pool, dataset.key.partner, iri.removeprefix(pool.settings.base))
            if owner is not None:
                owners[iri] = owner
                if len(owners) == MOST:
                    break
    place_of = locate(set(owners))
    for iri, owner in owners.items():
        text = both(ANOTHERS, thing=iri, owner=owner)
        place = place_of(iri, None)
        yield Finding(Severity.WARNING, OF_ANOTHER, text, place=place, focus=iri)


def _find_owner(pool: Pool, own: str, path: str) -> dict[str, str] | None:
    """Return the owner of an entity of the pool; None for the partner's own, or nobody's."""
    # However it is written: escapes and dots are resolved, as a reader of the IRI would.
    parts = normpath(unquote(path)).lower().split("/")
    if parts[0] != "id":
        return None if parts[:2] == ["graph", own] else both(THIRD_PARTY)
    kind, slug = (*parts[1:3], "", "")[:2]
    if kind in THIRD_PARTYS or CANONICAL.fullmatch("/".join(parts[1:])):
        return None if slug == own else both(THIRD_PARTY)
    if slug != own and slug in pool.catalog.partners:
        return both(ANOTHER_PARTNER, slug=slug)
    return None


def find_policies(view: DataView, locate: Locate) -> Iterator[Finding]:
    """Report a file's ODRL policies: each a violation, with its row."""
    terms = [(str(row["thing"]), str(row["term"])) for row in view.select(QUERY)]
    place_of = locate({iri for iri, _ in terms})
    for iri, term in terms:
        text = both(POLICY, thing=iri, term=term)
        place = place_of(iri, None)
        yield Finding(Severity.VIOLATION, "policy", text, place=place, value=term, focus=iri)
