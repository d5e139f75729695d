"""The process that checks one file: ``python -I -m parvis.pooling.intake.check_process``.

The file is alone in a folder, whose parent has room for temporary files. A request has the pool's
``data``, ``catalog`` and ``base``, the ``verb``, and what that needs.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from parvis.catalog.ontology import submission_shapes
from parvis.config import Settings
from parvis.config.json_data import from_json, to_json
from parvis.errors import ParvisError
from parvis.i18n import translations
from parvis.ledger import Author
from parvis.mapping.sources.corrections import Replacement
from parvis.pooling.intake.check import try_file
from parvis.pooling.intake.deposits import accept, give
from parvis.pooling.intake.new_mappings import load_vocabulary
from parvis.pooling.pool import Pool
from parvis.pooling.publics.strata import EVERYWHERE, list_nestings
from parvis.pooling.surveys import describe_questionnaire
from parvis.pooling.texts.valid import charter_shapes
from parvis.sandbox.serving import serve
from parvis.validation import prepare_shapes
from parvis.vocab.iris import DatasetKey

STARTS_PROCESSES = True
"""For `parvis.sandbox.forker`: it may ask for processes of its own."""


def load_ahead() -> None:
    """Load what every check and draft reads of parvis's own files, for `parvis.sandbox.forker`."""
    translations("fr")
    load_vocabulary()
    describe_questionnaire()
    list_nestings(EVERYWHERE)
    for shapes in (submission_shapes(), charter_shapes()):
        prepare_shapes(shapes)


def run(request: dict[str, Any]) -> dict[str, Any]:
    data, catalog = Path(request["data"]), Path(request["catalog"])
    try:
        settings = replace(Settings.load(data, catalog), base=request["base"])
        with Pool.open(settings) as pool:
            verb, file = request["verb"], Path(request["file"])
            if verb == "accept":
                decider = Author(*request["author"])
                return {"deposit": accept(pool, request["deposit"], decider).to_json()}
            if verb == "try":
                key = DatasetKey(*request["dataset"].split("/")) if request["dataset"] else None
                report = try_file(pool, file, key, request["lang"], request["facts"])
                return {"account": report.to_json()}
            key = DatasetKey.parse(request["dataset"])
            corrections = [from_json(Replacement, entry) for entry in request["corrections"]]
            author = Author(*request["author"])
            report, deposit = give(pool, key, file, request["party"], corrections, author)
            return {"account": report.to_json(), "deposit": to_json(deposit)}
    except ParvisError as error:
        # The message goes to a stranger: it names no folder of this machine.
        folder = Path(request["file"]).parent
        raise without_folders(error, folder, folder.parent, catalog, data) from error


def without_folders(error: ParvisError, *folders: Path) -> ParvisError:
    """Return an error that names a file as its sender knows it, not by its place here."""

    def strip(value: object) -> object:
        if isinstance(value, Mapping | int | float):
            return value
        text = value.name if isinstance(value, Path) else str(value)
        for folder in filter(Path.is_absolute, folders):
            text = text.replace(f"{folder}/", "")
        return text

    fields = {name: strip(value) for name, value in error.fields.items()}
    return type(error)(error.template, **fields)


if __name__ == "__main__":
    serve(run, about="file", walled=False)
