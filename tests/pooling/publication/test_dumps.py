"""Files to take away are made once for each content."""

import json
from pathlib import Path

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.store.generation import generation as store
from parvis.store.generation.manifest import sha256
from parvis.vocab import media


def test_a_content_that_stays_is_not_made_again(published: Pool) -> None:
    """The next generation has the same file under one more name, and its manifest knows it."""
    data = published.settings.data
    before = store.current(data)
    told = publish(published, anew=True)
    after = store.current(data)
    assert told["left_out"] == []
    names = [name for name in after.manifest.files if name.startswith("dumps/")]
    assert len(names) == 3 * len(media.DUMPS)
    assert all((after.folder / one).samefile(before.folder / one) for one in names)
    store.verify(after)


def test_a_file_that_is_not_what_was_told_is_made_anew(published: Pool) -> None:
    """A damaged file is not taken over; the others are."""
    data = published.settings.data
    damaged = store.current(data).dumps / "theatre-b" / "spectacles.ttl"
    damaged.write_bytes(b"")
    publish(published)
    after = store.current(data)
    told = json.loads((after.site / "dumps.json").read_bytes())
    made = Path(after.dumps / "theatre-b" / "spectacles.ttl")
    assert sha256(made) == told["theatre-b/spectacles"]["files"]["ttl"]["sha256"]
