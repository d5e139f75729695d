"""N-Triples text, term by term: what converters stream (RDF 1.1 N-Triples)."""

import re
from urllib.parse import urljoin

import pyoxigraph as ox

from parvis.vocab.prefixes import PREFIXES

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\u0000"}
"""The backslash first: the others bring some."""
_STRING = PREFIXES["xsd"] + "string"


def iri(text: str, base: str = "") -> str:
    """Write an IRI, resolved against a base; `ValueError` if it cannot be one (RFC 3987).

    >>> iri("id/event/x", "https://pool.example/")
    '<https://pool.example/id/event/x>'
    """
    return absolute(text if ABSOLUTE.match(text) else urljoin(base, text))


def absolute(text: str) -> str:
    """Write an IRI that is whole; `ValueError` if it cannot be one."""
    ox.NamedNode(text)  # what it refuses, the store would refuse with the whole file
    return f"<{text}>"


def literal(text: str, datatype: str | None = None, language: str | None = None) -> str:
    r"""Write a literal; the lexical form is the caller's to make canonical.

    >>> literal('l’« été »', language="fr")
    '"l’« été »"@fr'
    >>> literal('a"b\n')
    '"a\\"b\\n"'
    """
    return f'"{escaped(text)}{ending(datatype, language)}'


def ending(datatype: str | None = None, language: str | None = None) -> str:
    """Write what stands after the text of a literal, its quotation mark first."""
    if language:
        return f'"@{language}'
    return f'"^^<{datatype}>' if datatype and datatype != _STRING else '"'


def escaped(text: str) -> str:
    """Escape what must be within quotation marks; looking for it first is ten times faster."""
    if '"' in text or "\\" in text or "\n" in text or "\r" in text or "\0" in text:
        for sign, written in _ESCAPED.items():
            text = text.replace(sign, written)
    return text
