"""The answer to a stored query as an archive for research: query, version and answer together."""

from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from flask import Blueprint, Response, request

from parvis.config import clock
from parvis.errors import SheetError
from parvis.pooling.serving.service import QueryRequest
from parvis.pooling.serving.site.crate import AnsweredQuery, AnswerFile, write_crate
from parvis.rdf.formats import GRAPH_TYPES, PARQUET, RESULT_TYPES
from parvis.web.api.parameters import fill_parameters, parameter_names
from parvis.web.api.short_links import (
    GRAPHS,
    PublishedVersion,
    cite_answer,
    list_queried_datasets,
    require_own_calls,
    require_stored,
)
from parvis.web.api.workbook import attach, write_parquet
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import evaluate_query
from parvis.web.http.inputs import reads
from parvis.web.http.language import to_local_time

crates = Blueprint("crates", __name__)

ENDINGS = {"bindings": "csv", "boolean": "json", "graph": "ttl"}
"""The format of an answer of each kind, which a table has as Parquet too."""


@crates.get("/q/<name>/crate.zip")
@reads("version")
def crate(name: str) -> Response:
    """Return a stored query, the published version that answers it, and its answer (RO-Crate)."""
    stored = require_stored(name, pinned=True)
    require_own_calls(stored)
    parameters = stored.parameters
    text, generation = parameters["query"][0], parameters.get("generation")
    chosen = {code: parameters[code][0] for code in parameter_names(text) if code in parameters}
    default_graphs, named_graphs = (tuple(parameters.get(name, ())) for name in GRAPHS)
    question = QueryRequest(
        fill_parameters(text, chosen),
        default_graphs,
        named_graphs,
        generation=int(generation[0]) if generation else None,
    )
    with TemporaryDirectory() as folder, ExitStack() as undo:
        files, number = _save_answer(question, Path(folder))
        published = host().stored_snapshot(number).generation.manifest.created
        version = PublishedVersion(number, to_local_time(published).date())
        cards = list_queried_datasets(parameters)
        endpoint, now = f"{host().settings.base}sparql", clock.machine_time()
        answered = AnsweredQuery(question.query, endpoint, number, published, now, files)
        file = undo.enter_context(TemporaryFile())
        write_crate(file, answered, cite_answer(stored, version, cards), cards, host().iris)
        undo.pop_all()
        response = attach(file, f"q-{name}.crate.zip", "application/zip")
    # It says when it was made, and a saved query may become private at any time.
    response.cache_control.no_store = True
    return response


def _save_answer(question: QueryRequest, folder: Path) -> tuple[list[AnswerFile], int]:
    """Save the answer to a query; return its files, and the published version that answered."""
    reader = reader_of(request)
    answer = evaluate_query(reader, replace(question, results_format="csv", graph_format="ttl"))
    ending = ENDINGS[answer.kind]
    path = folder / f"answer.{ending}"
    with closing(answer.chunks), path.open("wb") as file:
        file.writelines(answer.chunks)
    files = [AnswerFile(path.name, {**RESULT_TYPES, **GRAPH_TYPES}[ending], path)]
    if answer.kind == "bindings":
        # The version is that of the first file, also if another is published meanwhile.
        again = replace(question, results_format="tsv", generation=answer.generation)
        table = folder / "answer.parquet"
        with suppress(SheetError):  # too large: CSV has all of it
            with table.open("wb") as file:
                write_parquet(evaluate_query(reader, again), file)
            files.append(AnswerFile(table.name, PARQUET, table))
    return files, answer.generation
