"""Random quads over six graphs, and random agreements on who may read which graph.

A `World` is small enough to be read in an error report. Each graph contains a text and a node that
are in no other, so that leaks can be identified. `World.readable` evaluates the rules with its
own short code, with which the pool's evaluator is compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from rdflib import Graph
from sparql_words import XSD, Vocabulary

from parvis.governance import Reader
from parvis.governance.parties import EVERYONE, KINDS, MEMBERS

BASE = "http://pool.test/"
GRAPHS = (*(f"{BASE}graph/p/g{number}" for number in range(5)), "urn:x:g5")
ABSENT = f"{BASE}graph/p/none"
"""A graph that no store contains."""
CANARY = f"{BASE}graph/parvis/canary"
"""A graph of parvis's own that no pool has: nobody may read anything by its name."""
WORDS = Vocabulary(BASE, (*GRAPHS, ABSENT, CANARY))
REIFIES = "http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies"
VALUES = (
    *(Literal(number) for number in (1, 2, 7)),
    *(Literal("1.5", datatype=NamedNode(f"{XSD}decimal")), Literal(True), Literal("a")),  # noqa: FBT003
    *(Literal("b"), Literal("a", language="fr"), Literal("b", language="en-ca"), Literal("")),
    *(Literal("2024-02-29", datatype=NamedNode(f"{XSD}date")), Literal("http://x/s1")),
)
ALPHA, BETA, GAMMA = (f"{BASE}id/partner/{name}" for name in ("alpha", "beta", "gamma"))
MUSEUM, RESEARCH = f"{KINDS}museum", "https://w3id.org/dpv#ResearchAndDevelopment"
READERS = {
    "anonymous": Reader(),
    "alpha": Reader(ALPHA),
    "beta": Reader(BETA, frozenset({RESEARCH})),
    "gamma": Reader(GAMMA),
}
"""Alpha signs the agreements and is therefore a member; beta is a member in some worlds."""

Rule = tuple[str, str, str, str, str]
"""Kind, graph, assignee, action and condition."""
AGREEMENT = """
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> . @prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix xsd: <{xsd}> .
<{museum}> a skos:Concept .
<{alpha}> a foaf:Agent . <{beta}> a foaf:Agent {member} .
<{gamma}> a foaf:Agent ; parvis:organizationType <{museum}> .
<{base}id/agreement/alpha> a odrl:Agreement ; odrl:uid <{base}id/agreement/alpha> ;
  odrl:profile parvis:profile-1 ; odrl:conflict odrl:prohibit ; dct:title "E"@fr , "A"@en ;
  odrl:assigner <{alpha}> ; {rules} .
"""


@dataclass(frozen=True)
class World:
    """The content of six graphs, the rules on them, and the members.

    The rules compare with the instant `turn`: permissions may have changed since an earlier build.
    """

    graphs: dict[str, tuple[Triple, ...]]
    rules: tuple[Rule, ...]
    beta_is_member: bool
    turn: datetime

    def law(self) -> Graph:
        """Write the agreement."""
        rules = " ; ".join(map(self._written, self.rules))
        member = "; odrl:partOf parvis:members" if self.beta_is_member else ""
        names = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA, "museum": MUSEUM}
        text = AGREEMENT.format(xsd=XSD, base=BASE, rules=rules, member=member, **names)
        return Graph().parse(data=text, format="turtle")

    def _written(self, rule: Rule) -> str:
        kind, graph, assignee, action, condition = rule
        parts = f"odrl:target <{graph}> ; odrl:assignee {assignee} ; odrl:action {action}"
        if condition == RESEARCH:
            parts += (
                " ; odrl:constraint [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isA ;"
                f" odrl:rightOperand <{RESEARCH}> ]"
            )
        elif condition:
            parts += (
                f" ; odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator {condition} ;"
                f' odrl:rightOperand "{self.turn.isoformat()}"^^xsd:dateTime ]'
            )
        return f"odrl:{kind} [ {parts} ]"

    def readable(self, name: str, at: datetime) -> list[str]:
        """List the graphs that a reader may read at an instant, for the purpose that it states."""
        return self._readable(name, at, research=name == "beta")

    def stored(self, at: datetime) -> set[str]:
        """List the graphs that some reader may read at an instant, whatever purpose it states."""
        purposes = (False, True)
        return {
            g for name in READERS for r in purposes for g in self._readable(name, at, research=r)
        }

    def _readable(self, name: str, at: datetime, *, research: bool) -> list[str]:
        return [graph for graph in GRAPHS if self._may_read(name, graph, at, research=research)]

    def _may_read(self, name: str, graph: str, at: datetime, *, research: bool) -> bool:
        rules = [rule for rule in self.rules if rule[1] == graph]
        applicable = [
            (kind, assignee)
            for kind, _, assignee, _, condition in rules
            if self._holds(condition, at, research=research)
        ]
        if any(kind == "obligation" for kind, _ in applicable):
            return False
        if name == "alpha" and rules:  # who signed the agreement about it
            return True
        own = [kind for kind, assignee in applicable if self._concerns(assignee, name)]
        return "permission" in own and "prohibition" not in own

    def _holds(self, condition: str, at: datetime, *, research: bool) -> bool:
        match condition:
            case "odrl:lt":
                return at < self.turn
            case "odrl:gteq":
                return at >= self.turn
            case "":
                return True
        return research

    def _concerns(self, assignee: str, name: str) -> bool:
        members = {"alpha", "beta"} if self.beta_is_member else {"alpha"}
        return {
            f"<{EVERYONE}>": True,
            f"<{MEMBERS}>": name in members,
            f"<{MUSEUM}>": name == "gamma",
            f"<{BASE}id/partner/{name}>": True,
        }.get(assignee, False)


