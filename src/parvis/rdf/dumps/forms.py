"""The forms in which a dataset's file of N-Triples is made into one to take away."""

from pathlib import Path
from typing import Any

from parvis.rdf.dumping import write_json_ld, write_quads, write_turtle
from parvis.rdf.dumps.tables import write_archive, write_book


def write(asked: dict[str, Any]) -> None:
    """Write one form; raises `ParvisError`."""
    path = Path(asked["path"])
    with Path(asked["to"]).open("w+b") as file:
        match asked["ending"]:
            case "nq.gz":
                write_quads(path, asked["graph"], file)
            case "ttl":
                write_turtle(path, file)
            case "jsonld":
                write_json_ld(path, file)
            case "csv.zip":
                write_archive(path, asked["dataset"], file, escape=asked.get("escape", False))
            case _:
                write_book(path, file)
