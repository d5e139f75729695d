"""Protect tables with τ-ARGUS: run by `suppression.py`, by the Python of a venv with `pytauargus`.

Reads a JSON document from standard input and writes the places of the cells that are not
published. A table has the codes of its dimensions (the total of each is `T`), and its cells: codes,
value, cost and, if it is unsafe, how far below and above it must be uncertain.
"""

import json
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

MINUTES = 1
"""The longest search for an optimum; the best that was found is used."""
AXIS = '{name}\n  <RECODEABLE>\n  <TOTCODE> "T"\n'
HEAD = '<SEPARATOR> ";"\n<SAFE> S\n<UNSAFE> U\n<PROTECT> P\n'
FIGURES = """V
  <NUMERIC>
  <DECIMALS> 0
C
  <NUMERIC> <COST>
  <DECIMALS> 0
L
  <NUMERIC> <LOWERPL>
  <DECIMALS> 3
U
  <NUMERIC> <UPPERPL>
  <DECIMALS> 3
S
  <STATUS>
"""
BATCH = """<OPENTABLEDATA> "table.tab"
<OPENMETADATA> "table.rda"
<SPECIFYTABLE> {axes}|"V"|"V"|"C"
<SAFETYRULE>
<READTABLE> 2
<SUPPRESS> {method}
<WRITETABLE> (1,5,SO+,"out.tab")
"""
METHODS = {"optimal": f"OPT(1,{MINUTES})", "modular": f"MOD(1,{MINUTES})"}
PUBLISHED = {"S", "P", "E"}


def protect(table: dict[str, Any], folder: Path) -> list[list[str]]:
    """Return the codes of the cells that τ-ARGUS does not publish."""
    names = [f"X{number}" for number in range(table["axes"])]
    described = HEAD + "".join(AXIS.format(name=name) for name in names) + FIGURES
    (folder / "table.rda").write_text(described, encoding="utf-8")
    lines = []
    for cell in table["cells"]:
        below, above = cell.get("levels", (0, 0))
        status = "U" if "levels" in cell else "S"
        fields = [*cell["codes"], cell["value"], cell["cost"], below, above, status]
        lines.append(";".join(map(str, fields)) + "\n")
    (folder / "table.tab").write_text("".join(lines), encoding="utf-8")
    axes = "".join(f'"{name}"' for name in names)
    batch = BATCH.format(axes=axes, method=METHODS[table["method"]])
    (folder / "table.arb").write_text(batch, encoding="utf-8")
    # Only the venv of this script has it; the tests import it without.
    from pytauargus.engine import run_batch  # type: ignore[import-not-found]  # noqa: PLC0415

    run_batch(folder / "table.arb")
    hidden = []
    for line in (folder / "out.tab").read_text(encoding="utf-8").splitlines():
        fields = [field.strip().strip('"') for field in line.split(";")]
        if line and fields[-3] not in PUBLISHED:
            hidden.append(fields[: table["axes"]])
    return hidden


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, chdir(temporary):  # it writes logs there
        json.dump(protect(json.load(sys.stdin), Path(temporary)), sys.stdout)
