"""RDF files of any format as lines of N-Triples, and the literals that a store would rewrite."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from parvis.errors import SourceError
from parvis.rdf.files import format_of, quads
from parvis.rdf.opening import opened
from parvis.rdf.plain import is_plain
from parvis.rdf.terms import EngineTerm, Node, to_rdflib
from parvis.vocab.namespaces import PREFIXES

Triple = tuple[Node, Node, Node]

_OTHER_ADDRESS = "https://schema.org/"
_OTHER_IRI = f"<{_OTHER_ADDRESS}".encode()
_TYPED = re.compile(rb'\S+ <([^>\\]+)> "([^"\\]*)"\^\^<([^>\\]+)> \.\s*')


class Lines:
    """The triples of one file as lines of N-Triples, in the canonical vocabulary.

    While they are read, `altered` gathers the predicates of literals that are not plain
    (`parvis.rdf.plain`). The names of graphs are not kept; schema.org's ``https`` address becomes
    the canonical ``http`` one. Raises `SourceError`, naming file and line where it can, for a
    file that cannot be read; lines of N-Triples that are none are given as they are.
    """

    def __init__(self, path: Path) -> None:
        """Keep the path; nothing is read yet."""
        self._path = path
        self.altered: set[str] = set()

    def __iter__(self) -> Iterator[bytes]:
        """Read the file."""
        if format_of(self._path) == ox.RdfFormat.N_TRIPLES:
            return self._of_n_triples()
        return map(self._written, quads(self._path, self._path.resolve().as_uri()))

    def _of_n_triples(self) -> Iterator[bytes]:
        """Look at lines without parsing them, unless there is something about them."""
        try:
            with opened(self._path) as file:
                for line in file:
                    yield line if self._is_common(line) else self._parsed(line)
        except (OSError, EOFError, ValueError) as error:
            raise SourceError(
                "{file} cannot be read: {reason}", file=self._path, reason=error
            ) from error

    def _is_common(self, line: bytes) -> bool:
        """Say whether a line can be given as it is."""
        if _OTHER_IRI in line:
            return False
        if b"^^" not in line:
            return True
        found = _TYPED.fullmatch(line)
        return found is not None and _is_plain(found[2], found[3])

    def _parsed(self, line: bytes) -> bytes:
        try:
            quads = list(ox.parse(line, ox.RdfFormat.N_TRIPLES))
        except SyntaxError:
            return line
        return b"".join(map(self._written, quads))

    def _written(self, quad: ox.Quad) -> bytes:
        """Write one triple, and note a literal that a store would write otherwise."""
        subject, predicate, value = map(_canonical, (quad.subject, quad.predicate, quad.object))
        if isinstance(value, ox.Triple):
            raise SourceError("a triple term cannot be kept: {term}", term=value)
        if isinstance(value, ox.Literal) and not _survives(value):
            self.altered.add(str(predicate)[1:-1])
        return f"{subject} {predicate} {value} .\n".encode()


def canonical_triples(lines: Iterable[bytes]) -> Iterator[Triple]:
    r"""Read lines of N-Triples, in the canonical vocabulary; terms as rdflib's.

    >>> [triple[0] for triple in canonical_triples([b"<https://schema.org/a> <u:p> <u:o> .\n"])]
    [rdflib.term.URIRef('http://schema.org/a')]
    """
    for quad in ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES):
        subject, predicate, value = map(_canonical, (quad.subject, quad.predicate, quad.object))
        yield to_rdflib(subject), to_rdflib(predicate), to_rdflib(value)


def _survives(literal: ox.Literal) -> bool:
    """Say whether a store keeps a literal as it is written."""
    return literal.language is not None or is_plain(literal.value, literal.datatype.value)


def _canonical(term: EngineTerm) -> EngineTerm:
    """Give a term in the canonical vocabulary."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(_OTHER_ADDRESS):
        return ox.NamedNode(PREFIXES["schema"] + term.value.removeprefix(_OTHER_ADDRESS))
    return term


@lru_cache(maxsize=65_536)
def _is_plain(text: bytes, datatype: bytes) -> bool:
    try:
        return is_plain(text.decode(), datatype.decode())
    except UnicodeDecodeError:
        return True
