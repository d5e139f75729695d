"""The process that checks one file: ``python -I -m parvis.pooling.intake.check_worker``.

The file is alone in a folder, whose parent has room for temporary files. The request is one frame:
the pool's ``data``, ``catalog`` and ``base``, the ``seconds`` allowed, the ``verb``, and what that
needs. The answer is one frame, or a reported error (`encode_outcome`).
"""

import json
import sys
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


def _run_verb(pool: Pool, request: dict[str, Any]) -> dict[str, Any]:
    verb = request["verb"]
    if verb == "accept":
        return {"deposit": accept(pool, request["deposit"], request["by"]).to_json()}
    file = Path(request["file"])
    key = DatasetKey(*request["dataset"].split("/")) if request["dataset"] else None
    if verb == "try":
        return {"account": try_file(pool, file, key, request["lang"], request["facts"]).to_json()}
    receipt = give(pool, DatasetKey.parse(request["dataset"]), file, request["party"])
    deposit = receipt.deposit and receipt.deposit.to_json()
    return {"account": receipt.account.to_json(), "deposit": deposit}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carry out a request in the pool that it names."""
    data, catalog = Path(request["data"]), Path(request["catalog"])
    try:
        settings = replace(Settings.load(data, catalog), base=request["base"])
        limit_memory(settings.limits.conversion_memory)
        with Pool.open(settings) as pool:
            return _run_verb(pool, request)
    except ParvisError as error:
        # The message goes to a stranger: it names no folder of this machine.
        folder = Path(request["file"]).parent
        raise without_folders(error, folder, folder.parent, catalog, data) from error


def main() -> None:
    channel = Channel()
    request = json.loads(channel.receive() or b"{}")
    if not request:
        return
    try:
        end_after(float(request["seconds"]) + 1)
        channel.send(encode_outcome(Path(request["file"]), partial(answer, request)))
    except MemoryError:
        sys.exit(1)  # the parent reports it in words; a traceback would help nobody
    channel.end()


if __name__ == "__main__":
    main()
