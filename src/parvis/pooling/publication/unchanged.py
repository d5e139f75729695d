"""Decide what a publication takes over from the served generation: what would be the same.

Each description has a basis, a digest of all that it depends on, the code that writes it included:
another version of parvis writes it again. A file of the served generation is taken only if it is
what the manifest says.
"""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from rdflib import Graph

from parvis.config import knowledge
from parvis.rdf.files import canonical_lines
from parvis.rdf.terms import triple_from_rdflib
from parvis.store.generation.generation import Generation

BASES = "bases.json"
"""The site file with the basis of each description, by dataset."""
_CODE = ("catalog", "config", "i18n", "pooling/publication", "rdf", "store/record", "vocab")
"""The folders whose code decides what a description of a dataset says."""
_ENDINGS = frozenset({".po", ".py", ".ttl"})


def digest_basis(*parts: object) -> str:
    """Return the digest of values, whose `repr` must tell them apart."""
    return sha256(repr((_digest_code(), *parts)).encode()).hexdigest()


def digest_graph(graph: Graph) -> str:
    """Return the digest of a small graph, whatever the names of its blank nodes."""
    return sha256(canonical_lines(map(triple_from_rdflib, graph))).hexdigest()


def read_served(served: Generation | None, name: str) -> bytes | None:
    """Return a site file of the served generation; None if it is not there, or damaged."""
    digest = served.manifest.files.get(f"site/{name}") if served else None
    if served is None or digest is None or not (path := served.site / name).is_file():
        return None
    body = path.read_bytes()
    return body if sha256(body).hexdigest() == digest else None


@cache
def _digest_code() -> str:
    package, combined = Path(str(files("parvis"))), sha256()
    for folder in (*(package / name for name in _CODE), knowledge("ontology")):
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _ENDINGS):
            combined.update(sha256(path.read_bytes()).digest())
    return combined.hexdigest()
