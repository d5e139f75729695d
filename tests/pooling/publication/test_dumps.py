"""Dumps are written once for each content."""

import json
from dataclasses import replace
from pathlib import Path

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.rdf.formats import DUMP_TYPES
from parvis.store.files import sha256
from parvis.store.generation import generation as store


def test_an_unchanged_dump_is_linked_into_the_next_generation(published: Pool) -> None:
    """And is listed in its manifest."""
    data = published.settings.data
    before = store.current(data)
    result = publish(published, anew=True)
    after = store.current(data)
    assert result["left_out"] == []
    names = [name for name in after.manifest.files if name.startswith("dumps/")]
    assert len(names) == 3 * len(DUMP_TYPES)
    assert all((after.folder / dump).samefile(before.folder / dump) for dump in names)
    store.verify(after)


def test_a_damaged_dump_is_written_again(published: Pool) -> None:
    """The others are reused."""
    data = published.settings.data
    damaged = store.current(data).dumps / "theatre-b" / "spectacles.ttl"
    damaged.write_bytes(b"")
    publish(published)
    after = store.current(data)
    listing = json.loads((after.site / "dumps.json").read_bytes())
    dump = Path(after.dumps / "theatre-b" / "spectacles.ttl")
    assert sha256(dump) == listing["theatre-b/spectacles"]["files"]["ttl"]["sha256"]


def test_a_dump_that_takes_too_long_is_left_out(published: Pool) -> None:
    """The process is killed, and the next form gets a new one."""
    (store.current(published.settings.data).dumps / "theatre-b" / "spectacles.ttl").write_bytes(b"")
    limits = replace(published.settings.limits, conversion_seconds=0.0)
    pool = replace(published, settings=replace(published.settings, limits=limits))
    omissions = publish(pool)["no_file"]
    assert [entry["dataset"] for entry in omissions] == ["theatre-b/spectacles"] * len(DUMP_TYPES)
    assert {entry["reason"]["en"] for entry in omissions} == {
        "making it takes more memory or time than it may"
    }
