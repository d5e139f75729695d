"""The query of the values that variables of another query take together."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from parvis.errors import QueryError
from parvis.i18n import N_
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import parse, tokenise

FORMS = frozenset({"SELECT", "CONSTRUCT", "ASK"})
NO_PATTERN = N_("the values of this query’s parameters cannot be listed")


def write_value_query(text: str, variables: Sequence[str], prefixes: Mapping[str, str]) -> str:
    """Return the query of the different values that variables of a pattern take together.

    Its pattern is that of the query, without what comes after it: groups, order, limits; queries
    within have no limit either. Raises `QueryError` for a query with a dataset of its own, or a
    variable that its pattern lacks.
    """
    tokens = tokenise(text)
    form = next((at for at, token in enumerate(tokens) if token.terminal in FORMS), len(tokens))
    begin, end = find_pattern(tokens, form)
    within = {token.text[1:] for token in tokens[begin:end] if token.terminal == "VAR"}
    if any(token.terminal == "FROM" for token in tokens[:begin]) or not {*variables} <= within:
        raise QueryError(NO_PATTERN)
    columns = " ".join(f"?{name}" for name in variables)
    pattern, after = "", tokens[begin].start
    for cut, number in pairwise(tokens[begin : end + 1]):
        if cut.terminal in {"LIMIT", "OFFSET"}:
            pattern, after = pattern + text[after : cut.start], number.end
    pattern += text[after : tokens[end].end]
    query = f"{text[: tokens[form].start]}SELECT DISTINCT {columns} WHERE {pattern}"
    parse(query, None, prefixes)
    return query


def find_pattern(tokens: Sequence[QueryToken], form: int) -> tuple[int, int]:
    """Return the places of the braces of a query's pattern."""
    # What a CONSTRUCT query makes is in braces before its pattern.
    has_template = [t.terminal for t in tokens[form : form + 2]] == ["CONSTRUCT", "{"]
    groups: list[tuple[int, int]] = []
    depth = begin = 0
    for at in range(form, len(tokens)):
        sign = tokens[at].terminal
        if sign == "{" and depth == 0:
            begin = at
        # Braces in an expression of the SELECT clause are those of EXISTS.
        depth += (sign in {"(", "{"}) - (sign in {")", "}"})
        if sign == "}" and depth == 0:
            groups.append((begin, at))
    if len(groups) <= has_template:
        raise QueryError(NO_PATTERN)
    return groups[int(has_template)]
