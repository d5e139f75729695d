"""SPARQL queries, parsed: the text sent to an engine is written from the parse.

Two readers of one text may disagree on where a string, an IRI or a comment begins: after an
operand ``<`` is an operator for an engine that decides by position, and begins an IRI for one that
takes the longest token. So parvis parses by position too, and writes each token anew, separated
from the next: IRIs absolute, strings in one form, no comments, no escapes that an engine may undo
before it looks for tokens. Such a text has one reading.

`grammar` is the standard's grammar as a table and its terminals; `parser` runs it.
"""
