"""The grammar is LL(1): each token determines the production."""

from importlib.resources import files

from parvis.rdf.sparql.grammar import query_grammar


def test_every_production_is_reached_and_predicted() -> None:
    """Building the table raises an error if a terminal predicts two productions."""
    grammar = query_grammar()
    used = {
        symbol
        for alternatives in grammar.productions.values()
        for production in alternatives
        for symbol in production
    }
    assert set(grammar.productions) - used == {"Query"}
    assert set(grammar.table) == set(grammar.productions)


def test_each_name_of_the_file_is_a_production_or_a_terminal() -> None:
    """An undefined name in small letters would be taken for a terminal."""
    text = files("parvis.rdf.sparql").joinpath("grammar.ebnf").read_text(encoding="utf-8")
    grammar = query_grammar()
    for name in {word for word in text.split() if word.isalpha() and not word.isupper()}:
        if f"\n{name} ::=" in text:
            assert name in grammar.productions
    assert not [name for name in grammar.expected_terminals(["Query"]) if name[1:].islower()]
