"""Partner files to RDF: a mapping document is loaded, then runs over a file as N-Triples.

`load.load` reads and checks a document, YARRRML or RML (`MappingError` names file and line before
any row is read); `convert.convert` runs it over files and gives the report.
`converter.Converter` does both in a process that can be killed, for files that strangers wrote, and
gives a `Conversion`: the report, and the `Places` where each subject came from.
Nothing is imported here: who starts the process need not load all that it reads with.
"""
