"""Write terms in N-Triples, as the converters stream them, and read them (RDF 1.1 N-Triples)."""

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


STATEMENT = re.compile(rb"^(\S+) (\S+) (.*) \.$", re.MULTILINE)
"""A line as the record writes it: its subject, its predicate, its object."""
Term = tuple[str, str]
"""The value of a term, and its language, if it is a text in one."""


def read_term(term: bytes) -> Term:
    r"""Return the value and the language of a term; empty for a triple term.

    >>> read_term('"l’« été »"@fr'.encode()), read_term(b'"a\\"b"'), read_term(b"<urn:x>")
    (('l’« été »', 'fr'), ('a"b', ''), ('urn:x', ''))
    """
    if term[:1] == b'"':
        end = term.rindex(b'"')
        text = term[1:end].decode()
        if "\\" in text:
            text = _unescape(text)
        language = term[end + 2 :].decode() if term[end + 1 : end + 2] == b"@" else ""
        return text, language.partition("--")[0]
    return (term.decode() if term[:2] == b"_:" else read_iri(term)), ""


def read_iri(term: bytes) -> str:
    """Return the IRI of a term that is one, otherwise nothing."""
    if term[:1] != b"<" or term[:2] == b"<<":
        return ""
    iri = term[1:-1].decode()
    return _unescape(iri) if "\\" in iri else iri


_ESCAPE_SEQUENCE = re.compile(r"\\(?:U([0-9A-Fa-f]{8})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_UNESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def _unescape(text: str) -> str:
    """Return a text as N-Triples escapes it (RDF 1.2 N-Triples §4)."""
    return _ESCAPE_SEQUENCE.sub(
        lambda match: (
            chr(int(match[1] or match[2], 16))
            if match[1] or match[2]
            else _UNESCAPED.get(match[3], match[3])
        ),
        text,
    )
