"""The process that checks one file: ``python -I -m parvis.pooling.intake.check_worker``.

The file stands alone in a folder, beside which there is room for temporary files.
One frame asks: the pool's ``data``, ``catalog`` and ``base``, the ``seconds`` that it may take, the
``verb``, and what that needs. One answers, or reports an error (`encode_outcome`).
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from parvis.config import Settings
from parvis.errors import ParvisError
from parvis.pooling.intake.check import try_file
from parvis.pooling.intake.check_process import without_folders
from parvis.pooling.intake.deposits import accept, give
from parvis.pooling.pool import Pool
from parvis.sandbox.child import Channel, encode_outcome, end_after, limit_memory
from parvis.vocab.iris import DatasetKey


def _try(pool: Pool, asked: dict[str, Any]) -> dict[str, Any]:
    """Try a file with a dataset's mapping, or with one proposed for it."""
    file = Path(asked["file"])
    key = DatasetKey(*asked["dataset"].split("/")) if asked["dataset"] else None
    found = try_file(pool, file, key, asked["lang"], file.parent.parent, told=asked["told"])
    return {"account": found.account.to_json(), "mapping": found.mapping}


def _give(pool: Pool, asked: dict[str, Any]) -> dict[str, Any]:
    """Take a file that a party gives for its dataset."""
    key = DatasetKey(*asked["dataset"].split("/"))
    found = give(pool, key, Path(asked["file"]), asked["party"])
    deposit = found.deposit and found.deposit.to_json()
    return {"account": found.account.to_json(), "deposit": deposit}


def _accept(pool: Pool, asked: dict[str, Any]) -> dict[str, Any]:
    """Accept a file that waits."""
    return {"deposit": accept(pool, asked["deposit"], asked["by"]).to_json()}


VERBS: dict[str, Callable[[Pool, dict[str, Any]], dict[str, Any]]] = {
    "try": _try,
    "give": _give,
    "accept": _accept,
}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked, in the pool that is named."""
    data, catalog = Path(asked["data"]), Path(asked["catalog"])
    try:
        settings = replace(Settings.load(data, catalog), base=asked["base"])
        limit_memory(settings.limits.conversion_memory)
        with Pool.open(settings) as pool:
            return VERBS[asked["verb"]](pool, asked)
    except ParvisError as error:
        folder = Path(asked["file"]).parent
        raise without_folders(error, folder, folder.parent, catalog, data) from error


def main() -> None:
    """Answer one frame."""
    channel = Channel()
    asked = json.loads(channel.receive() or b"{}")
    if not asked:
        return
    try:
        end_after(float(asked["seconds"]) + 1)
        channel.send(encode_outcome(Path(asked["file"]), partial(answer, asked)))
    except MemoryError:
        sys.exit(1)  # the parent says so in words; a traceback would tell nobody anything
    channel.end()


if __name__ == "__main__":
    main()
