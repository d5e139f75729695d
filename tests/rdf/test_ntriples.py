"""Writing IRIs in N-Triples."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.rdf.ntriples import iri

BASE = "https://pool.example/"


@given(st.text() | st.text('abé:/%?#[]@\\"<> .~2', max_size=12))
def test_an_iri_is_loadable_or_refused(text: str) -> None:
    """One bad address must never cost a partner the whole file."""
    try:
        written = iri(text, BASE)
    except ValueError:
        return
    [quad] = ox.parse(f"{written} <a:p> <a:o> .".encode(), ox.RdfFormat.N_TRIPLES)
    assert str(quad.subject) == written


@pytest.mark.parametrize("text", ["https://x.example/100%", "https://x.example/#a#b", "https://[x"])
def test_an_almost_valid_address_is_refused(text: str) -> None:
    """Browsers accept these, stores do not."""
    with pytest.raises(ValueError, match=r"IRI|host"):
        iri(text, BASE)
