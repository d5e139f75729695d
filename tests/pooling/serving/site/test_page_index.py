"""Pages of the site are found by their words."""

from parvis.pooling.serving.site.page_index import PageIndex, SitePage

PAGES = [
    SitePage("a", "Les jetons", "Lire plus que la partie ouverte.", "Un jeton se donne une fois."),
    SitePage("b", "Donner des données", "Un partenaire donne un fichier.", "Avec un jeton."),
    SitePage("c", "Le vocabulaire"),
]


def test_pages_with_all_words_are_found_those_with_them_in_the_title_first() -> None:
    index = PageIndex(PAGES, "fr")
    assert [page.address for page in index.find("jeton", 9)] == ["a", "b"]
    assert [page.address for page in index.find("DONNÉES jetons", 9)] == ["b"]
    assert [page.address for page in index.find("jeton", 1)] == ["a"]
    assert index.find("jeton vocabulaire", 9) == index.find("", 9) == []


def test_texts_are_not_kept() -> None:
    """They are searched, and shown nowhere."""
    assert {page.text for page in PageIndex(PAGES, "fr").find("jeton", 9)} == {""}
