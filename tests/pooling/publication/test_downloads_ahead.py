"""Download files that are written ahead are those that the publication would write."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication import contents
from parvis.pooling.publication.downloads_ahead import DownloadsAhead
from parvis.pooling.publication.publish import publish
from parvis.store.files import sha256
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey

CATALOG = Path(__file__).parents[2] / "cases" / "publics"
FIGURES, SHOWS = DatasetKey("troupe-a", "publics"), DatasetKey("troupe-a", "spectacles")
"""Of the second, wider classes are derived at the publication."""


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Pool]:
    """Fill a pool, which has published nothing yet."""
    with Pool.open(Settings.load(data=tmp_path / "pool", catalog=CATALOG)) as pool:
        for key in (FIGURES, SHOWS):
            assert submit(pool, key).stored
        yield pool


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[Any, Any]]:
    """Note what each publication has written itself."""
    requests: list[Mapping[Any, Any]] = []
    write = contents._write_forms  # noqa: SLF001 - what it is asked for shows nowhere else

    def note(settings: Settings, wanted: Mapping[Any, Any], folder: Path) -> Any:  # noqa: ANN401
        requests.append(wanted)
        return write(settings, wanted, folder)

    monkeypatch.setattr(contents, "_write_forms", note)
    return requests


def digests(pool: Pool) -> dict[str, str]:
    folder = current(pool.settings.data).dumps
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): sha256(file) for file in files}


def index(pool: Pool) -> bytes:
    return (current(pool.settings.data).site / contents.DUMPS).read_bytes()


def test_a_publication_takes_what_was_written_ahead(
    filled: Pool, requested: list[Mapping[Any, Any]]
) -> None:
    with DownloadsAhead.begin(filled) as ahead:
        ahead.add(FIGURES)
        ahead.add(SHOWS)
        publish(filled, early=ahead.finish)
    assert requested.pop().keys() == {SHOWS}
    early, early_index = digests(filled), index(filled)
    assert {name for name in early if name.startswith(str(FIGURES))}
    (current(filled.settings.data).site / contents.DUMPS).unlink()  # nothing is taken from it
    publish(filled)
    assert requested.pop().keys() == {FIGURES, SHOWS}
    assert (digests(filled), index(filled)) == (early, early_index)


def test_a_content_that_changed_meanwhile_is_written_by_the_publication(
    filled: Pool, requested: list[Mapping[Any, Any]]
) -> None:
    """Files of another content are never served as its own."""
    source = filled.catalog.require(FIGURES).sources[0]
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    file = filled.settings.data.parent / source.name
    file.write_text("".join(lines[:-1]), encoding="utf-8")
    with DownloadsAhead.begin(filled) as ahead:
        ahead.add(FIGURES)
        assert submit(filled, FIGURES, file, approved=True).stored
        publish(filled, early=ahead.finish)
    assert FIGURES in requested.pop()


def test_what_is_left_is_not_written(filled: Pool) -> None:
    """The folder and the process are gone after the block."""
    with DownloadsAhead.begin(filled) as ahead:
        ahead.add(FIGURES)
    staging = filled.settings.data / "staging"
    assert not staging.exists() or not [*staging.iterdir()]
