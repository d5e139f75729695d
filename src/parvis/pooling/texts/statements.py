"""Change some statements of a Turtle text, and leave the rest as its author wrote it.

Only as much of Turtle is understood as finds where the objects of a predicate begin and end. The
new text is parsed: one that does not say exactly what was wanted is refused, for people to edit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.plugins.parsers.notation3 import BadSyntax

from parvis.errors import UsageError
from parvis.i18n import N_

Terms = Sequence[URIRef | Literal]
"""The objects of a predicate; none removes it."""

UNUSUAL = N_("“{path}” is written in a way that this form cannot change: edit its text")

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<iri><[^<>\s]*>)
    |(?P<literal>(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"
        |'(?:\\.|[^'\\\n])*')(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^(?:<[^<>\s]*>|[\w.-]*:[\w.-]*))?)
    |(?P<directive>@prefix|@base|PREFIX(?=\s)|BASE(?=\s))
    |(?P<mark>[\[\]();,.](?![\w]))
    |(?P<open>[\[(])
    |(?P<word>[^\s<>"'\[\]();,\#]*[^\s<>"'\[\]();,\#.])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class _Phrase:
    """A predicate with its objects: where it begins, where its objects do and end."""

    subject: str
    predicate: str
    start: int
    objects: int
    end: int
    statement: int


def replace_statements(
    path: str, text: str, base: str, changes: Mapping[URIRef, Mapping[URIRef, Terms]]
) -> str:
    """Return a text in which subjects have other objects of some predicates.

    Comments, order and all other statements stay. Raises `UsageError` for a text that cannot be
    changed so.
    """
    wanted = _parse(text, base)
    changed = text
    if wanted is None:
        raise UsageError(UNUSUAL, path=path)
    for subject, predicates in changes.items():
        for predicate, terms in predicates.items():
            if set(wanted.objects(subject, predicate)) == set(terms):
                continue
            wanted.remove((subject, predicate, None))
            for term in terms:
                wanted.add((subject, predicate, term))
            changed = _replace(changed, base, subject, predicate, terms)
    result = _parse(changed, base)
    if result is None or not isomorphic(result, wanted):
        raise UsageError(UNUSUAL, path=path)
    return changed


def _parse(text: str, base: str) -> Graph | None:
    try:
        return Graph().parse(data=text, format="turtle", publicID=base)
    except (BadSyntax, LookupError, AttributeError, TypeError, ValueError, AssertionError):
        return None


def _replace(text: str, base: str, subject: URIRef, predicate: URIRef, terms: Terms) -> str:
    prefixes, phrases = _read_phrases(text, base)
    own = [phrase for phrase in phrases if phrase.subject == str(subject)]
    spots = [phrase for phrase in own if phrase.predicate == str(predicate)]
    objects = " , ".join(_write(term, base, prefixes) for term in terms)
    if not spots:
        if not own or not objects:
            return text
        place = own[0].end
        phrase = f" ;\n    {_write(predicate, base, prefixes)} {objects}"
        return f"{text[:place]}{phrase}{text[place:]}"
    # From the last to the first, so that places stay right.
    for spot in reversed(spots if not objects else spots[1:]):
        text = _cut(text, spot, own)
    if objects:
        first = spots[0]
        text = f"{text[: first.objects]}{objects}{text[first.end :]}"
    return text


def _cut(text: str, phrase: _Phrase, own: Sequence[_Phrase]) -> str:
    """Take a phrase out of its statement."""
    siblings = [other for other in own if other.statement == phrase.statement]
    place = siblings.index(phrase)
    if place:
        return text[: siblings[place - 1].end] + text[phrase.end :]
    if len(siblings) > 1:
        return text[: phrase.start] + text[siblings[1].start :]
    return text  # a statement without predicates is none: the check refuses it


def _read_phrases(text: str, base: str) -> tuple[dict[str, str], list[_Phrase]]:
    """Return the prefixes of a text, and the predicates of its subjects with their places."""
    prefixes: dict[str, str] = {}
    phrases: list[_Phrase] = []
    tokens = list(_tokenize(text))
    place = number = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind == "directive":
            if token.text.lower().endswith("prefix"):
                prefixes[tokens[place + 1].text] = tokens[place + 2].text[1:-1]
            # With an at sign, a directive ends with a full stop.
            place += 3 if token.text.lower().endswith("prefix") else 2
            place += token.text.startswith("@")
            continue
        end = _end_of(tokens, place, ".")
        subject = _resolve(token.text, base, prefixes)
        start = _end_of(tokens, place, "") if token.text in "[(" else place + 1
        while start < end:
            stop = min(_end_of(tokens, start, ";"), end)
            if stop > start + 1:
                phrases.append(
                    _Phrase(
                        subject,
                        _resolve(tokens[start].text, base, prefixes),
                        tokens[start].start,
                        tokens[start + 1].start,
                        tokens[stop - 1].end,
                        number,
                    )
                )
            start = stop + 1
        place, number = end + 1, number + 1
    return prefixes, phrases


def _end_of(tokens: Sequence[_Token], place: int, mark: str) -> int:
    """Return the place of a mark outside brackets, or, without one, the end of a bracket."""
    depth = 0
    for position in range(place, len(tokens)):
        text = tokens[position].text if tokens[position].kind in {"mark", "open"} else ""
        if mark and text == mark and not depth:
            return position
        depth += (text in {"[", "("}) - (text in {"]", ")"})
        if not mark and not depth:
            return position + 1
    return len(tokens)


def _tokenize(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            return
        if match.lastgroup != "space":
            yield _Token(match.group(), place, match.end(), str(match.lastgroup))
        place = match.end()


def _resolve(text: str, base: str, prefixes: Mapping[str, str]) -> str:
    if text == "a":
        return str(RDF.type)
    if text.startswith("<"):
        return urljoin(base, text[1:-1])
    prefix, colon, name = text.partition(":")
    return prefixes.get(f"{prefix}:", "") + name if colon else text


def _write(term: URIRef | Literal, base: str, prefixes: Mapping[str, str]) -> str:
    if isinstance(term, Literal):
        return term.n3()
    for prefix, start in prefixes.items():
        name = term.removeprefix(start)
        if start and term.startswith(start) and re.fullmatch(r"[A-Za-z][\w-]*", name):
            return f"{prefix}{name}"
    return f"<{term.removeprefix(base)}>" if term.startswith(base) else term.n3()
