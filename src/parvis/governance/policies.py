"""Agreements as plain data: permissions, prohibitions and obligations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from rdflib.namespace import ODRL2

from parvis.governance.parties import Parties
from parvis.vocab.namespaces import PARVIS

USE = str(ODRL2.use)
READ = str(ODRL2.read)
AGGREGATE = str(ODRL2.aggregate)
DISTRIBUTE = str(ODRL2.distribute)
DISCOVER = str(PARVIS.discover)
COUNT_PEOPLE = str(PARVIS.countPeople)
COMPARE_AUDIENCES = str(PARVIS.compareAudiences)
DELETE = str(ODRL2.delete)
ANONYMIZE = str(ODRL2.anonymize)
ATTRIBUTE = str(ODRL2.attribute)
ACTIONS = frozenset({USE, READ, AGGREGATE, DISTRIBUTE, DISCOVER, COUNT_PEOPLE, COMPARE_AUDIENCES})
"""The actions of the profile; `use` permits to read, aggregate and distribute, nothing else."""

DATE_TIME = str(ODRL2.dateTime)
PURPOSE = str(ODRL2.purpose)
ELAPSED_TIME = str(ODRL2.elapsedTime)
CONTRIBUTES = str(PARVIS.contributesStratum)
RECIPIENT = str(ODRL2.recipient)


Stratum = tuple[str, ...]
"""A combination of concepts, by their IRIs: a discipline, an area, an age bracket."""


class RuleKind(StrEnum):
    """A kind of rule (ODRL Information Model 2.2, §2.6)."""

    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    OBLIGATION = "obligation"


@dataclass(frozen=True)
class Constraint:
    """A condition of a rule (ODRL §2.5): operands and operators are IRIs.

    `right` is an instant with its offset for `odrl:dateTime`, a duration as written for
    `odrl:elapsedTime`, else an IRI.
    """

    left: str
    operator: str
    right: datetime | str


@dataclass(frozen=True)
class Rule:
    """A permission, prohibition or obligation with one target, one assignee and one action.

    All constraints must hold together. `duties` are the duties of a permission, such as
    `odrl:anonymize`. `agreement` is the IRI of the rule's agreement. A permission that `survives`
    holds also when the project of the agreement is closed.
    """

    kind: RuleKind
    target: str
    assignee: str
    action: str
    agreement: str
    constraints: tuple[Constraint, ...] = ()
    duties: tuple[str, ...] = ()
    survives: bool = False


@dataclass(frozen=True)
class Agreement:
    """The signed agreement of a partner; `title` has one text per language.

    `accepted` is the day of signature and `signatory` the role of the person who signed, by
    language; `text_hash` is the SHA-256 of the text, `version` its number. At the instant `closed`
    its project ends, and with it the permissions that do not survive.
    """

    iri: str
    assigner: str
    title: Mapping[str, str]
    rules: tuple[Rule, ...] = ()
    accepted: date | None = None
    project: str | None = None
    text_hash: str | None = None
    version: str | None = None
    signatory: Mapping[str, str] | None = None
    closed: datetime | None = None


@dataclass(frozen=True)
class Policies:
    """All agreements of the pool, and their parties.

    `strata` are those of each dataset's figures, by its IRI, where they are known; `received` is
    when the pool received each dataset, from which elapsed time counts. `made_of` are the source
    datasets of each release that is not for everyone, by its IRI.
    """

    agreements: tuple[Agreement, ...] = ()
    parties: Parties = field(default_factory=Parties)
    strata: Mapping[str, frozenset[Stratum]] = field(default_factory=dict)
    received: Mapping[str, datetime] = field(default_factory=dict)
    made_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def agreement(self, iri: str) -> Agreement | None:
        return self._by_iri.get(iri)

    def rules_on(self, target: str) -> tuple[Rule, ...]:
        """Return the rules about a dataset, in the order of the agreements."""
        return self._by_target.get(target, ())

    def has_agreement(self, party: str) -> bool:
        """Return whether a party has an agreement: it signed one, or one permits it something."""
        # What is permitted to everyone, or to a kind of organisation, is no agreement with it.
        collections = self.parties.collections
        return any(agreement.assigner == party for agreement in self.agreements) or any(
            party in collections.get(rule.assignee, {rule.assignee})
            for rule in self.rules
            if rule.kind is RuleKind.PERMISSION
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return every rule of every agreement."""
        return tuple(rule for agreement in self.agreements for rule in agreement.rules)

    # Cached: a page decides for many datasets and readers.
    @cached_property
    def _by_iri(self) -> dict[str, Agreement]:
        return {agreement.iri: agreement for agreement in self.agreements}

    @cached_property
    def _by_target(self) -> dict[str, tuple[Rule, ...]]:
        rules: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            rules[rule.target] = (*rules.get(rule.target, ()), rule)
        return rules
