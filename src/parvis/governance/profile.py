"""The charter's profile of ODRL 2.2: what an agreement may say; anything else is refused.

A term that the evaluator would not understand must never enter: a constraint that is skipped
opens data that its owner meant to keep closed.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import product

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DC, DCTERMS, ODRL2, PROV, RDF, RDFS, SKOS, XSD
from rdflib.term import Node

from parvis.errors import PolicyError
from parvis.governance.parties import Parties, parties_in
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
NO_OFFSET = N_("agreement {agreement}: “{term}” is not a date and time with its offset from UTC")

DUTIES = frozenset({str(ODRL2.anonymize), str(ODRL2.attribute)})
OBLIGATIONS = DUTIES | {DELETE}
_KNOWN_ACTIONS = {Kind.PERMISSION: ACTIONS, Kind.PROHIBITION: ACTIONS, Kind.OBLIGATION: OBLIGATIONS}

_NOTES = tuple(str(space) for space in (DCTERMS, DC, RDFS, SKOS, PROV))
_OF_AGREEMENT = {
    RDF.type, ODRL2.uid, ODRL2.profile, ODRL2.conflict, ODRL2.assigner, ODRL2.permission,
    ODRL2.prohibition, ODRL2.obligation, PARVIS.textHash, PARVIS.charter,
}  # fmt: skip
_OF_RULE = {
    RDF.type, ODRL2.uid, ODRL2.target, ODRL2.assignee, ODRL2.action, ODRL2.constraint,
}  # fmt: skip
_OF_CONSTRAINT = {RDF.type, ODRL2.uid, ODRL2.leftOperand, ODRL2.operator, ODRL2.rightOperand}
_POLICIES = tuple(Namespace(str(ODRL2))[name] for name in ("Policy", "Set", "Offer", "Ticket"))
_RULES = {
    Kind.PERMISSION: ODRL2.permission,
    Kind.PROHIBITION: ODRL2.prohibition,
    Kind.OBLIGATION: ODRL2.obligation,
}
_ORDER = {ODRL2.lt, ODRL2.lteq, ODRL2.gt, ODRL2.gteq}


def from_graph(graph: Graph) -> Policies:
    """Read all agreements of a graph, with the parties and concepts that it also holds.

    Raises `PolicyError`, which names the agreement and the offending term, for anything outside
    the profile.
    """
    parties = parties_in(graph)
    nodes = sorted(set(graph.subjects(RDF.type, ODRL2.Agreement)), key=str)
    _refuse_strays(graph, set(nodes))
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
            assigner=str(self._one(self.node, ODRL2.assigner)),
            title=self._title(),
            rules=rules,
            accepted=self._accepted(),
            project=self._maybe(DCTERMS.isPartOf),
            text_hash=self._maybe(PARVIS.textHash),
        )

    def _rules(self, kind: Kind) -> Iterator[Rule]:
        """Read the rules of one kind; several targets or actions of one rule make several."""
        extra = {ODRL2.duty} if kind is Kind.PERMISSION else set()
        for node in self.graph.objects(self.node, _RULES[kind]):
            self._closed(node, _OF_RULE | extra)
            assignee = self._assignee(node)
            constraints = self._constraints(node)
            duties = self._duties(node)
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
                )

    def _assignee(self, rule: Node) -> str:
        found = self._one(rule, ODRL2.assignee)
        self._require(self.parties.named(str(found)), NOBODY, found)
        return str(found)

    def _duties(self, rule: Node) -> tuple[str, ...]:
        found = []
        for duty in self.graph.objects(rule, ODRL2.duty):
            self._closed(duty, {RDF.type, ODRL2.action})
            action = str(self._one(duty, ODRL2.action))
            self._require(action in DUTIES, OUTSIDE, action)
            found.append(action)
        return tuple(sorted(found))

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

    def same_stratum(self, term: Node) -> str:
        """Read the only thing that a contribution is compared with."""
        self._require(term == PARVIS.sameStratum, OUTSIDE, term)
        return str(term)

    def _title(self) -> dict[str, str]:
        titles = self.graph.objects(self.node, DCTERMS.title)
        found = {t.language: str(t) for t in titles if isinstance(t, Literal) and t.language}
        for lang in LANGUAGES:
            self._require(lang in found, LACKS, f"dct:title @{lang}")
        return {lang: found[lang] for lang in LANGUAGES}

    def _accepted(self) -> date | None:
        found = self.graph.value(self.node, DCTERMS.dateAccepted)
        value = found.value if isinstance(found, Literal) else None
        self._require(found is None or isinstance(value, date), OUTSIDE, found)
        return value if isinstance(value, date) else None

    def _maybe(self, step: URIRef) -> str | None:
        found = self.graph.value(self.node, step)
        return None if found is None else str(found)

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
            self._require(step in known or str(step).startswith(_NOTES), OUTSIDE, step)

    def _require(self, holds: bool, template: str, term: object) -> None:  # noqa: FBT001 - an assertion
        if not holds:
            raise self._error(template, term)

    def _error(self, template: str, term: object) -> PolicyError:
        return PolicyError(template, agreement=self.node, term=term)


_Read = Callable[[_Reading, Node], datetime | str]
_OPERANDS: dict[Node, tuple[set[URIRef], _Read]] = {
    ODRL2.dateTime: (_ORDER, _Reading.instant),
    ODRL2.elapsedTime: (_ORDER | {ODRL2.eq}, _Reading.duration),
    ODRL2.purpose: ({ODRL2.isA, ODRL2.eq}, _Reading.iri),
    PARVIS.contributesStratum: ({ODRL2.eq}, _Reading.same_stratum),
}
