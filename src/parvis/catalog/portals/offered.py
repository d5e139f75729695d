"""A record as another portal offers it, in the same plain form whatever the portal speaks."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from parvis.config.documents import GREATEST, Document
from parvis.errors import SourceError

Texts = dict[str, str]
"""One text per language."""


@dataclass(frozen=True)
class Download:
    """A file that is offered: where it is, and its format as the portal tells it."""

    url: str
    format: str = ""


@dataclass(frozen=True)
class Offered:
    """One dataset; what is not told is empty. `name` is what the portal calls it in addresses.

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
    downloads: tuple[Download, ...] = ()
    terms: dict[str, list[str]] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """Give what tells it from all others there."""
        return self.identifier or self.name or next(iter(self.title.values()), "?")

    @property
    def told(self) -> str:
        """Give what a person finds it by: its address, else its name rather than a number."""
        return self.identifier if "/" in self.identifier else self.name or self.called

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read what `to_json` gave; the process that read a stranger's page may be their own now.

        Raises `SourceError`.
        """
        told = Document(found, "offered", SourceError)

        def text(name: str) -> str:
            return told.member(name).text(most=GREATEST)

        def lists(name: str) -> dict[str, list[str]]:
            members = told.member(name).members()
            return {key: [item.text() for item in items.items()] for key, items in members}

        return cls(
            identifier=text("identifier"),
            name=text("name"),
            title=told.member("title").texts(),
            description=told.member("description").texts(),
            licence=text("licence"),
            licence_title=text("licence_title"),
            page=text("page"),
            keywords=lists("keywords"),
            downloads=tuple(
                Download(file.member("url").text(), file.member("format").text())
                for file in told.member("downloads").items()
            ),
            terms=lists("terms"),
        )


FREQUENCY, LANGUAGE, THEME = "frequency", "language", "theme"
"""The kinds of `Offered.terms`: IRIs, or the short names that portals have for them."""
