"""Show what CKAN's harvester reads of a catalogue, with ckanext-dcat's parser, without a CKAN.

Run in a separate environment, since an importable ``ckan`` changes errors of other clients::

    python -m venv ckan && ckan/bin/pip install 'ckan[requirements]' ckanext-dcat
    ckan/bin/python tests/bench/ckan_reads.py CATALOGUE.ttl

Prints a line for each dataset as JSON, and exits with 1 where one lacks title, licence, keywords
or resources, where a CKAN refuses a keyword, where a format is an address, or where a ghost was
read: a dataset that
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
    """Read a catalogue in Turtle like CKAN."""
    toolkit.config["ckanext.dcat.rdf.profiles"] = "euro_dcat_ap_3"
    parser = RDFParser(profiles=["euro_dcat_ap_3"])
    parser.parse(file.read_text(encoding="utf-8"), _format="turtle")
    packages = list(parser.datasets())
    catalogued = {str(package) for package in parser.g.objects(None, DCAT.dataset)}
    parsed = {_uri(package) for package in packages}
    incomplete = 0
    for package in packages:
        summary = summarise(package)
        incomplete += not all(summary.values())
        sys.stdout.write(f"{json.dumps({'uri': _uri(package)} | summary, ensure_ascii=False)}\n")
    ghosts = parsed ^ catalogued
    sys.stdout.write(f"{len(packages)} datasets, {incomplete} incomplete, {len(ghosts)} ghosts\n")
    return 1 if incomplete or ghosts or not packages else 0


def summarise(package: dict[str, object]) -> dict[str, object]:
    """Return the main fields of a dataset in a CKAN."""
    tags = [tag["name"] for tag in package.get("tags", [])]  # type: ignore[attr-defined] # CKAN’s
    resources = package.get("resources", [])
    formats = [resource.get("format", "") for resource in resources]  # type: ignore[attr-defined] # CKAN’s
    return {
        "title": package.get("title"),
        "licence": package.get("license_id"),
        "tags": tags if all(TAG.fullmatch(tag) for tag in tags) else [],
        "resources": len(resources),  # type: ignore[arg-type] # a list
        "formats": [] if any(":" in form for form in formats) else formats,
    }


def _uri(package: dict[str, object]) -> str:
    """Return the IRI under which a dataset was read."""
    extras = {extra["key"]: extra["value"] for extra in package.get("extras", [])}  # type: ignore[attr-defined] # CKAN’s
    return str(package.get("uri") or extras.get("uri"))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
