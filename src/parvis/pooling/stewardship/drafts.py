"""Texts that commands write into the catalogue folder: explained, tried, never overwritten."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from jinja2 import Environment, PackageLoader, StrictUndefined
from rdflib import Literal

from parvis.catalog import Catalog
from parvis.config import Settings
from parvis.errors import InputError, UsageError
from parvis.i18n import N_
from parvis.pooling.registration import refuse_unfit
from parvis.store.files import replace

EXISTS = N_("{file} exists already; nothing was written")
BAD_IRI = N_("“{iri}” is no IRI")

_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_TURTLE = ("*.ttl", "*/*.ttl", "*/*/*.ttl")


def drafted(template: str, **values: object) -> str:
    """Write a text from one of the drafts."""
    return _drafts().get_template(template).render(**values)


def write(settings: Settings, new: Mapping[str, str], changed: Mapping[str, str]) -> list[Path]:
    """Write files of the catalogue folder, once the whole folder is found sound with them.

    Paths are relative to it. A `new` file may not be there yet; a `changed` one is replaced in
    one step, after the new ones. Raises `UsageError`, `CatalogError` or `PolicyError`: then
    nothing is written.
    """
    folder = settings.catalog
    for name in new:
        if (folder / name).exists():
            raise UsageError(EXISTS, file=folder / name)
    try_out(settings, {**new, **changed})
    for name, text in new.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(text)
    for name, text in changed.items():
        replace(folder / name, text.encode())
    return [folder / name for name in (*new, *changed)]


def try_out(settings: Settings, texts: Mapping[str, str]) -> None:
    """Read the catalogue folder as it would be with some texts, and refuse what would be unfit."""
    with _copied(settings.catalog) as copy, _told_of(copy, settings.catalog):
        for name, text in texts.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text, encoding="utf-8")
        refuse_unfit(Catalog.load(copy, settings.base))


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """Copy the Turtle files of a catalogue folder: all that reading it needs."""
    with TemporaryDirectory(prefix="parvis-") as temporary:
        copy = Path(temporary)
        for file in (file for pattern in _TURTLE for file in folder.glob(pattern)):
            (copy / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, copy / file.relative_to(folder))
        yield copy


@contextmanager
def _told_of(copy: Path, folder: Path) -> Iterator[None]:
    """Name the files of the folder in an error, not those of its copy."""
    try:
        yield
    except InputError as error:
        fields = {
            name: folder / value.relative_to(copy)
            if isinstance(value, Path) and value.is_relative_to(copy)
            else value
            for name, value in error.fields.items()
        }
        raise type(error)(error.template, **fields) from error


@cache
def _drafts() -> Environment:
    """Give the drafts, whose texts and IRIs are written as Turtle writes them."""
    environment = Environment(  # noqa: S701 - Turtle, not HTML: what is told passes by its filters
        loader=PackageLoader("parvis.pooling.stewardship"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": _text, "iri": _iri}
    return environment


def _text(text: str, lang: str) -> str:
    """Write a text of Turtle, in one line."""
    return Literal(" ".join(text.split()), lang=lang).n3()


def _iri(iri: str) -> str:
    """Write an IRI of Turtle; raises `UsageError`."""
    if not iri or _FORBIDDEN.search(iri):
        raise UsageError(BAD_IRI, iri=iri)
    return f"<{iri}>"
