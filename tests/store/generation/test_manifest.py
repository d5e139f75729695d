"""Bundles of many small texts in a few files."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.generation.manifest import Bundle, BundleWriter

FORMS = ("nt", "ttl")


@given(st.dictionaries(st.text(min_size=1), st.dictionaries(st.sampled_from(FORMS), st.binary())))
def test_texts_are_read_as_written(texts: dict[str, dict[str, bytes]]) -> None:
    """By name and form, singly or several in any order."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "texts"
        with BundleWriter(folder) as writer:
            for key, forms in texts.items():
                writer.put(key, forms)
        bundle = Bundle(folder)
        for form in FORMS:
            assert all(bundle.get(key, form) == forms.get(form) for key, forms in texts.items())
            keys = [key for key in reversed(texts) if form in texts[key]]
            assert not keys or list(bundle.all(keys, form)) == [texts[key][form] for key in keys]
        assert set(writer.paths().values()) == set(folder.iterdir())


def test_a_missing_bundle_has_no_texts(tmp_path: Path) -> None:
    """As in a generation of an older version."""
    assert Bundle(tmp_path / "none").get("a", "nt") is None
