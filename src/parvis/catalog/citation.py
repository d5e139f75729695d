"""How a version of a dataset is cited, in words and for BibTeX."""

import re
from dataclasses import dataclass

from parvis.catalog.versions import DatasetVersion
from parvis.i18n import LANGUAGES, N_, say

CITED = N_("{author} ({year}). {title}, version {version} [dataset]. {pool}. {address}")
_SPECIAL = re.compile(r"[\\{}]")
_MARKED = re.compile(r"[#$%&_~^]")


@dataclass(frozen=True)
class Cited:
    """What a citation names; texts are by language."""

    key: str
    author: dict[str, str]
    title: dict[str, str]
    pool: dict[str, str]
    address: str

    def text(self, version: DatasetVersion) -> dict[str, str]:
        """Cite a version in words, by language."""
        return {lang: say(lang, CITED, **self._fields(lang, version)) for lang in LANGUAGES}

    def bibtex(self, version: DatasetVersion) -> dict[str, str]:
        """Cite a version for BibTeX, by language."""
        return {lang: self._bibtex(self._fields(lang, version)) for lang in LANGUAGES}

    def _bibtex(self, told: dict[str, str]) -> str:
        """Write an entry; what TeX would interpret is escaped."""
        key = f"{self.key.replace('/', '-')}-{told['version']}"
        fields = {
            "author": f"{{{_escaped(told['author'])}}}",
            "title": f"{{{_escaped(told['title'])}}}",
            "year": told["year"],
            "version": told["version"],
            "publisher": _escaped(told["pool"]),
            "url": told["address"],
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{key},\n{lines}\n}}"

    def _fields(self, lang: str, version: DatasetVersion) -> dict[str, str]:
        """Give what a citation says, in a language."""
        texts = {"author": self.author, "title": self.title, "pool": self.pool}
        said = {
            name: text.get(lang) or next(iter(text.values()), "") for name, text in texts.items()
        }
        year = str(version.issued.year)
        return said | {"year": year, "version": version.label, "address": self.address}


def _escaped(text: str) -> str:
    r"""Write a text for TeX.

    >>> _escaped("R&D {x}")
    'R\\&D x'
    """
    return _MARKED.sub(r"\\\g<0>", _SPECIAL.sub("", text))
