"""Read agreements in the charter's profile of ODRL 2.2; anything outside it is refused.

A term that the evaluator does not understand must never enter: a constraint that is skipped opens
data that its owner meant to keep closed.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import product
from typing import cast

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, ODRL2, OWL, RDF, RDFS, XSD
from rdflib.paths import OneOrMore, Path
from rdflib.term import Node

from parvis.errors import PolicyError
from parvis.governance.parties import NO_PURPOSES, Parties, Purposes, read_parties
from parvis.governance.policies import (
    ACTIONS,
    ANONYMIZE,
    ATTRIBUTE,
    DELETE,
    Agreement,
    Constraint,
    Policies,
    Rule,
    RuleKind,
)
from parvis.i18n import LANGUAGES, N_
from parvis.vocab.namespaces import PARVIS

OUTSIDE = N_("agreement {agreement}: {term} is outside the charter's profile")
LACKS = N_("agreement {agreement}: {term} is missing")
SEVERAL = N_("agreement {agreement}: {term} is given several times, where one is meant")
NOBODY = N_(
    "agreement {agreement}: {term} is no partner, no collection of parties and no kind of"
    " organisation"
)
CYCLE = N_("collection {agreement}: {term} is part of itself, so that nobody can say who is in it")
NO_OFFSET = N_("agreement {agreement}: “{term}” is not a date and time with its offset from UTC")

DUTIES = frozenset({ANONYMIZE, ATTRIBUTE})
OBLIGATIONS = DUTIES | {DELETE}
_KNOWN_ACTIONS = {
    RuleKind.PERMISSION: ACTIONS,
    RuleKind.PROHIBITION: ACTIONS,
    RuleKind.OBLIGATION: OBLIGATIONS,
}

# Properties without effect on decisions, allowed everywhere.
_NOTES = {
    RDF.type, ODRL2.uid, DCTERMS.title, DCTERMS.description, RDFS.label, RDFS.comment,
}  # fmt: skip
# Properties that the evaluator reads; any other is refused.
_OF_AGREEMENT = {
    ODRL2.profile, ODRL2.conflict, ODRL2.assigner, ODRL2.permission, ODRL2.prohibition,
    ODRL2.obligation, DCTERMS.isPartOf, DCTERMS.dateAccepted, OWL.versionInfo,
    PARVIS.signatoryRole, PARVIS.textHash,
}  # fmt: skip
_OF_RULE = {ODRL2.target, ODRL2.assignee, ODRL2.action, ODRL2.constraint}
_OF_PERMISSION = {ODRL2.duty, PARVIS.survivesClosing}
_OF_CONSTRAINT = {ODRL2.leftOperand, ODRL2.operator, ODRL2.rightOperand}
# Policies of ODRL that are no agreements: they bind nobody, and are refused.
_POLICIES = tuple(
    Namespace(str(ODRL2))[name]
    for name in (
        "Policy",
        "Set",
        "Offer",
        "Ticket",
        "Request",
        "Privacy",
        "Assertion",
    )
)
_RULES = {
    RuleKind.PERMISSION: ODRL2.permission,
    RuleKind.PROHIBITION: ODRL2.prohibition,
    RuleKind.OBLIGATION: ODRL2.obligation,
}
_ORDER = {ODRL2.lt, ODRL2.lteq, ODRL2.gt, ODRL2.gteq}


def read_policies(graph: Graph, purposes: Purposes = NO_PURPOSES) -> Policies:
    """Read all agreements of a graph, with its parties and concepts.

    `purposes` has more broader purposes than the graph. Raises `PolicyError`, which names the
    agreement and the offending term, for anything outside the profile.
    """
    parties = read_parties(graph, purposes)
    nodes = sorted(set(graph.subjects(RDF.type, ODRL2.Agreement)), key=str)
    for kind in _POLICIES:
        for policy in graph.subjects(RDF.type, kind):
            raise PolicyError(OUTSIDE, agreement=policy, term=kind)
    for step in _RULES.values():
        for policy in set(graph.subjects(step)) - set(nodes):
            raise PolicyError(LACKS, agreement=policy, term="odrl:Agreement")
    parts = cast("Path", cast("Path", ODRL2.partOf) * OneOrMore)
    for node in sorted(set(graph.subjects(ODRL2.partOf)), key=str):
        # The members of a cycle would depend on where one begins.
        if node in set(graph.objects(node, parts)):
            raise PolicyError(CYCLE, agreement=node, term=node)
    for collection, members in parties.collections.items():
        for member in members:
            # A misspelt name in a list of the excluded would exclude nobody.
            if not parties.is_assignee(member):
                raise PolicyError(NOBODY, agreement=collection, term=member)
    agreements = (_AgreementReader(graph, parties, node).read() for node in nodes)
    return Policies(tuple(agreements), parties)


class _AgreementReader:
    """Reads an agreement, which its errors name."""

    def __init__(self, graph: Graph, parties: Parties, node: Node) -> None:
        self.graph, self.parties, self.node = graph, parties, node

    def read(self) -> Agreement:
        self._check_properties(self.node, _OF_AGREEMENT)
        for step, required in (
            (ODRL2.profile, PARVIS["profile-1"]),
            (ODRL2.conflict, ODRL2.prohibit),
        ):
            value = self._value(self.node, step)
            self._require(value == required, OUTSIDE, value)
        # Sorted, because the order of a graph changes from one process to another.
        rules = tuple(
            sorted((rule for kind in RuleKind for rule in self._read_rules(kind)), key=repr)
        )
        if not rules:
            raise self._error(LACKS, "odrl:permission")
        assigner = self.read_iri(self._value(self.node, ODRL2.assigner))
        title = self._read_texts(DCTERMS.title)
        day = self._optional_value(DCTERMS.dateAccepted)
        accepted = day.value if isinstance(day, Literal) and day.datatype == XSD.date else None
        self._require(day is None or isinstance(accepted, date), OUTSIDE, day)
        part_of = self._optional_value(DCTERMS.isPartOf)
        project = None if part_of is None else self.read_iri(part_of)
        end = None if part_of is None else self.graph.value(part_of, PARVIS.closed)
        closed = None if end is None else self.read_instant(end)
        has_signatory = (self.node, PARVIS.signatoryRole, None) in self.graph
        return Agreement(
            iri=str(self.node),
            assigner=assigner,
            title=title,
            rules=rules,
            accepted=accepted,
            project=project,
            text_hash=self._read_word(PARVIS.textHash),
            version=self._read_word(OWL.versionInfo),
            signatory=self._read_texts(PARVIS.signatoryRole) if has_signatory else None,
            closed=closed,
        )

    def _read_rules(self, kind: RuleKind) -> Iterator[Rule]:
        """Yield the rules of one kind, one for each target and action."""
        extra = _OF_PERMISSION if kind is RuleKind.PERMISSION else set()
        for node in self.graph.objects(self.node, _RULES[kind]):
            self._check_properties(node, _OF_RULE | extra)
            assignee = self._value(node, ODRL2.assignee)
            self._require(self.parties.is_assignee(str(assignee)), NOBODY, assignee)
            constraints = [
                self._read_constraint(constraint)
                for constraint in self.graph.objects(node, ODRL2.constraint)
            ]
            constraints.sort(key=lambda c: (c.left, c.operator, str(c.right)))
            duties = []
            for duty in self.graph.objects(node, ODRL2.duty):
                self._check_properties(duty, {ODRL2.action})
                duties.append(str(self._value(duty, ODRL2.action)))
                self._require(duties[-1] in DUTIES, OUTSIDE, duties[-1])
            # Whether a permission still holds once the project is closed.
            flags = list(self.graph.objects(node, PARVIS.survivesClosing))
            self._require(len(flags) <= 1, SEVERAL, PARVIS.survivesClosing)
            for flag in flags:
                fits = isinstance(flag, Literal) and isinstance(flag.value, bool)
                self._require(fits, OUTSIDE, flag)
            survives = any(isinstance(flag, Literal) and flag.value for flag in flags)
            # A rule of several targets or actions is several rules (ODRL §2.7).
            targets, actions = self._values(node, ODRL2.target), self._values(node, ODRL2.action)
            for target, action in product(targets, actions):
                self._require(str(action) in _KNOWN_ACTIONS[kind], OUTSIDE, action)
                yield Rule(
                    kind=kind,
                    target=self.read_iri(target),
                    assignee=str(assignee),
                    action=str(action),
                    agreement=str(self.node),
                    constraints=tuple(constraints),
                    duties=tuple(sorted(duties)),
                    survives=survives,
                )

    def _read_constraint(self, node: Node) -> Constraint:
        self._check_properties(node, _OF_CONSTRAINT)
        left = self._value(node, ODRL2.leftOperand)
        self._require(left in _OPERANDS, OUTSIDE, left)
        operators, read = _OPERANDS[left]
        operator = self._value(node, ODRL2.operator)
        self._require(operator in operators, OUTSIDE, operator)
        right = self._value(node, ODRL2.rightOperand)
        return Constraint(str(left), str(operator), read(self, right))

    def read_instant(self, term: Node) -> datetime:
        """Read an xsd:dateTime with its offset."""
        value = term.value if isinstance(term, Literal) else None
        typed = isinstance(term, Literal) and term.datatype == XSD.dateTime
        if not typed or not isinstance(value, datetime) or value.tzinfo is None:
            raise self._error(NO_OFFSET, term)
        return value

    def read_duration(self, term: Node) -> str:
        """Read an xsd:duration as it is written."""
        fits = isinstance(term, Literal) and term.datatype == XSD.duration and not term.ill_typed
        self._require(fits, OUTSIDE, term)
        return str(term)

    def read_iri(self, term: Node) -> str:
        self._require(isinstance(term, URIRef), OUTSIDE, term)
        return str(term)

    def read_party(self, term: Node) -> str:
        """Read a partner, a collection or a kind of organisation."""
        self._require(self.parties.is_assignee(str(term)), NOBODY, term)
        return self.read_iri(term)

    def read_same_stratum(self, term: Node) -> str:
        """Read the only value that a contribution may be compared with."""
        self._require(term == PARVIS.sameStratum, OUTSIDE, term)
        return str(term)

    def _read_texts(self, step: URIRef) -> dict[str, str]:
        """Read a text that must have one value in each language, and in no other."""
        name = str(step).replace(str(DCTERMS), "dct:").replace(str(PARVIS._NS), "parvis:")  # noqa: SLF001 - a closed namespace's own
        texts: dict[str, str] = {}
        for text in self.graph.objects(self.node, step):
            lang = text.language if isinstance(text, Literal) else None
            if lang not in LANGUAGES or not str(text):
                raise self._error(OUTSIDE, text)
            self._require(lang not in texts, SEVERAL, f"{name} @{lang}")
            texts[lang] = str(text)
        for lang in LANGUAGES:
            self._require(lang in texts, LACKS, f"{name} @{lang}")
        return {lang: texts[lang] for lang in LANGUAGES}

    def _read_word(self, step: URIRef) -> str | None:
        """Read an optional plain text."""
        term = self._optional_value(step)
        plain = isinstance(term, Literal) and not term.language
        typed = isinstance(term, Literal) and term.datatype in {None, XSD.string}
        self._require(term is None or (plain and typed), OUTSIDE, term)
        return None if term is None else str(term)

    def _optional_value(self, step: URIRef) -> Node | None:
        values = list(self.graph.objects(self.node, step))
        self._require(len(values) <= 1, SEVERAL, step)
        return values[0] if values else None

    def _value(self, node: Node, step: URIRef) -> Node:
        values = self._values(node, step)
        self._require(len(values) == 1, SEVERAL, step)
        return values[0]

    def _values(self, node: Node, step: URIRef) -> list[Node]:
        values = sorted(self.graph.objects(node, step), key=str)
        self._require(bool(values), LACKS, step)
        return values

    def _check_properties(self, node: Node, allowed: set[URIRef]) -> None:
        for step in self.graph.predicates(node):
            self._require(step in allowed or step in _NOTES, OUTSIDE, step)

    def _require(self, holds: bool, template: str, term: object) -> None:  # noqa: FBT001 - an assertion
        if not holds:
            raise self._error(template, term)

    def _error(self, template: str, term: object) -> PolicyError:
        return PolicyError(template, agreement=self.node, term=term)


_Read = Callable[[_AgreementReader, Node], datetime | str]
# Each left operand, with its operators and the method that reads its right operand.
_OPERANDS: dict[Node, tuple[set[URIRef], _Read]] = {
    ODRL2.dateTime: (_ORDER, _AgreementReader.read_instant),
    ODRL2.elapsedTime: (_ORDER | {ODRL2.eq}, _AgreementReader.read_duration),
    ODRL2.purpose: ({ODRL2.isA, ODRL2.eq}, _AgreementReader.read_iri),
    ODRL2.recipient: ({ODRL2.isA, ODRL2.eq}, _AgreementReader.read_party),
    PARVIS.contributesStratum: ({ODRL2.eq}, _AgreementReader.read_same_stratum),
}
