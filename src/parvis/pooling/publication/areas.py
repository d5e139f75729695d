"""Serve both areas of figures of earlier versions, from files that are made once for a content."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from parvis.pooling.cards import encode_json, read_optional
from parvis.pooling.publication.state import Access, PoolState
from parvis.pooling.publics.areas import SUFFIX, file_with_areas
from parvis.store.generation.generation import Generation

INDEX = "areas.json"
"""The site file that tells of each content, by its digest, whether areas were added to it."""
FOLDER = "areas"
"""The site folder of the contents with both areas: they go with the generation."""


def serve_both_areas(
    state: PoolState, access: Access, folder: Path
) -> tuple[Access, Mapping[str, bytes | Path]]:
    """Return the access to contents with both areas, and the site files that the next one reuses.

    The record stays as it is: only what is served is read from other files, in `folder` if they
    are new.
    """
    served, record = state.served, state.pool.record
    known = read_optional(served.site / INDEX) if served else {}
    versions = {**state.loaded, **{dataset.graph: version for dataset, version in access.contents}}
    index: dict[str, bool] = {}
    paths, changed = dict(access.members), set()
    for graph, path in access.members.items():
        version = versions[graph]
        if known.get(version.digest) is not False:
            former = _find_file(served, version.digest) if version.digest in known else None
            paths[graph] = former or file_with_areas(record, version, folder)
            if former is None and paths[graph] != path:
                changed.add(graph)
        index[version.digest] = paths[graph] != path
    files: dict[str, bytes | Path] = {
        f"{FOLDER}/{path.name}": path for path in paths.values() if path.name.endswith(SUFFIX)
    }
    opened = {graph: paths[graph] for graph in access.open}
    new = replace(access, open=opened, members=paths, changed=frozenset(changed))
    return new, {**files, INDEX: encode_json(dict(sorted(index.items())))}


def _find_file(served: Generation | None, digest: str) -> Path | None:
    """Return the file with both areas that the served generation has of a content."""
    name = f"{FOLDER}/{digest}{SUFFIX}"
    if served is None:
        return None
    path, size = served.site / name, served.manifest.sizes.get(f"site/{name}")
    return path if path.is_file() and path.stat().st_size == size else None
