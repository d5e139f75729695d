"""Convert partners' files to RDF by mapping documents.

`language.load` reads and checks a document, YARRRML or RML; `engine.convert.convert` runs it over
files and returns the report. `engine.converter.Converter` does both in a process that can be
killed, for untrusted files, and returns a `Conversion`: the report, and the `SubjectPlaces`.
Nothing is imported here: the caller of that process need not load what it reads with.
"""
