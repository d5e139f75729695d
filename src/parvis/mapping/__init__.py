"""Partner files to RDF: a mapping document is loaded, then runs over a file as N-Triples.

`load` reads and checks a document, YARRRML or RML (`MappingError` names file and line before any
row is read);
`convert` runs it over files and gives a `Conversion`: the report, and where each subject came
from. `Converter` does both in a process that can be killed, for files that strangers wrote.
"""

from parvis.mapping.concepts import Concepts
from parvis.mapping.convert import Conversion, convert
from parvis.mapping.converter import Converter
from parvis.mapping.load import load

__all__ = ["Concepts", "Conversion", "Converter", "convert", "load"]
