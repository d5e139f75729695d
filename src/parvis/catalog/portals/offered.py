"""A record as another portal offers it, in the same plain form for every kind of portal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from parvis.config.documents import GREATEST, Document
from parvis.errors import SourceError

Texts = dict[str, str]
"""One text per language."""


@dataclass(frozen=True)
class OfferedFile:
    """A file that is offered: its address, and its format in the portal's words."""

    url: str
    format: str = ""


@dataclass(frozen=True)
class OfferedDataset:
    """A dataset of another portal; missing texts are empty. `name` is its name in addresses.

    `licence` is an address or a portal's short name of one; `keywords` are by language.
    """

    identifier: str
    name: str
    title: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    licence: str = ""
    licence_title: str = ""
    page: str = ""
    keywords: dict[str, list[str]] = field(default_factory=dict)
    downloads: tuple[OfferedFile, ...] = ()
    terms: dict[str, list[str]] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Return what distinguishes it from all others there."""
        return self.identifier or self.name or next(iter(self.title.values()), "?")

    @property
    def label(self) -> str:
        """Return the name by which a person finds it: its address, else its name, not a number."""
        return self.identifier if "/" in self.identifier else self.name or self.identity

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises `SourceError`."""
        # The process that read an untrusted page may be under its author's control, so that every
        # member is checked.
        parsed = Document(document, "offered", SourceError)

        def read_text(name: str) -> str:
            return parsed.member(name).text(most=GREATEST)

        def read_lists(name: str) -> dict[str, list[str]]:
            members = parsed.member(name).members()
            return {key: [item.text() for item in items.items()] for key, items in members}

        return cls(
            identifier=read_text("identifier"),
            name=read_text("name"),
            title=parsed.member("title").texts(),
            description=parsed.member("description").texts(),
            licence=read_text("licence"),
            licence_title=read_text("licence_title"),
            page=read_text("page"),
            keywords=read_lists("keywords"),
            downloads=tuple(
                OfferedFile(file.member("url").text(), file.member("format").text())
                for file in parsed.member("downloads").items()
            ),
            terms=read_lists("terms"),
        )


FREQUENCY, LANGUAGE, THEME = "frequency", "language", "theme"
"""The kinds of `Offered.terms`: IRIs, or the short names that portals have for them."""


# Values of a JSON document of another portal, which may be of any type.


def read_text(document: Mapping[str, Any], name: str) -> str:
    """Return a text without spaces around it; empty for a value of another type."""
    value = document.get(name)
    return value.strip() if isinstance(value, str) else ""


def list_tables(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in a list."""
    values = document.get(name)
    return [row for row in values if isinstance(row, dict)] if isinstance(values, list) else []
