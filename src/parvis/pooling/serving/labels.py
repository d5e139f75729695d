"""What things are called, as one reader may read it: asked in one query for all."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import islice
from string import Template

from rdflib import URIRef

from parvis.governance import Reader
from parvis.pooling.serving.service import Host, Question
from parvis.rdf.terms import written
from parvis.vocab.namespaces import CONCEPT

MOST = 200
"""Things that are named in one answer; the others keep their IRI."""


def called(
    host: Host, reader: Reader, things: Iterable[str], generation: int | None = None
) -> dict[str, dict[str, str]]:
    """Give the names of things of the pool and of concepts, by language, each in one way.

    Other terms are known by what a query has for them. Raises as `Host.ask` does.
    """
    ours = (host.settings.base, CONCEPT)
    wanted = (one for one in dict.fromkeys(things) if one.startswith(ours))
    terms = [term for one in islice(wanted, MOST) if (term := _term(one))]
    if not terms:
        return {}
    query = files(__package__).joinpath("labels.rq").read_text(encoding="utf-8")
    filled = Template(query).substitute(things=" ".join(terms))
    answer = host.ask(reader, Question(filled, generation=generation))
    found: dict[str, dict[str, str]] = {}
    told = json.loads(b"".join(answer.chunks))["results"]["bindings"]
    for row in sorted(told, key=lambda row: str(row["name"]["value"])):
        name = row["name"]
        texts = found.setdefault(row["thing"]["value"], {})
        texts.setdefault(name.get("xml:lang", ""), name["value"])
    return found


def _term(iri: str) -> str | None:
    """Write an IRI as a term; None for what is none."""
    try:
        return written(URIRef(iri))
    except ValueError:
        return None


# The rows that a reader gets of a query of our own, as plain texts.

Row = Mapping[str, str]
"""What is bound in a row, by the name of the variable; an empty text is as good as nothing."""


def rows(host: Host, reader: Reader, query: str, **values: str) -> list[Row]:
    """Ask what is served, as far as the reader may read it; raises as `Host.ask` does.

    `values` are IRIs that stand in for the variables they name.
    """
    answer = host.ask(reader, Question(query, results_format="csv", values=values))
    text = b"".join(answer.chunks).decode()
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: one for name, one in row.items() if one} for row in found]
