"""Style sheets take their values from the design system's tokens."""

import re
from importlib.resources import files

import pytest

SHEETS = ("parvis", "components", "pages", "questions", "sparql", "map")
SIZE = re.compile(r"font(?:-size)?:[^;]*?[\d.]+(?:rem|px|em)[ /;]")
COLOUR = re.compile(r":[^;{]*#[0-9a-fA-F]{3,8}\b")


@pytest.mark.parametrize("name", SHEETS)
def test_type_sizes_and_colours_are_tokens(name: str) -> None:
    """Only the sheet of tokens has a size of text for screens, or a colour."""
    sheet = (files("parvis.web") / "static" / f"{name}.css").read_text(encoding="utf-8")
    screen = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    literals = [*SIZE.findall(screen), *COLOUR.findall(screen)]
    assert literals == []


def test_tables_of_requests_and_uses_stack_on_a_phone() -> None:
    """They are texts, in more columns than a phone is wide; each cell has its heading with it."""
    folder = files("parvis.web") / "templates" / "requests"
    for template in folder.iterdir():
        text = template.read_text(encoding="utf-8")
        for table in re.findall(r'<div class="table.*?</table>', text, flags=re.DOTALL):
            assert table.startswith('<div class="table stacked'), template.name
            assert "data-label" in table, template.name
