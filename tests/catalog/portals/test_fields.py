"""A small file configures the fields of a CKAN."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from parvis.catalog.portals.fields import BUILT_IN, FACTS, RESOURCE_FACTS, Fields, Value
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES

FACT_VALUES: Mapping[str, Value] = {"title.fr": "Été", "title.en": "Summer", "keywords": ["a", "b"]}


def load_fields(folder: Path, text: str) -> Fields:
    """Write a configuration file and load it."""
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return Fields.load(str(file))


def fill_dataset(fields: Fields) -> dict[str, Any]:
    return fields.fill(fields.dataset, FACT_VALUES)


def test_a_template_is_filled_with_facts(tmp_path: Path) -> None:
    """A single fact keeps its list; a field without any available fact is omitted."""
    fields = load_fields(
        tmp_path,
        '[dataset]\na = "{title.fr} / {page}"\nb = "{keywords}"\nc = "{keywords}."\n'
        'd = "{page}"\ne = "{page} {issued}"\nf = "constant"\ng = 3\n',
    )
    assert fill_dataset(fields) == {
        "a": "Été /",
        "b": ["a", "b"],
        "c": "a, b.",
        "f": "constant",
        "g": 3,
    }


def test_a_table_describes_a_field_in_several_languages(tmp_path: Path) -> None:
    """As ckanext-fluent expects."""
    fields = load_fields(
        tmp_path, '[dataset]\ntitle_translated = { fr = "{title.fr}", en = "{title.en}" }\n'
    )
    assert fill_dataset(fields) == {"title_translated": {"fr": "Été", "en": "Summer"}}


def test_values_are_translated_for_the_portal(tmp_path: Path) -> None:
    """An asterisk matches all other values; an empty text omits the value."""
    fields = load_fields(
        tmp_path,
        '[dataset]\na = "{title.fr}"\nb = "{keywords}"\n'
        '[values.a]\n"*" = "other"\n[values.b]\na = "A"\n"*" = ""\n',
    )
    assert fill_dataset(fields) == {"a": "other", "b": ["A"]}


def test_a_file_extends_another(tmp_path: Path) -> None:
    """Its own entries take precedence, key by key."""
    (tmp_path / "base.toml").write_text(
        '[dataset]\na = "1"\nb = "1"\n[values.a]\nx = "1"\n', encoding="utf-8"
    )
    fields = load_fields(
        tmp_path, 'extends = "base.toml"\n[dataset]\nb = "2"\n[values.a]\ny = "2"\n'
    )
    assert fields.dataset == {"a": "1", "b": "2"}
    assert fields.values == {"a": {"x": "1", "y": "2"}}


INVALID = [
    ("[dataset", "valid TOML"),
    ("[datasets]\n", r"\[datasets\]"),
    ('[dataset]\na = "{titre}"\n', "“titre”"),
    ('[dataset]\na = { fr = "{titre}" }\n', "“titre”"),
    ('[dataset]\nid = "x"\n', "“id”"),
    ('[extras]\nparvis_pool = "x"\n', "“parvis_pool”"),
    ('[resource]\na = "{page}"\n', "“page”"),
    ("[values.a]\nx = 1\n", "texts"),
    ("[values]\nx = 1\n", "texts"),
    ("extends = 1\n", "extends"),
    ('extends = "mine.toml"\n', "extends itself"),
    ('extends = "absent.toml"\n', "absent"),
]


@pytest.mark.parametrize(("text", "match"), INVALID)
def test_an_invalid_configuration_is_refused(tmp_path: Path, text: str, match: str) -> None:
    """Before any portal is called, naming the file."""
    with pytest.raises(UsageError, match=match):
        load_fields(tmp_path, text)


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_configurations_are_valid(name: str) -> None:
    """They load and provide a title."""
    assert fill_dataset(Fields.load(name))["title"] == "Été"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_guide_documents_every_fact(lang: str) -> None:
    """In the row of its table."""
    page = files("parvis") / "docs" / lang / "portals.md"
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| `[")]
    for row, facts in zip(rows, (FACTS, RESOURCE_FACTS), strict=True):
        assert not {fact for fact in facts if f"`{fact}`" not in row}
