"""Many small texts in a few files come back as they were written."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.generation.manifest import Bundle, BundleWriter

FORMS = ("nt", "ttl")


@given(st.dictionaries(st.text(min_size=1), st.dictionaries(st.sampled_from(FORMS), st.binary())))
def test_texts_come_back_as_they_were_written(texts: dict[str, dict[str, bytes]]) -> None:
    """Each by name and form, alone or with others in any order."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "texts"
        with BundleWriter(folder) as writer:
            for one, forms in texts.items():
                writer.put(one, forms)
        bundle = Bundle(folder)
        for form in FORMS:
            assert all(bundle.get(one, form) == forms.get(form) for one, forms in texts.items())
            held = [one for one in reversed(texts) if form in texts[one]]
            assert not held or list(bundle.all(held, form)) == [texts[one][form] for one in held]
        assert set(writer.paths().values()) == set(folder.iterdir())


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """As in a generation that an older version wrote."""
    assert Bundle(tmp_path / "none").get("a", "nt") is None
