"""Partner files to RDF: a mapping document is loaded, then runs over a file as N-Triples.

`load` reads and checks a document, YARRRML or RML (`MappingError` names file and line before any
row is read);
`to_rml` writes one as RML, and says what it loses;
`convert` runs it over files and gives the report. `Converter` does both in a process that can be
killed, for files that strangers wrote, and gives a `Conversion`: the report, and the `Places` where
each subject came from.
"""

from parvis.mapping.concepts import Concepts
from parvis.mapping.convert import convert
from parvis.mapping.converter import Conversion, Converter
from parvis.mapping.load import load
from parvis.mapping.places import Places
from parvis.mapping.program import Sinks
from parvis.mapping.rml_writing import PREFIXES, Exported, to_rml

__all__ = [
    "PREFIXES",
    "Concepts",
    "Conversion",
    "Converter",
    "Exported",
    "Places",
    "Sinks",
    "convert",
    "load",
    "to_rml",
]
