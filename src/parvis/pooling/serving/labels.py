"""Look up the names of resources that a reader may read, in one query for all."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.resources import files
from itertools import islice
from string import Template

from rdflib import URIRef

from parvis.governance import Reader
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.rdf.terms import to_sparql
from parvis.vocab.namespaces import CONCEPT

MOST = 200
"""IRIs that are labelled in one response; the others stay IRIs."""


def look_up_names(
    host: PoolService, reader: Reader, iris: Iterable[str], generation: int | None = None
) -> dict[str, dict[str, str]]:
    """Return the names by language of the pool's resources and concepts among some IRIs.

    A query has the labels of other terms itself. Raises as `PoolService.ask` does.
    """
    prefixes = (host.settings.base, CONCEPT)
    ours = (iri for iri in dict.fromkeys(iris) if iri.startswith(prefixes))
    terms = []
    for iri in islice(ours, MOST):
        with suppress(ValueError):  # a value of a result may look like an IRI and be none
            terms.append(to_sparql(URIRef(iri)))
    if not terms:
        return {}
    template = files(__package__).joinpath("labels.rq").read_text(encoding="utf-8")
    query = Template(template).substitute(things=" ".join(terms))
    answer = host.ask(reader, QueryRequest(query, generation=generation))
    names: dict[str, dict[str, str]] = {}
    bindings = json.loads(b"".join(answer.chunks))["results"]["bindings"]
    # Of several names in a language, the first in the alphabet is returned.
    for binding in sorted(bindings, key=lambda binding: str(binding["name"]["value"])):
        name = binding["name"]
        texts = names.setdefault(binding["thing"]["value"], {})
        texts.setdefault(name.get("xml:lang", ""), name["value"])
    return names


Row = Mapping[str, str]
"""The values of a row by variable; an empty text counts as unbound."""


def rows(host: PoolService, reader: Reader, query: str, **values: str) -> list[Row]:
    """Run one of parvis's own queries for a reader, and return its rows as plain texts.

    `values` are IRIs bound to the variables they name. Raises as `PoolService.ask` does.
    """
    answer = host.ask(reader, QueryRequest(query, results_format="csv", values=values))
    text = b"".join(answer.chunks).decode()
    table = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: value for name, value in row.items() if value} for row in table]
