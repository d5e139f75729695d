"""What is wrong with a query, in plain words, in both languages."""

import pytest

from parvis.errors import QueryError
from parvis.i18n import explain
from parvis.rdf.sparql.parser import parse
from parvis.vocab.namespaces import PREFIXES


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "SELECT * WHERE { ?s ?p",
            "ligne 1, colonne 23, la requête finit trop tôt\u00a0: il manque une valeur",
        ),
        (
            "SELECT *\nWHERE { ?s ?p ?o\n\n",
            "ligne 2, colonne 17, il manque «\u00a0}\u00a0»\u00a0: «\u00a0{\u00a0», à la ligne 2",
        ),
        (
            "SELECT * { ?s a schema:Event ?s ?p ?o }",
            "ligne 1, colonne 30, il manque «\u00a0.\u00a0» avant «\u00a0?s\u00a0»",
        ),
        ("SELCT * {}", "colonne 1, «\u00a0SELCT\u00a0» n’est pas un mot de SPARQL"),
        ("SELECT * { ?s ?p ?o } LIMT 10", "vouliez-vous écrire «\u00a0LIMIT\u00a0»"),
        ("SELECT * {} }", "colonne 13, «\u00a0}\u00a0» ne ferme rien"),
        ("SELECT * { ?s ?p 'a }", "colonne 18, le texte qui commence ici ne finit pas"),
        (
            "SELECT * {} LIMIT ten",
            "«\u00a0ten\u00a0» n’a pas sa place ici\u00a0: il faut un nombre entier",
        ),
        (
            "SELECT (COUNT(?s) ?n) {}",
            "«\u00a0?n\u00a0» n’a pas sa place ici\u00a0: il faut «\u00a0AS\u00a0»",
        ),
        (
            "SELECT * { ?s Event ?o }",
            "il faut une propriété (un nom, «\u00a0a\u00a0» ou une variable)",
        ),
        ("SELECT * { ?s a x:Y }", "commencez la requête par «\u00a0PREFIX x: <adresse>\u00a0»"),
        ("", "il manque «\u00a0SELECT\u00a0»"),
    ],
)
def test_an_error_says_in_french_what_is_missing(query: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query, None, PREFIXES)
    assert words in explain(caught.value, "fr")
    assert "SPARQL" in explain(caught.value, "en")
    assert caught.value.fields["line"]


def test_a_long_word_is_repeated_in_part() -> None:
    with pytest.raises(QueryError) as caught:
        parse(f"SELECT * {{ ?s {'z' * 500} ?o }}", None, PREFIXES)
    assert len(str(caught.value)) < 300
