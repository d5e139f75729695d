"""N-Triples text, term by term: what converters stream (RDF 1.1 N-Triples)."""

import re
from urllib.parse import urljoin

import pyoxigraph as ox

from parvis.vocab.namespaces import PREFIXES

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\u0000"}
_STRING = PREFIXES["xsd"] + "string"


def iri(text: str, base: str = "") -> str:
    """Write an IRI, resolved against a base; `ValueError` if it cannot be one (RFC 3987).

    >>> iri("id/event/x", "https://pool.example/")
    '<https://pool.example/id/event/x>'
    """
    full = text if ABSOLUTE.match(text) else urljoin(base, text)
    ox.NamedNode(full)  # what it refuses, the store would refuse with the whole file
    return f"<{full}>"


def literal(text: str, datatype: str | None = None, language: str | None = None) -> str:
    r"""Write a literal; the lexical form is the caller's to make canonical.

    >>> literal('l’« été »', language="fr")
    '"l’« été »"@fr'
    >>> literal('a"b\n')
    '"a\\"b\\n"'
    """
    quoted = f'"{_escaped(text)}"'
    if language:
        return f"{quoted}@{language}"
    if datatype and datatype != _STRING:
        return f"{quoted}^^<{datatype}>"
    return quoted


def _escaped(text: str) -> str:
    """Escape what must be, the backslash first; ten times faster than translating."""
    for sign, escaped in _ESCAPED.items():
        if sign in text:
            text = text.replace(sign, escaped)
    return text
