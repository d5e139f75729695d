"""RDF files of any format as lines of N-Triples, and which literals a store would rewrite."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import starmap
from pathlib import Path

import pyoxigraph as ox

from parvis.errors import SourceError
from parvis.rdf.files import TOO_DEEP, format_of, read_quads
from parvis.rdf.literals import is_plain
from parvis.rdf.ntriples import EngineTerm, write_term
from parvis.rdf.streams import UNREADABLE, DepthError, ShallowFile, open_file, read_blocks
from parvis.rdf.terms import Node, to_rdflib
from parvis.vocab.namespaces import OTHER_SCHEMA, canonical_iri

Triple = tuple[Node, Node, Node]

_OTHER_IRI = f"<{OTHER_SCHEMA}".encode()
# The literal of a line with a datatype, and no escapes: its text and datatype. Inside of a text, a
# quotation mark is escaped and never follows a space.
_TYPED = re.compile(rb'> "([^"\\\n]*)"\^\^<([^>\\\n]+)> \.\s*$', re.MULTILINE)


class Lines:
    """The triples of one file as blocks of N-Triples, in the canonical vocabulary.

    Iteration collects in `altered` the predicates of literals that are not plain
    (`parvis.rdf.literals`). The names of graphs are dropped; schema.org's ``https`` address becomes
    the canonical ``http`` one. Raises `SourceError`, with file and line where possible, for a file
    that cannot be read; invalid lines of N-Triples are passed on unchanged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.altered: set[str] = set()

    def __iter__(self) -> Iterator[bytes]:
        if format_of(self._path) != ox.RdfFormat.N_TRIPLES:
            yield from map(self._write, read_quads(self._path, self._path.resolve().as_uri()))
            return
        try:
            with open_file(self._path) as file:
                for block in read_blocks(ShallowFile(file)):
                    # Parsing every line would take many times longer.
                    if _is_usual(block):
                        yield block
                    else:
                        yield from map(self._rewrite, block.splitlines(keepends=True))
        except DepthError as error:
            fields = {"file": self._path, "line": error.line, "most": error.most}
            raise SourceError(TOO_DEEP, **fields) from error
        except (*UNREADABLE, ValueError) as error:
            raise SourceError(
                "{file} cannot be read: {reason}", file=self._path, reason=error
            ) from error

    def _rewrite(self, line: bytes) -> bytes:
        if _is_usual(line):
            return line
        try:
            return b"".join(map(self._write, list(ox.parse(line, ox.RdfFormat.N_TRIPLES))))
        except SyntaxError:
            return line

    def _write(self, quad: ox.Quad) -> bytes:
        """Write one triple, and record a literal that a store would rewrite."""
        subject, predicate, value = map(_to_canonical, (quad.subject, quad.predicate, quad.object))
        if isinstance(value, ox.Literal) and not (
            value.language is not None or is_plain(value.value, value.datatype.value)
        ):
            self.altered.add(str(predicate)[1:-1])
        return f"{subject} {predicate} {write_term(value, str)} .\n".encode()


def canonical_triples(lines: Iterable[bytes]) -> Iterator[Triple]:
    r"""Read lines of N-Triples as rdflib terms, in the canonical vocabulary.

    >>> [triple[0] for triple in canonical_triples([b"<https://schema.org/a> <u:p> <u:o> .\n"])]
    [rdflib.term.URIRef('http://schema.org/a')]
    """
    for quad in ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES):
        subject, predicate, value = map(_to_canonical, (quad.subject, quad.predicate, quad.object))
        yield to_rdflib(subject), to_rdflib(predicate), to_rdflib(value)


def _to_canonical(term: EngineTerm) -> EngineTerm:
    if isinstance(term, ox.Triple):
        subject, predicate, value = map(_to_canonical, (term.subject, term.predicate, term.object))
        return ox.Triple(subject, predicate, value)  # type: ignore[arg-type]
    return ox.NamedNode(canonical_iri(term.value)) if isinstance(term, ox.NamedNode) else term


def _is_usual(lines: bytes) -> bool:
    """Return whether lines are in the canonical vocabulary, and all their literals are plain."""
    if _OTHER_IRI in lines:
        return False
    literals = _TYPED.findall(lines)
    return len(literals) == lines.count(b"^^") and all(starmap(_is_plain, set(literals)))


@lru_cache(maxsize=65_536)
def _is_plain(text: bytes, datatype: bytes) -> bool:
    try:
        return is_plain(text.decode(), datatype.decode())
    except UnicodeDecodeError:
        return True
