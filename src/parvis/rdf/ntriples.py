"""Write terms in N-Triples, as the converters stream them (RDF 1.1 N-Triples)."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

import pyoxigraph as ox

from parvis.vocab import PREFIXES

EngineTerm = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\u0000"}
"""The backslash comes first, since the other escapes contain one."""
_STRING = PREFIXES["xsd"] + "string"


def iri(text: str, base: str = "") -> str:
    """Write an IRI, resolved against a base. Raises `ValueError` if it is not valid (RFC 3987).

    >>> iri("id/event/x", "https://pool.example/")
    '<https://pool.example/id/event/x>'
    """
    return absolute(text if ABSOLUTE.match(text) else urljoin(base, text))


def absolute(text: str) -> str:
    """Write an absolute IRI. Raises `ValueError` if it is not valid."""
    ox.NamedNode(text)  # the store would refuse the whole file for an invalid IRI
    return f"<{text}>"


def literal(text: str, datatype: str | None = None, language: str | None = None) -> str:
    r"""Write a literal; the caller makes the lexical form canonical.

    >>> literal('l’« été »', language="fr")
    '"l’« été »"@fr'
    >>> literal('a"b\n')
    '"a\\"b\\n"'
    """
    return f'"{escape_literal(text)}{ending(datatype, language)}'


def ending(datatype: str | None = None, language: str | None = None) -> str:
    """Write the part of a literal after its text, from the closing quotation mark."""
    if language:
        return f'"@{language}'
    return f'"^^<{datatype}>' if datatype and datatype != _STRING else '"'


def needs_no_escape(text: str) -> bool:
    """Return whether a text stands in a literal as it is."""
    # Five searches are faster than one of a regular expression, or than replacing.
    return not ('"' in text or "\\" in text or "\n" in text or "\r" in text or "\0" in text)


def escape_literal(text: str) -> str:
    """Escape the text of a literal."""
    if needs_no_escape(text):
        return text
    for sign, escape in _ESCAPED.items():
        text = text.replace(sign, escape)
    return text


def write_term(term: EngineTerm, write_blank_node: Callable[[ox.BlankNode], str]) -> str:
    """Write a term in N-Triples, its blank nodes as a function says, also within a triple term."""
    match term:
        case ox.BlankNode():
            return write_blank_node(term)
        case ox.Triple():
            parts = (term.subject, term.predicate, term.object)
            return f"<<( {' '.join(write_term(part, write_blank_node) for part in parts)} )>>"
    return str(term)
