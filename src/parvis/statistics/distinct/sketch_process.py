"""Computes a partner's message: ``python -I -m parvis.statistics.distinct.sketch_process``.

A request has the ``file`` of buyers, its ``sheet``, the headings ``columns`` that are named and the
``discipline`` of all rows, the texts of the ``round`` and of the ``kit`` with the names of their
files, the code lists ``codes`` and the path ``out`` of the message; the answer says what was
counted.
"""

import tempfile
from pathlib import Path
from typing import Any

from parvis.config.json_data import to_json
from parvis.statistics.distinct.buyers import BuyerColumns, BuyersFile, CodeLists, count_buyers
from parvis.statistics.distinct.rounds import Kit, Round
from parvis.statistics.distinct.sketch_note import SketchSummary
from parvis.statistics.distinct.sketching import PeopleSketch


def sketch_file(request: dict[str, Any]) -> dict[str, Any]:
    file, out = Path(request["file"]), Path(request["out"])
    columns = BuyerColumns(**request["columns"])
    buyers = BuyersFile(file, request["sheet"], columns, request["discipline"])
    # What is unpacked goes with the caller's folder, also if this process is killed.
    tempfile.tempdir = str(out.parent)
    round_ = Round.from_json(request["round"], request["round_name"])
    kit = Kit.from_json(request["kit"], round_, request["kit_name"])
    counted = PeopleSketch(round_, kit)
    count = count_buyers(buyers, counted, CodeLists(**request["codes"]))
    message = counted.message()
    out.write_bytes(message)
    summary = SketchSummary(file.name, kit.partner, count, len(message))
    answer: dict[str, Any] = to_json(summary)
    return answer


if __name__ == "__main__":
    from parvis.sandbox.serving import serve

    serve(sketch_file, about="file")
