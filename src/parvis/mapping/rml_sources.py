"""Logical sources of RML (RML-IO, as far as files go)."""

from dataclasses import replace
from typing import Literal as OneOf

import jsonpath
from rdflib import Literal, URIRef
from rdflib.namespace import RDF

from parvis.mapping.plan import Formulation, Reading, Source
from parvis.mapping.rml_graph import RML, Part
from parvis.mapping.rows import path_of
from parvis.mapping.sources.xml import XPathError, xpath_of

FORMULATIONS: dict[str, Formulation] = {"CSV": "csv", "JSONPath": "jsonpath", "XPath": "xpath"}
ITERATORS: dict[Formulation, str] = {"jsonpath": "$", "xpath": "/*"}
ROOTS: dict[str, OneOf["mapping", "working"]] = {
    "MappingDirectory": "mapping",
    "CurrentWorkingDirectory": "working",
}
ENCODINGS = {"UTF-8": "utf-8", "UTF-16": "utf-16"}


def source_of(part: Part, *, legacy: bool) -> Source:
    """Read a logical source; its name tells all that makes it another one."""
    part.only({"source", "referenceFormulation", "iterator"})
    told = part.require("source")
    formulation = _formulation(part.require("referenceFormulation"))
    iterator = _iterator(part.get("iterator"), formulation)
    found = _file(told, legacy=legacy)
    reading = Reading(
        timezone="",
        numbers="text" if legacy else "double",
        nulls=frozenset(null.text for null in told.all("null")),
    )
    return Source(
        name=" ".join(filter(None, (found.root, found.access, iterator))),
        access=found.access,
        formulation=formulation,
        iterator=iterator,
        encoding=found.encoding,
        reading=reading,
        root=found.root,
        may_be_empty=True,
        strict=not legacy,
    )


def _formulation(part: Part) -> Formulation:
    """Read which language references are in."""
    found = FORMULATIONS.get(part.term)
    if found is None:
        part.fail(
            "{file}, line {line}: unknown kind of source “{name}”; known: {known}",
            name=part.term,
            known=", ".join(sorted(FORMULATIONS)),
        )
    return found


def _iterator(part: Part | None, formulation: Formulation) -> str:
    """Read the iterator, and see that it can be followed."""
    if part is None:
        return ITERATORS.get(formulation, "")
    try:
        if formulation == "jsonpath":
            path_of(part.text)
        elif formulation == "xpath":
            xpath_of(part.text)
    except (jsonpath.JSONPathError, XPathError) as error:
        part.fail(
            "{file}, line {line}: the iterator “{path}” cannot be followed ({reason})",
            path=part.text,
            reason=error,
        )
    return part.text


def _file(part: Part, *, legacy: bool) -> Source:
    """Read which file it is: a name, or a path under a root."""
    if isinstance(part.node, Literal):
        return Source("", part.text, "csv", root="either")
    known = [kind for kind in ("RelativePathSource", "FilePath") if _is(part, kind)]
    if legacy or not known:
        part.fail("{file}, line {line}: only files are read (RelativePathSource, FilePath)")
    part.only({"root", "path", "encoding", "null"})
    encoding = part.get("encoding")
    if encoding and encoding.term not in ENCODINGS:
        encoding.fail(
            "{file}, line {line}: unknown encoding “{name}”; known: {known}",
            name=encoding.term,
            known=", ".join(ENCODINGS),
        )
    found = Source(
        "",
        part.require("path").text,
        "csv",
        encoding=ENCODINGS[encoding.term] if encoding else None,
    )
    return _rooted(part.get("root"), found)


def _rooted(root: Part | None, found: Source) -> Source:
    """Say which folder a path is relative to; the working one unless told (RML-IO)."""
    if root is None:
        return replace(found, root="working")
    if isinstance(root.node, Literal):
        return replace(found, root="working", access=f"{root.text}/{found.access}")
    if root.term not in ROOTS:
        root.fail(
            "{file}, line {line}: unknown root “{name}”; known: {known}",
            name=root.term,
            known=", ".join(ROOTS),
        )
    return replace(found, root=ROOTS[root.term])


def _is(part: Part, kind: str) -> bool:
    """Say whether a node is of a class of the vocabulary."""
    return (part.node, RDF.type, URIRef(RML + kind)) in part.document.graph
