"""Reads a file for its draft: ``python -I -m parvis.pooling.intake.drafts.draft_process``.

The file is alone in a folder, whose parent has room for temporary files. A request has the pool's
``data``, ``catalog`` and ``base``, the ``verb``, the ``file``, the key of its ``dataset``, which
need not exist, the ``choices``, the ``text`` of a mapping written by hand, and the ``lang`` of the
reader.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from parvis.config import Settings
from parvis.config.json_data import from_json, to_json
from parvis.errors import ParvisError
from parvis.mapping.sources.corrections import CorrectedTable, Replacement, correct_file
from parvis.pooling.intake.check_process import load_ahead, without_folders
from parvis.pooling.intake.drafts.reading import check_draft, judge_file, read_draft
from parvis.pooling.intake.drafts.store import DraftChoices
from parvis.pooling.pool import Pool
from parvis.sandbox.serving import serve
from parvis.vocab.iris import DatasetKey

STARTS_PROCESSES = True
"""For `parvis.sandbox.forker`: it may ask for processes of its own."""
__all__ = ["STARTS_PROCESSES", "load_ahead", "run"]


def run(request: dict[str, Any]) -> dict[str, Any]:
    data, catalog, file = (Path(request[name]) for name in ("data", "catalog", "file"))
    try:
        settings = replace(Settings.load(data, catalog), base=request["base"])
        with Pool.open(settings, lenient=True) as pool:
            return _answer(pool, file, request)
    except ParvisError as error:
        # The message goes to a stranger: it names no folder of this machine.
        raise without_folders(error, file.parent, file.parent.parent, catalog, data) from error


def _answer(pool: Pool, file: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    verb = request["verb"]
    key = DatasetKey.parse(request["dataset"])
    if verb == "check":
        return {"account": check_draft(pool, file, key, request["text"]).to_json()}
    if verb == "open":
        file, report = judge_file(pool, file)
        if report.findings:
            return {"refused": report.to_json()}
    elif verb == "correct":
        _correct(file, request["table"])
        if (report := pool.converter.judge([file])).findings:
            return {"refused": report.to_json()}
    view, report = read_draft(
        pool,
        file,
        key,
        choices=from_json(DraftChoices, request["choices"]),
        text=request["text"],
        lang=request["lang"],
        screened=verb == "redraw",
    )
    if view is None:
        return {"refused": report.to_json()}
    return {"file": file.name, "view": to_json(view)}


def _correct(file: Path, table: Mapping[str, Any]) -> None:
    """Replace values of a file in its own place."""
    replacements = tuple(from_json(Replacement, entry) for entry in table["replacements"])
    fields = {name: table[name] for name in ("formulation", "layout", "positions")}
    copy = file.parent.parent / file.name
    correct_file(file, copy, CorrectedTable(replacements=replacements, **fields))
    shutil.move(copy, file)


if __name__ == "__main__":
    serve(run, about="file", walled=False)
