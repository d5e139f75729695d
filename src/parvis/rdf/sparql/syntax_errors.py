"""Say in plain words what is wrong or missing where a query stops being valid."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from parvis.errors import QueryError
from parvis.i18n import N_, both
from parvis.rdf.sparql.grammar import END, QueryToken, is_unfinished_string, word_at

UPDATES = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
)
"""The verbs of SPARQL 1.1 Update."""

CLOSING = {"{": "}", "(": ")", "[": "]"}
_TERMS = frozenset({"VAR", "IRIREF", "PNAME_LN", "PNAME_NS"})
_STARTS = _TERMS | {"BNODE", "ANON", "WORD"}
_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (_TERMS | {"STRING", "INTEGER"}, N_("a value (a variable, a name, a text or a number)")),
    (_TERMS | {"a"}, N_("a property (a name, “a” or a variable)")),
    (_TERMS, N_("a variable or a name (prefix:name)")),
    (frozenset({"IRIREF", "PNAME_LN"}), N_("a name (prefix:name or <address>)")),
    (frozenset({"IRIREF"}), N_("an address in < and >")),
    (frozenset({"PNAME_NS"}), N_("a prefix (prefix:)")),
    (frozenset({"VAR"}), N_("a variable (?name)")),
    (frozenset({"INTEGER"}), N_("a whole number")),
    (frozenset({"STRING"}), N_("a text in quotation marks")),
)
"""The kinds of terminals in words; the first one that is wholly expected stands for its own."""
_SAID = frozenset().union(*(terminals for terminals, _ in _KINDS)) | {
    *("BNODE", "ANON", "NIL", "NUMBER", "SIGNED", "BOOLEAN", "LANGTAG", "FUNCTION", "AGGREGATE"),
    *("<<", "<<(", "~", "{|", "^", "^^", "!", "VERSION", "LATERAL", END),
}
"""The terminals that no sentence names: another kind stands for them, or they are rare."""
MOST, LONGEST, ALIKE = 4, 30, 0.7
"""How many terminals a sentence names, the characters that it repeats of the query, and how much a
mistyped word is like a keyword (`difflib`, 0 to 1)."""
FIRST = ("AS", "SELECT", "WHERE", "BY", "{", "}", "(", ")")
"""The terminals that a sentence names before others: the most frequent omissions."""

OR = N_("{first} or {last}")
UNFINISHED = N_(
    "the query is not valid SPARQL: line {line}, column {column}, the text that begins here does"
    " not end: its last quotation mark is missing"
)
UNCLOSED = N_(
    "the query is not valid SPARQL: line {line}, column {column}, “{closing}” is missing: the"
    " “{opening}” of line {opened} is not closed"
)
ENDS_EARLY = N_(
    "the query is not valid SPARQL: line {line}, column {column}, the query ends too early:"
    " {wanted} must follow"
)
MISSPELT = N_(
    "the query is not valid SPARQL: line {line}, column {column}, “{word}” is no word of SPARQL;"
    " did you mean “{suggestion}”?"
)
NO_SEPARATOR = N_(
    "the query is not valid SPARQL: line {line}, column {column}, “.” is missing before “{word}”:"
    " it ends a statement (“;” goes on about the same subject)"
)
NOTHING_TO_CLOSE = N_(
    "the query is not valid SPARQL: line {line}, column {column}, “{word}” closes nothing: remove"
    " it, or add what opens it"
)
MISPLACED = N_(
    "the query is not valid SPARQL: line {line}, column {column}, “{word}” has no place here:"
    " {wanted} must come instead"
)


def describe_syntax_error(
    text: str, at: int, expected: frozenset[str], tokens: Sequence[QueryToken]
) -> QueryError:
    """Return the error for a wrong token at an offset, after the `tokens` that were right."""
    verb = word_at(text, at).upper()
    # Where a query may begin, an update deserves a message of its own.
    if "SELECT" in expected and verb in UPDATES:
        return QueryError("{verb} is refused: queries may not change data", verb=verb)
    if is_unfinished_string(text, at):
        return QueryError(UNFINISHED, **locate(text, at))
    open_brackets = _list_open_brackets(tokens)
    if at >= len(text):
        return _describe_early_end(text, expected, tokens, open_brackets)
    return _describe_wrong_word(text, at, expected, open_brackets)


def _describe_wrong_word(
    text: str, at: int, expected: frozenset[str], open_brackets: Sequence[QueryToken]
) -> QueryError:
    place, word = locate(text, at), _read_word(text, at)
    verb = word_at(text, at).upper()
    closes = [CLOSING[bracket.terminal] for bracket in open_brackets]
    keywords = [terminal for terminal in expected if terminal.isalpha() and terminal not in _SAID]
    # A name with a prefix is no keyword that somebody mistyped.
    close = get_close_matches(verb, keywords, 1, ALIKE) if verb == word.upper() else []
    if word in CLOSING.values() and word not in closes:
        return QueryError(NOTHING_TO_CLOSE, **place, word=word)
    if close and close[0] != verb:
        return QueryError(MISSPELT, **place, word=word, suggestion=close[0])
    if {".", ";"} <= expected and (word[0] in "?$<_" or ":" in word):
        return QueryError(NO_SEPARATOR, **place, word=word)
    return QueryError(MISPLACED, **place, word=word, wanted=_say_expected(expected))


def _describe_early_end(
    text: str,
    expected: frozenset[str],
    tokens: Sequence[QueryToken],
    open_brackets: Sequence[QueryToken],
) -> QueryError:
    # What is missing belongs after the last word, not after the empty lines that follow it.
    end = locate(text, tokens[-1].end if tokens else len(text))
    if open_brackets and (closing := CLOSING[open_brackets[-1].terminal]) in expected:
        opening = open_brackets[-1]
        opened = locate(text, opening.start)["line"]
        return QueryError(UNCLOSED, **end, closing=closing, opening=opening.text, opened=opened)
    return QueryError(ENDS_EARLY, **end, wanted=_say_expected(expected))


def locate(text: str, at: int) -> dict[str, int]:
    """Return the line and column of an offset, from 1, as fields of an error."""
    before = text[:at]
    return {"line": before.count("\n") + 1, "column": len(before) - before.rfind("\n")}


def _list_open_brackets(tokens: Sequence[QueryToken]) -> list[QueryToken]:
    brackets: list[QueryToken] = []
    for token in tokens:
        if token.terminal in CLOSING:
            brackets.append(token)
        elif token.terminal in CLOSING.values() and brackets:
            brackets.pop()
    return brackets


def _read_word(text: str, at: int) -> str:
    """Return what stands at an offset, up to the next gap or bracket, for a message."""
    end = at + 1
    if text[at] not in "{}()[],;":
        while end < len(text) and not text[end].isspace() and text[end] not in "{}()[],;":
            end += 1
    return text[at:end] if end - at <= LONGEST else f"{text[at : at + LONGEST]}…"


def _say_expected(expected: Collection[str]) -> dict[str, str]:
    """Return the expected terminals in words, by language: the most useful ones."""
    terminals = {*expected}
    names: list[dict[str, str]] = []
    for kind, words in _KINDS:
        if kind <= terminals:
            names.append(both(words))
            terminals -= _SAID
    signs = sorted(terminals - _SAID, key=lambda sign: (sign not in FIRST, sign.isalpha(), sign))
    names += [{"fr": f"«\u00a0{sign}\u00a0»", "en": f"“{sign}”"} for sign in signs]
    if not names:
        return both(N_("something else"))
    names = names[:MOST]
    if len(names) == 1:
        return names[0]
    first = {lang: ", ".join(name[lang] for name in names[:-1]) for lang in names[0]}
    return both(OR, first=first, last=names[-1])
