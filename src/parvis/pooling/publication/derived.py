"""Serve what the rules of this version derive from contents: both areas, and wider classes.

The record stays as it was sent: what is served of such a content is read from another file, which
is made once for a content and goes with the generation. Statistics, downloads and stores are made
of the same file.
"""

import gzip
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from parvis.pooling.cards import encode_json, read_optional
from parvis.pooling.publication.classes import add_wider_classes, names_narrow_class, wider_classes
from parvis.pooling.publication.state import Access, PoolState
from parvis.pooling.publics.areas import names_former_area, read_with_areas
from parvis.store.files import RECORDED
from parvis.store.generation.generation import Generation
from parvis.store.record.graph_record import GraphRecord, GraphVersion

INDEX = "derived.json"
"""The site file that tells by which rules, and of each content, by its digest, whether something
was derived from it."""
FOLDER = "derived"
"""The site folder of the contents with what was derived: they go with the generation."""
THREADS = 2
"""Contents that are read and compressed at a time, which needs no lock of the interpreter."""
RULES = 1
"""The version of the code that derives: a change of number makes every file again."""

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@cache
def file_ending() -> str:
    """Return the end of the name of a file; before it stands the digest of the record's.

    It names the rules, since equal names are of equal content.
    """
    kinds = sorted((kind, sorted(wide)) for kind, wide in wider_classes().items())
    digest = sha256(repr((RULES, kinds)).encode()).hexdigest()[:8]
    # A manifest's names have letters alone between the digest and the form.
    return f".{digest.translate(_LETTERS)}{RECORDED}"


def serve_derived(
    state: PoolState, access: Access, folder: Path
) -> tuple[Access, Mapping[str, bytes | Path]]:
    """Return the access to contents with what is derived, and the site files for the next time.

    New files are written to `folder`.
    """
    served, record, ending = state.served, state.pool.record, file_ending()
    index = read_optional(served.site / INDEX) if served else {}
    is_derived = index.get("contents", {}) if index.get("rules") == ending else {}
    names = {*served.manifest.members.sources.values()} if served else set()
    versions = {**state.loaded, **{dataset.graph: version for dataset, version in access.contents}}
    former = {
        digest: _find_file(served, digest)
        for digest in {versions[graph].digest for graph in access.members}
        if is_derived.get(digest)
    }
    # Two graphs may have the same content.
    new = {
        versions[graph].digest: versions[graph]
        for graph in access.members
        if is_derived.get(versions[graph].digest) is not False
        and not former.get(versions[graph].digest)
    }
    files_of = {**former, **_write_derived(record, new, folder)}
    derived: dict[str, bool] = {}
    paths, changed = dict(access.members), set()
    for graph, path in access.members.items():
        digest = versions[graph].digest
        paths[graph] = files_of.get(digest) or path
        derived[digest] = paths[graph] != path
        # What is served, and counted, is of other rules.
        if not former.get(digest) and (paths[graph] != path or paths[graph].name not in names):
            changed.add(graph)
    files: dict[str, bytes | Path] = {
        f"{FOLDER}/{path.name}": path for path in paths.values() if path.name.endswith(ending)
    }
    opened = {graph: paths[graph] for graph in access.open}
    contents = {"rules": ending, "contents": dict(sorted(derived.items()))}
    return (
        replace(access, open=opened, members=paths, changed=frozenset(changed)),
        {**files, INDEX: encode_json(contents)},
    )


def _write_derived(
    record: GraphRecord, versions: Mapping[str, GraphVersion], folder: Path
) -> dict[str, Path]:
    """Return the file of each content, by its digest."""
    with ThreadPoolExecutor(THREADS) as threads:
        files = threads.map(partial(derived_file, record, folder=folder), versions.values())
        return dict(zip(versions, files, strict=True))


def is_derived(record: GraphRecord, version: GraphVersion) -> bool:
    """Return whether anything is derived from a content."""
    return any(
        names_former_area(block) or names_narrow_class(block)
        for block in record.read_blocks(version)
    )


def derived_file(record: GraphRecord, version: GraphVersion, folder: Path) -> Path:
    """Return the file of a content: the record's, or one in a folder with what is derived."""
    has_areas = has_classes = False
    for block in record.read_blocks(version):
        has_areas = has_areas or names_former_area(block)
        has_classes = has_classes or names_narrow_class(block)
        if has_areas and has_classes:
            break
    if not (has_areas or has_classes):
        return record.path(version)
    path = folder / f"{version.digest}{file_ending()}"
    blocks = read_with_areas(record, version) if has_areas else record.read_blocks(version)
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as file:
        file.writelines(add_wider_classes(blocks))
    return path


def _find_file(served: Generation | None, digest: str) -> Path | None:
    """Return the file with what is derived that the served generation has of a content."""
    name = f"{FOLDER}/{digest}{file_ending()}"
    if served is None:
        return None
    path, size = served.site / name, served.manifest.sizes.get(f"site/{name}")
    return path if path.is_file() and path.stat().st_size == size else None
