"""The options of a query's parameters of which there are data, for who reads them."""

import io
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from parvis.errors import ParvisError
from parvis.governance import Reader
from parvis.mapping.concepts import fold_text
from parvis.pooling.serving.service import QueryRequest
from parvis.rdf.sparql.value_query import write_value_query
from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.parameters import (
    DAYS,
    PARTNER,
    CodeListParameter,
    fill_parameters,
    list_parameters,
    parameter_variables,
    read_choice,
)
from parvis.web.api.results import READ, read_table
from parvis.web.http.access import host
from parvis.web.http.language import localise


def list_options(
    reader: Reader, question: QueryRequest, choices: Mapping[str, str]
) -> list[CodeListParameter]:
    """Return a query's parameters, each with the options that have data beside the other choices.

    A parameter of which no option has data is left out, unless it is chosen; where the data cannot
    be looked through, each has all options. Raise `UsageError` as `list_parameters` does.
    """
    parameters = list_parameters(question.query, choices)
    names = [*parameter_variables(question.query)]
    values = _read_values(reader, question, choices) if names else None
    if values is None:
        return [p for p in parameters if p.options or p.chosen or p.is_day]
    chosen = [read_choice(name, choices[name]) if choices.get(name) else "" for name in names]
    offered = []
    for parameter in parameters:
        if parameter.is_day:
            offered.append(parameter)
            continue
        at = names.index(parameter.name)
        # The choices of the other parameters narrow it, and not its own.
        wanted = [*chosen[:at], "", *chosen[at + 1 :]]
        iris = {
            row[at]
            for row in values
            if all(iri in {"", cell} for iri, cell in zip(wanted, row, strict=True))
        }
        options = _label_options(parameter, iris - {""})
        offered += [replace(parameter, options=options)] if options else []
    return offered


def _read_values(
    reader: Reader, question: QueryRequest, choices: Mapping[str, str]
) -> set[tuple[str, ...]] | None:
    """Return the IRIs that parameters take together; None where they cannot be read entirely."""
    days = {name: choices[name] for name in DAYS if choices.get(name)}
    variables = [*parameter_variables(question.query).values()]
    try:
        query = write_value_query(fill_parameters(question.query, days), variables, PREFIXES)
        answer = host().ask(
            reader, replace(question, query=query, results_format="tsv", enough=READ)
        )
        with closing(answer.chunks):
            body = b"".join(answer.chunks)
    except ParvisError:
        return None
    if len(body) >= READ:
        return None
    _, rows = read_table(io.BytesIO(body))
    return {tuple(cell.iri or "" for cell in row) for row in rows}


def _label_options(
    parameter: CodeListParameter, iris: set[str]
) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return codes with their labels, that of the choice among them.

    A partner without data here has no label, not even if it is chosen: its name may not be known.
    """
    codes = {iri.rpartition("/")[2]: iri for iri in iris}
    chosen = parameter.chosen
    if parameter.name != PARTNER:
        wanted = {*codes, chosen}
        return tuple((code, label) for code, label in parameter.options if code in wanted)
    names = {code: host().names(iri) for code, iri in codes.items()}
    names |= {chosen: {"": chosen}} if chosen and chosen not in names else {}
    return tuple(sorted(names.items(), key=lambda item: fold_text(localise(item[1]))))
