"""A record as another portal offers it, in the same plain form whatever the portal speaks."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

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
        """Read what `to_json` gave."""
        downloads = tuple(Download(**one) for one in found["downloads"])
        return cls(**(found | {"downloads": downloads}))


FREQUENCY, LANGUAGE, THEME = "frequency", "language", "theme"
"""The kinds of `Offered.terms`: IRIs, or the short names that portals have for them."""
