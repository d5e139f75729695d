"""Pages of the Web as people write them: bad addresses, odd languages, nothing stated."""

from pathlib import Path

import pytest
from rdflib import Literal, URIRef

from parvis.errors import SourceError
from parvis.mapping.sources.web_page import read_page
from parvis.vocab.namespaces import SCHEMA


def write(folder: Path, text: str) -> Path:
    file = folder / "page.html"
    file.write_text(f"<!doctype html><html><body>{text}</body></html>", encoding="utf-8")
    return file


def test_a_bad_address_hides_no_other_statement(tmp_path: Path) -> None:
    """An address that none is, of a link or of the thing itself."""
    item = (
        "<div itemscope itemtype='http://schema.org/Event' itemid='http://['>"
        "<b itemprop='name'>Nu</b><a itemprop='url' href='http://[x'>x</a>"
        "<a itemprop='url' href='https://scene.example/a b'>y</a></div>"
    )
    graph = read_page(write(tmp_path, item))
    assert list(graph.objects(None, SCHEMA.name)) == [Literal("Nu")]
    assert not list(graph.objects(None, SCHEMA.url))


@pytest.mark.parametrize(("tag", "lang"), [("fr-CA", "fr-CA"), ("fr_CA", None), ("1a", None)])
def test_a_language_that_is_none_is_left_out(tmp_path: Path, tag: str, lang: str | None) -> None:
    event = "vocab='http://schema.org/' typeof='Event'"
    item = f"<p lang='{tag}' {event}><b property='name'>Nu</b></p>"
    (name,) = read_page(write(tmp_path, item)).objects(None, SCHEMA.name)
    assert isinstance(name, Literal)
    assert (str(name), name.language) == ("Nu", lang)


def test_relative_addresses_are_of_the_page(tmp_path: Path) -> None:
    """As its base or its canonical address says."""
    link = "<link rel='canonical' href='https://scene.example/p'>"
    event = "itemscope itemtype='http://schema.org/Event'"
    item = f"{link}<div {event}><a itemprop='url' href='/nu'>Nu</a></div>"
    graph = read_page(write(tmp_path, item))
    assert list(graph.objects(None, SCHEMA.url)) == [URIRef("https://scene.example/nu")]


def test_a_page_that_states_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"page\.html is a page that states nothing"):
        read_page(write(tmp_path, "<p>Bonjour</p>"))
