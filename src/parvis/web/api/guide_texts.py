"""The texts of the guide, in Markdown: pages and assistants read the same."""

import re
from functools import cache
from importlib.resources import files

INDEX = "index"
"""The page that lists all pages; it is one folder above them, at ``/docs``."""


@cache
def page_names() -> tuple[str, ...]:
    """Return the names of the pages in the order of the index, without the index."""
    # Both languages have the same pages in the same order.
    links = re.findall(r"(?m)^\* \[[^]]+\]\(([a-z-]+)\.md\)", read_text("fr", INDEX))
    return tuple(dict.fromkeys(links))


def read_text(lang: str, name: str) -> str:
    """Return the Markdown of a page of the guide."""
    return (files("parvis") / "docs" / lang / f"{name}.md").read_text(encoding="utf-8")
