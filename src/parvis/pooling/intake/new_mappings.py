"""The mapping of a file that has none: a recipe that recognises it, else a proposal."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import cache
from pathlib import Path

from parvis.catalog.entries import Dataset
from parvis.catalog.ontology import concepts, ontology, submission_shapes
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.mapping.engine.converter import Converter
from parvis.mapping.proposing import (
    CLASS_KINDS,
    ColumnChoice,
    FigureFacts,
    FileHints,
    Vocabulary,
    propose,
)
from parvis.mapping.recipes import read_recipes
from parvis.pooling.surveys import as_estimates
from parvis.vocab.iris import slug

NO_COLUMN = N_("“{text}” is not a column and its property, as in: Genre=parvis:discipline")
NO_CHOICE = N_("“{name}” is none of the choices: {choices}")


@cache
def load_vocabulary() -> Vocabulary:
    """Return what the columns of files may hold; no caller changes it."""
    return Vocabulary.from_graphs(ontology(), submission_shapes())


def init_mapping(  # noqa: PLR0913 - what a proposal depends on
    file: Path,
    lang: str,
    settings: Settings,
    facts: FigureFacts | None = None,
    *,
    hints: FileHints | None = None,
    judged: bool = False,
) -> str:
    """Return a mapping document for a new file: a recipe if one recognises it, else a proposal.

    The comments of a proposal are in a language; what is not sure is a comment; `facts` are those
    about figures on publics, `hints` what else a person says of the file. It is read in a separate
    process, within the limits of a conversion. Unless it was `judged` before, a file that
    identifies persons is refused. Raises `SourceError` for one that cannot be read, `LimitError`
    for one too slow.
    """
    recipes = read_recipes(recipe_folders(settings))
    with (
        Converter(concepts(), settings.limits, settings.base) as converter,
        # A file that was judged has no answers of persons any more.
        nullcontext(file) if judged else as_estimates(converter, file) as source,
    ):
        text = propose(
            source,
            load_vocabulary(),
            lang,
            settings.limits,
            facts,
            hints=hints,
            recipes=recipes,
            judged=judged,
        )
    return text or ""


def hints(stated: Mapping[str, str], columns: Iterable[str] = ()) -> FileHints:
    """Parse what a person says of a file: `class`, `text_lang`, `sheet`; empty ones are ignored.

    `columns` are columns with their properties, ``NAME=TERM``; ``NAME=`` is left out. Raises
    `UsageError` for a class of rows or a language that there is not.
    """
    kind, lang = stated.get("class", ""), stated.get("text_lang", "")
    cls = next((name for name, word in CLASS_KINDS.items() if word == kind), None)
    for value, choice, choices in ((kind, cls, CLASS_KINDS.values()), (lang, lang, LANGUAGES)):
        if value and (choice is None or value not in choices):
            raise UsageError(NO_CHOICE, name=value[:100], choices=", ".join(choices))
    terms: dict[str, ColumnChoice] = {}
    for text in columns:
        name, sign, term = text.rpartition("=")
        if not sign or not name:
            raise UsageError(NO_COLUMN, text=text[:100])
        terms[name] = ColumnChoice(term)
    return FileHints(cls, lang or None, stated.get("sheet") or None, terms)


def recipe_folders(settings: Settings) -> list[Path]:
    """Return the folders of recipes: the catalogue's own, then those that come with parvis."""
    folders = (settings.catalog, knowledge("catalog"))
    return list(dict.fromkeys(folder / "recipes" for folder in folders))


def write_recipe(settings: Settings, dataset: Dataset, file: Path, folder: Path) -> Path:
    """Write the recipe for a dataset's file, which was judged before, into a folder.

    Raises as `init_mapping`, and `CatalogError` where no recipe recognises the file.
    """
    names = FigureFacts(slug(dataset.key.partner), slug(dataset.key.dataset))
    recipes = read_recipes(recipe_folders(settings))
    text = propose(file, None, "fr", settings.limits, names, recipes=recipes, judged=True)
    if text is None:
        return dataset.mapping_for(file)  # which says that it has none
    mapping = folder / "mapping.yml"
    mapping.write_text(text, encoding="utf-8")
    return mapping