def draw_world(random: Random, now: datetime, *, triple_terms: bool, blanks: bool) -> World:
    """Draw data and agreements; dates of rules are an hour before `now`."""
    graphs: dict[str, tuple[Triple, ...]] = {}
    previous: set[Triple] = set()
    for number, graph in enumerate(GRAPHS):
        drawn = set(_triples(random, number, triple_terms, blanks)) - previous
        graphs[graph] = tuple(sorted(drawn, key=str))
        previous |= drawn
    if random.random() < 0.3:
        graphs[random.choice(GRAPHS)] = ()
    elif random.random() < 0.3:
        recipient, donor = random.sample(GRAPHS, 2)
        # Blank nodes and canaries belong to one graph.
        texts = {triple: str(triple) for triple in graphs[donor]}
        shared = [
            triple for triple, text in texts.items() if "only-" not in text and "_:" not in text
        ]
        graphs[recipient] += tuple(shared[:3])
    rules = tuple(dict.fromkeys(rule for graph in GRAPHS for rule in _rules(random, graph)))
    third_party_rule = (
        "permission",
        GRAPHS[0],
        "parvis:host",
        "odrl:aggregate",
        "",
    )  # there must be some rule
    turn = now.replace(microsecond=0) - timedelta(hours=1)
    return World(graphs, (third_party_rule, *rules), random.random() < 0.5, turn)


def _triples(random: Random, number: int, triple_terms: bool, blanks: bool) -> Iterator[Triple]:  # noqa: FBT001
    """Draw the triples of one graph."""
    nodes = [NamedNode(iri) for iri in (*WORDS.nodes, *WORDS.nodes, *WORDS.graphs)]
    subjects: list[NamedNode | BlankNode] = [*nodes]
    if blanks:
        subjects += [BlankNode(f"b{number}x{at}") for at in range(2)] * 2
    predicates = [NamedNode(iri) for iri in (*WORDS.predicates, *WORDS.predicates, WORDS.nodes[0])]
    for _ in range(random.randint(3, 10)):
        ends = (*subjects, *VALUES)
        yield Triple(random.choice(subjects), random.choice(predicates), random.choice(ends))
    canary = NamedNode(f"http://x/only-{number}")
    yield Triple(random.choice(nodes), random.choice(predicates), Literal(f"only-{number}"))
    yield Triple(random.choice(nodes), random.choice(predicates), canary)
    if random.random() < 0.5:
        yield Triple(canary, NamedNode(f"http://x/p-only-{number}"), random.choice(nodes))
    if triple_terms and random.random() < 0.5:
        quoted = Triple(random.choice(nodes), random.choice(predicates), random.choice(VALUES))
        yield Triple(random.choice(nodes), NamedNode(REIFIES), quoted)
        yield quoted


def _rules(random: Random, graph: str) -> Iterator[Rule]:
    """Draw the rules on one graph."""
    whom = (f"<{EVERYONE}>", f"<{MEMBERS}>", f"<{ALPHA}>", f"<{BETA}>", f"<{GAMMA}>", f"<{MUSEUM}>")
    when = ("", "", "", "", "odrl:lt", "odrl:gteq", RESEARCH)
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3))):
        assignee = random.choice((f"<{EVERYONE}>", *whom))
        action = random.choice(("odrl:read", "odrl:use"))
        yield "permission", graph, assignee, action, random.choice(when)
    if random.random() < 0.25:
        # A prohibition by kind would also exclude readers of unknown kind.
        assignee, action = random.choice(whom[:5]), random.choice(("odrl:read", "odrl:use"))
        yield "prohibition", graph, assignee, action, random.choice(when[:6])
    if random.random() < 0.08:
        yield "obligation", graph, "parvis:host", "odrl:delete", "odrl:gteq"
