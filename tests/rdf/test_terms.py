"""Terms survive the conversion from rdflib to the engine and back."""

from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import XSD

from parvis.rdf.terms import Node, from_rdflib, to_rdflib

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LITERALS = st.one_of(
    st.builds(Literal, TEXT),
    st.builds(lambda text: Literal(text, lang="fr-ca"), TEXT),
    st.builds(lambda text: Literal(text, datatype=XSD.token, normalize=False), TEXT),
    st.builds(
        lambda number: Literal(f"0{number}", datatype=XSD.integer, normalize=False), st.integers(0)
    ),
)


@given(st.one_of(LITERALS, st.just(URIRef("http://x/é")), st.just(BNode("b1"))))
def test_a_term_survives_the_round_trip(node: Node) -> None:
    """Language, datatype and exact spelling are preserved."""
    back = to_rdflib(from_rdflib(node))
    assert (back, back.n3()) == (node, node.n3())
