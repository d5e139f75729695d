"""Write a request, and the offer that answers it, in ODRL: `odrl:Request` and `odrl:Offer`.

The terms are those of W3C's Linked Web Storage draft: requests of access are requests, what the
owner would grant is an offer.
"""

from datetime import date, datetime, time, timedelta

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, ODRL2, RDF, XSD
from rdflib.term import Node

from parvis.config import clock
from parvis.ledger import Request
from parvis.rdf.files import bind_prefixes
from parvis.vocab.namespaces import PARVIS

ODRL = Namespace(str(ODRL2))


def write_request(request: Request, base: str) -> Graph:
    """Return the graph of a request and of its offer, if there is one, for their parties alone."""
    graph = bind_prefixes(Graph())
    iri = URIRef(f"{base}id/request/{request.id}")
    graph.add((iri, RDF.type, ODRL.Request))
    _write_policy(graph, iri, request, request.subject, request.purpose, request.until)
    graph.add((iri, DCTERMS.description, Literal(request.message)))
    graph.add((iri, DCTERMS.created, Literal(request.created)))
    if request.offer is not None:
        offer = URIRef(f"{base}id/offer/{request.id}")
        content = request.offer
        graph.add((offer, RDF.type, ODRL.Offer))
        _write_policy(graph, offer, request, content.dataset, content.purpose, content.until)
        graph.add((offer, DCTERMS.references, iri))
        if content.words:
            graph.add((offer, DCTERMS.description, Literal(content.words)))
    return graph


def _write_policy(  # noqa: PLR0913, PLR0917 - a policy has as many parts
    graph: Graph, iri: URIRef, request: Request, target: str, purpose: str, until: date
) -> None:
    graph.add((iri, ODRL2.uid, iri))
    graph.add((iri, ODRL2.profile, PARVIS["profile-1"]))
    permission = BNode()
    graph.add((iri, ODRL2.permission, permission))
    for step, value in (
        (ODRL2.target, target),
        (ODRL2.assigner, request.owner),
        (ODRL2.assignee, request.requester),
        (ODRL2.action, ODRL2.read),
    ):
        graph.add((permission, step, URIRef(str(value))))
    last = datetime.combine(until + timedelta(days=1), time(), clock.QUEBEC)
    _constrain(graph, permission, ODRL2.purpose, ODRL2.isA, URIRef(purpose))
    end = Literal(last.isoformat(), datatype=XSD.dateTime)
    _constrain(graph, permission, ODRL2.dateTime, ODRL2.lt, end)


def _constrain(
    graph: Graph, permission: BNode, left: URIRef, operator: URIRef, right: Node
) -> None:
    constraint = BNode()
    graph.add((permission, ODRL2.constraint, constraint))
    graph.add((constraint, ODRL2.leftOperand, left))
    graph.add((constraint, ODRL2.operator, operator))
    graph.add((constraint, ODRL2.rightOperand, right))
