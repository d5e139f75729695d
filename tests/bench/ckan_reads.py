"""Show what CKAN's harvester reads of a catalogue: ckanext-dcat's own parser, without a CKAN.

Run in an environment of its own, since an importable ``ckan`` changes what other clients raise::

    python -m venv ckan && ckan/bin/pip install 'ckan[requirements]' ckanext-dcat
    ckan/bin/python tests/bench/ckan_reads.py CATALOGUE.ttl

Prints a line for each dataset as JSON, and exits with 1 where one lacks title, licence, keywords
or resources, where a keyword is one that a CKAN refuses, or where a ghost was read: a thing that
the catalogue does not list.
"""

import json
import re
import sys
from pathlib import Path

from ckan.plugins import toolkit  # type: ignore[import-not-found] # in an environment of its own
from ckanext.dcat.processors import RDFParser  # type: ignore[import-not-found] # the same
from rdflib import DCAT

TAG = re.compile(r"[\w \-.]{2,100}")
"""What CKAN's `tag_name_validator` and `tag_length_validator` accept."""


def main(file: Path) -> int:
    """Read a catalogue in Turtle as CKAN does."""
    toolkit.config["ckanext.dcat.rdf.profiles"] = "euro_dcat_ap_3"
    parser = RDFParser(profiles=["euro_dcat_ap_3"])
    parser.parse(file.read_text(encoding="utf-8"), _format="turtle")
    found = list(parser.datasets())
    listed = {str(one) for one in parser.g.objects(None, DCAT.dataset)}
    read = {_uri(one) for one in found}
    wrong = 0
    for one in found:
        told = _told(one)
        wrong += not all(told.values())
        sys.stdout.write(f"{json.dumps({'uri': _uri(one)} | told, ensure_ascii=False)}\n")
    ghosts = read ^ listed
    sys.stdout.write(f"{len(found)} datasets, {wrong} incomplete, {len(ghosts)} ghosts\n")
    return 1 if wrong or ghosts or not found else 0


def _told(package: dict[str, object]) -> dict[str, object]:
    """Give what a CKAN shows of a dataset first."""
    tags = [tag["name"] for tag in package.get("tags", [])]  # type: ignore[attr-defined] # CKAN’s
    resources = package.get("resources", [])
    return {
        "title": package.get("title"),
        "licence": package.get("license_id"),
        "tags": tags if all(TAG.fullmatch(tag) for tag in tags) else [],
        "resources": len(resources),  # type: ignore[arg-type] # a list
    }


def _uri(package: dict[str, object]) -> str:
    """Give the IRI under which a dataset was read."""
    extras = {one["key"]: one["value"] for one in package.get("extras", [])}  # type: ignore[attr-defined] # CKAN’s
    return str(package.get("uri") or extras.get("uri"))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
