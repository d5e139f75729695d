"""Write a dataset's file of N-Triples in one of the forms to download.

In a process of its own it is ``python -I -m parvis.rdf.dumps.forms``. A request is ``{"path": file
of N-Triples, "dataset": IRI, "graph": IRI, "ending": form, "to": file, "escape": true to escape
formulas in CSV}``.
"""

from pathlib import Path
from typing import Any

from parvis.rdf.dumping import write_json_ld, write_quads, write_turtle
from parvis.rdf.dumps.tables import write_archive, write_book
from parvis.sandbox.serving import serve


def write(job: dict[str, Any]) -> None:
    """Write one form, chosen by ``ending``. Raises `ParvisError`."""
    path = Path(job["path"])
    with Path(job["to"]).open("w+b") as file:
        match job["ending"]:
            case "nq.gz":
                write_quads(path, job["graph"], file)
            case "ttl":
                write_turtle(path, file)
            case "jsonld":
                write_json_ld(path, file)
            case "csv.zip":
                write_archive(path, job["dataset"], file, escape=job.get("escape", False))
            case _:
                write_book(path, file)


if __name__ == "__main__":
    serve(write)
