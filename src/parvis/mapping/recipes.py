"""Recipes: mappings of files of a known kind, which need none of their own.

A recipe is a mapping document with one more part, ``recipe``: its title in both languages, and the
signature by which a file is recognised, a list of names that the file must all have. A name that is
a list is met by any of its own. Names are those of columns, of JSON members or of properties; of an
RDF file, the classes of the recipe's sources are its signature. « partenaire » and « jeu » stand
for the names of the partner and the dataset, as in a proposal, and the language ``und`` for that
which a person tells of texts that do not tell theirs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from parvis.mapping.language.document import parse, read_content
from parvis.mapping.language.plan import Formulation
from parvis.mapping.language.yarrrml import read_document

ITERATOR = re.compile(r"(?m)^(?P<key>    iterator: ).*$")

UNTOLD = re.compile(r"(, (?:language: )?)und(~lang|(?=\}))")


@dataclass(frozen=True)
class Recipe:
    """A recipe: how such files are read and recognised, and its text."""

    formulation: Formulation
    signature: tuple[tuple[str, ...], ...]
    text: str

    def recognises(self, formulation: Formulation, names: Iterable[str]) -> bool:
        """Return whether a file has a signature, by how it is read and the names in it."""
        present = set(names)
        return formulation == self.formulation and all(map(present.intersection, self.signature))

    def render(
        self, partner: str, dataset: str, iterator: str | None, lang: str | None = None
    ) -> str:
        """Return the mapping for a dataset, whose items are at an iterator of their own, if any.

        Without the language of its texts, these have none.
        """
        text = re.sub(r"(?<=/)partenaire(?=[/~])", partner, self.text)
        text = re.sub(r"(?<=/)jeu(?=[/~\s-])", dataset, text)
        text = UNTOLD.sub(rf"\g<1>{lang}\2" if lang else "", text)
        if iterator is not None and self.formulation == "jsonpath":
            # A file's own keys are in it: they must not become keys of the mapping.
            from parvis.mapping.proposing.objects import quote_yaml  # noqa: PLC0415 - few files

            text = ITERATOR.sub(lambda match: match["key"] + quote_yaml(iterator), text)
        return text


def read_recipe(file: Path) -> Recipe:
    """Read a recipe. Raises `MappingError` for one that is no mapping, or lacks a part."""
    return _read_recipe(file, file.stat().st_mtime_ns)


@lru_cache(64)
def _read_recipe(file: Path, _changed: int) -> Recipe:
    """Read a recipe once for each time that it changed: YAML takes long to read."""
    node = parse(file, read_content(file))
    about = node.require("recipe")
    about.allow_only({"title", "signature"})
    sources = tuple(read_document(node, file).sources.values())
    formulation = sources[0].formulation
    if formulation == "rdf":
        classes = (name for source in sources for name in source.iterator.split())
        signature: tuple[tuple[str, ...], ...] = (tuple(classes),)
    else:
        signature = tuple(part.texts() for part in about.require("signature").each())
    return Recipe(formulation, signature, file.read_text(encoding="utf-8"))


def read_recipes(folders: Iterable[Path]) -> list[Recipe]:
    """Read the recipes of folders, those of the first before the others'."""
    return [read_recipe(file) for folder in folders for file in sorted(folder.glob("*.yml"))]
