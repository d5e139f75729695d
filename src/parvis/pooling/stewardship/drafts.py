"""Texts that commands write into the catalogue folder: commented, tried, never overwritten."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from jinja2 import Environment, PackageLoader, StrictUndefined
from rdflib import Literal

from parvis.catalog.folder import Catalog
from parvis.config import Settings
from parvis.errors import InputError, UsageError
from parvis.i18n import N_
from parvis.pooling.registration import require_conformance
from parvis.store.files import replace

EXISTS = N_("{file} exists already; nothing was written")
BAD_IRI = N_("“{iri}” is no IRI")

_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_TURTLE = ("*.ttl", "*/*.ttl", "*/*/*.ttl")


def render_draft(template: str, **values: object) -> str:
    return _load_templates().get_template(template).render(**values)


def write(settings: Settings, new: Mapping[str, str], changed: Mapping[str, str]) -> list[Path]:
    """Write files of the catalogue folder, if the folder with them is valid.

    Paths are relative to it. A `new` file may not exist yet; a `changed` one is replaced in one
    step, after the new ones. Raises `UsageError`, `CatalogError` or `PolicyError`: then nothing is
    written.
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
    """Read the catalogue folder as it would be with some texts, and refuse an unfit one."""
    folder = settings.catalog
    with TemporaryDirectory(prefix="parvis-") as temporary:
        copy = Path(temporary)
        # The Turtle files are all that reading a catalogue folder needs.
        for file in (file for pattern in _TURTLE for file in folder.glob(pattern)):
            (copy / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, copy / file.relative_to(folder))
        for name, text in texts.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text, encoding="utf-8")
        try:
            require_conformance(Catalog.load(copy, settings.base))
        except InputError as error:
            # Errors name the files of the folder, not those of its copy.
            fields = {
                name: folder / value.relative_to(copy)
                if isinstance(value, Path) and value.is_relative_to(copy)
                else value
                for name, value in error.fields.items()
            }
            raise type(error)(error.template, **fields) from error


@cache
def _load_templates() -> Environment:
    environment = Environment(  # noqa: S701 - Turtle, not HTML: what is told passes by its filters
        loader=PackageLoader("parvis.pooling.stewardship"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "text": lambda text, lang: Literal(" ".join(text.split()), lang=lang).n3(),
        "iri": _to_turtle_iri,
    }
    return environment


def _to_turtle_iri(iri: str) -> str:
    if not iri or _FORBIDDEN.search(iri):
        raise UsageError(BAD_IRI, iri=iri)
    return f"<{iri}>"
