"""The charter's profile of ODRL 2.2: what an agreement may say; anything else is refused.

A term that the evaluator would not understand must never enter: a constraint that is skipped
opens data that its owner meant to keep closed.
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
from parvis.governance.parties import NO_PURPOSES, Parties, Purposes, parties_in
from parvis.governance.policies import ACTIONS, DELETE, Agreement, Constraint, Kind, Policies, Rule
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

DUTIES = frozenset({str(ODRL2.anonymize), str(ODRL2.attribute)})
OBLIGATIONS = DUTIES | {DELETE}
_KNOWN_ACTIONS = {Kind.PERMISSION: ACTIONS, Kind.PROHIBITION: ACTIONS, Kind.OBLIGATION: OBLIGATIONS}

_NOTES = {
    RDF.type, ODRL2.uid, DCTERMS.title, DCTERMS.description, RDFS.label, RDFS.comment,
}  # fmt: skip
_OF_AGREEMENT = {
    ODRL2.profile, ODRL2.conflict, ODRL2.assigner, ODRL2.permission, ODRL2.prohibition,
    ODRL2.obligation, DCTERMS.isPartOf, DCTERMS.dateAccepted, OWL.versionInfo,
    PARVIS.signatoryRole, PARVIS.textHash,
}  # fmt: skip
_OF_RULE = {ODRL2.target, ODRL2.assignee, ODRL2.action, ODRL2.constraint}
_OF_PERMISSION = {ODRL2.duty, PARVIS.survivesClosing}
_OF_CONSTRAINT = {ODRL2.leftOperand, ODRL2.operator, ODRL2.rightOperand}
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
    Kind.PERMISSION: ODRL2.permission,
    Kind.PROHIBITION: ODRL2.prohibition,
    Kind.OBLIGATION: ODRL2.obligation,
}
_ORDER = {ODRL2.lt, ODRL2.lteq, ODRL2.gt, ODRL2.gteq}


def from_graph(graph: Graph, purposes: Purposes = NO_PURPOSES) -> Policies:
    """Read all agreements of a graph, with the parties and concepts that it also holds.

    `purposes` say which purposes are broader than which, besides what the graph says. Raises
    `PolicyError`, which names the agreement and the offending term, for anything outside the
    profile.
    """
    parties = parties_in(graph, purposes)
    nodes = sorted(set(graph.subjects(RDF.type, ODRL2.Agreement)), key=str)
    _refuse_strays(graph, set(nodes))
    _refuse_cycles(graph)
    _refuse_strangers(parties)
    return Policies(tuple(_Reading(graph, parties, node).agreement() for node in nodes), parties)


def _refuse_strays(graph: Graph, agreements: set[Node]) -> None:
    """Refuse policies of other kinds, and rules that hang on nothing that is an agreement."""
    for kind in _POLICIES:
        for policy in graph.subjects(RDF.type, kind):
            raise PolicyError(OUTSIDE, agreement=policy, term=kind)
    for step in _RULES.values():
        for policy in set(graph.subjects(step)) - agreements:
            raise PolicyError(LACKS, agreement=policy, term="odrl:Agreement")


def _refuse_cycles(graph: Graph) -> None:
    """Refuse collections that hold themselves: whom they include depends on where one begins."""
    parts = cast("Path", cast("Path", ODRL2.partOf) * OneOrMore)
    for node in sorted(set(graph.subjects(ODRL2.partOf)), key=str):
        if node in set(graph.objects(node, parts)):
            raise PolicyError(CYCLE, agreement=node, term=node)


def _refuse_strangers(parties: Parties) -> None:
    """Refuse unknown members: a misspelt name in a list of the excluded would exclude nobody."""
    for collection, members in parties.collections.items():
        for member in members:
            if not parties.named(member):
                raise PolicyError(NOBODY, agreement=collection, term=member)


class _Reading:
    """One agreement being read: where an error says which agreement is meant."""

    def __init__(self, graph: Graph, parties: Parties, node: Node) -> None:
        self.graph, self.parties, self.node = graph, parties, node

    def agreement(self) -> Agreement:
        """Read the agreement whole."""
        self._closed(self.node, _OF_AGREEMENT)
        self._must_be(ODRL2.profile, PARVIS["profile-1"])
        self._must_be(ODRL2.conflict, ODRL2.prohibit)
        rules = tuple(sorted((rule for kind in Kind for rule in self._rules(kind)), key=repr))
        if not rules:
            raise self._error(LACKS, "odrl:permission")
        return Agreement(
            iri=str(self.node),
            assigner=self.iri(self._one(self.node, ODRL2.assigner)),
            title=self._texts(DCTERMS.title),
            rules=rules,
            accepted=self._accepted(),
            project=self._project(),
            text_hash=self._maybe(PARVIS.textHash),
            version=self._maybe(OWL.versionInfo),
            signatory=self._signatory(),
            closed=self._ended(),
        )

    def _rules(self, kind: Kind) -> Iterator[Rule]:
        """Read the rules of one kind; several targets or actions of one rule make several."""
        extra = _OF_PERMISSION if kind is Kind.PERMISSION else set()
        for node in self.graph.objects(self.node, _RULES[kind]):
            self._closed(node, _OF_RULE | extra)
            assignee = self._assignee(node)
            constraints = self._constraints(node)
            duties, survives = self._duties(node), self._survives(node)
            both = product(self._some(node, ODRL2.target), self._some(node, ODRL2.action))
            for target, action in both:
                self._require(str(action) in _KNOWN_ACTIONS[kind], OUTSIDE, action)
                yield Rule(
                    kind=kind,
                    target=self.iri(target),
                    assignee=assignee,
                    action=str(action),
                    agreement=str(self.node),
                    constraints=constraints,
                    duties=duties,
                    survives=survives,
                )

    def _assignee(self, rule: Node) -> str:
        found = self._one(rule, ODRL2.assignee)
        self._require(self.parties.named(str(found)), NOBODY, found)
        return str(found)

    def _duties(self, rule: Node) -> tuple[str, ...]:
        found = []
        for duty in self.graph.objects(rule, ODRL2.duty):
            self._closed(duty, {ODRL2.action})
            action = str(self._one(duty, ODRL2.action))
            self._require(action in DUTIES, OUTSIDE, action)
            found.append(action)
        return tuple(sorted(found))

    def _survives(self, rule: Node) -> bool:
        """Read whether a permission holds on when the project is closed."""
        found = list(self.graph.objects(rule, PARVIS.survivesClosing))
        self._require(len(found) <= 1, SEVERAL, PARVIS.survivesClosing)
        for value in found:
            fits = isinstance(value, Literal) and isinstance(value.value, bool)
            self._require(fits, OUTSIDE, value)
        return any(isinstance(value, Literal) and value.value for value in found)

    def _constraints(self, rule: Node) -> tuple[Constraint, ...]:
        found = [self._constraint(node) for node in self.graph.objects(rule, ODRL2.constraint)]
        return tuple(sorted(found, key=lambda one: (one.left, one.operator, str(one.right))))

    def _constraint(self, node: Node) -> Constraint:
        self._closed(node, _OF_CONSTRAINT)
        left = self._one(node, ODRL2.leftOperand)
        self._require(left in _OPERANDS, OUTSIDE, left)
        operators, read = _OPERANDS[left]
        operator = self._one(node, ODRL2.operator)
        self._require(operator in operators, OUTSIDE, operator)
        return Constraint(str(left), str(operator), read(self, self._right(node)))

    def _right(self, node: Node) -> Node:
        return self._one(node, ODRL2.rightOperand)

    def instant(self, term: Node) -> datetime:
        """Read an instant: an xsd:dateTime with its offset."""
        value = term.value if isinstance(term, Literal) else None
        typed = isinstance(term, Literal) and term.datatype == XSD.dateTime
        if not typed or not isinstance(value, datetime) or value.tzinfo is None:
            raise self._error(NO_OFFSET, term)
        return value

    def duration(self, term: Node) -> str:
        """Read a duration as it is written."""
        fits = isinstance(term, Literal) and term.datatype == XSD.duration and not term.ill_typed
        self._require(fits, OUTSIDE, term)
        return str(term)

    def iri(self, term: Node) -> str:
        """Read an IRI."""
        self._require(isinstance(term, URIRef), OUTSIDE, term)
        return str(term)

    def party(self, term: Node) -> str:
        """Read who may be meant: a partner, a collection or a kind of organisation."""
        self._require(self.parties.named(str(term)), NOBODY, term)
        return self.iri(term)

    def same_stratum(self, term: Node) -> str:
        """Read the only thing that a contribution is compared with."""
        self._require(term == PARVIS.sameStratum, OUTSIDE, term)
        return str(term)

    def _texts(self, step: URIRef) -> dict[str, str]:
        """Read a text that is given once in each language, and in no other."""
        found: dict[str, str] = {}
        for text in self.graph.objects(self.node, step):
            lang = text.language if isinstance(text, Literal) else None
            if lang not in LANGUAGES or not str(text):
                raise self._error(OUTSIDE, text)
            self._require(lang not in found, SEVERAL, f"{_short(step)} @{lang}")
            found[lang] = str(text)
        for lang in LANGUAGES:
            self._require(lang in found, LACKS, f"{_short(step)} @{lang}")
        return {lang: found[lang] for lang in LANGUAGES}

    def _accepted(self) -> date | None:
        found = self._perhaps(DCTERMS.dateAccepted)
        typed = isinstance(found, Literal) and found.datatype == XSD.date
        value = found.value if isinstance(found, Literal) else None
        self._require(found is None or (typed and isinstance(value, date)), OUTSIDE, found)
        return value if isinstance(value, date) else None

    def _project(self) -> str | None:
        found = self._perhaps(DCTERMS.isPartOf)
        return None if found is None else self.iri(found)

    def _signatory(self) -> dict[str, str] | None:
        given = (self.node, PARVIS.signatoryRole, None) in self.graph
        return self._texts(PARVIS.signatoryRole) if given else None

    def _ended(self) -> datetime | None:
        """Read at which instant the project of the agreement was closed, if it was."""
        project = self._perhaps(DCTERMS.isPartOf)
        found = None if project is None else self.graph.value(project, PARVIS.closed)
        return None if found is None else self.instant(found)

    def _maybe(self, step: URIRef) -> str | None:
        """Read a word that may be given, once."""
        found = self._perhaps(step)
        plain = isinstance(found, Literal) and not found.language
        typed = isinstance(found, Literal) and found.datatype in {None, XSD.string}
        self._require(found is None or (plain and typed), OUTSIDE, found)
        return None if found is None else str(found)

    def _perhaps(self, step: URIRef) -> Node | None:
        found = list(self.graph.objects(self.node, step))
        self._require(len(found) <= 1, SEVERAL, step)
        return found[0] if found else None

    def _must_be(self, step: URIRef, wanted: URIRef) -> None:
        found = self._one(self.node, step)
        self._require(found == wanted, OUTSIDE, found)

    def _one(self, node: Node, step: URIRef) -> Node:
        found = self._some(node, step)
        self._require(len(found) == 1, SEVERAL, step)
        return found[0]

    def _some(self, node: Node, step: URIRef) -> list[Node]:
        found = sorted(self.graph.objects(node, step), key=str)
        self._require(bool(found), LACKS, step)
        return found

    def _closed(self, node: Node, known: set[URIRef]) -> None:
        for step in self.graph.predicates(node):
            self._require(step in known or step in _NOTES, OUTSIDE, step)

    def _require(self, holds: bool, template: str, term: object) -> None:  # noqa: FBT001 - an assertion
        if not holds:
            raise self._error(template, term)

    def _error(self, template: str, term: object) -> PolicyError:
        return PolicyError(template, agreement=self.node, term=term)


def _short(step: URIRef) -> str:
    """Write a property of agreements with its prefix."""
    return str(step).replace(str(DCTERMS), "dct:").replace(str(PARVIS._NS), "parvis:")  # noqa: SLF001 - a closed namespace's own


_Read = Callable[[_Reading, Node], datetime | str]
_OPERANDS: dict[Node, tuple[set[URIRef], _Read]] = {
    ODRL2.dateTime: (_ORDER, _Reading.instant),
    ODRL2.elapsedTime: (_ORDER | {ODRL2.eq}, _Reading.duration),
    ODRL2.purpose: ({ODRL2.isA, ODRL2.eq}, _Reading.iri),
    ODRL2.recipient: ({ODRL2.isA, ODRL2.eq}, _Reading.party),
    PARVIS.contributesStratum: ({ODRL2.eq}, _Reading.same_stratum),
}
