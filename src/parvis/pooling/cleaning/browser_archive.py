"""The archive of what cleaning a file needs in a partner's browser, beside Python's own library.

It has the modules that `parvis.mapping.screening.browser_cleaning` imports, as they are installed
here: a browser runs the same code as `parvis clean`.
"""

import ast
import io
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from parvis.i18n import LANGUAGES
from parvis.mapping.screening.people import LISTS

ROOTS = (
    "parvis.mapping.screening.browser_cleaning",
    # What is imported at its first use.
    *("babel.dates", "babel.localtime._unix", "babel.numbers"),
    *("babel.messages.mofile", "babel.messages.pofile"),
    *(f"faker.providers.person.{code}" for code in LISTS),
    *("ijson", "ijson.backends.python", "jsonpath"),
    *("openpyxl", "openpyxl.worksheet.worksheet", "et_xmlfile"),
)
PACKAGES = frozenset(root.partition(".")[0] for root in ROOTS)
DATA = (
    *("parvis/i18n/fr.po", "parvis/mapping/screening/words.toml", "babel/global.dat"),
    *(f"babel/locale-data/{name}.dat" for name in ("root", *LANGUAGES, "fr_CA", "en_CA", "en_001")),
)
MOMENT = (1980, 1, 1, 0, 0, 0)
"""When each member was last changed: the same modules make the same archive."""


@cache
def browser_archive() -> bytes:
    """Return the archive (ZIP)."""
    files: dict[str, Path] = {}
    waiting = [*ROOTS]
    while waiting:
        module = waiting.pop()
        path = _file_of(module)
        if path is None or module in files:
            continue
        files[module] = path
        waiting += [module.rpartition(".")[0], *_imports(module, path)]
    content = io.BytesIO()
    members = {_place(path): path for path in files.values()}
    members |= {name: _folder_of(name.partition("/")[0]).parent / name for name in DATA}
    with zipfile.ZipFile(content, "w") as archive:
        for name, path in sorted(members.items()):
            member = zipfile.ZipInfo(name, MOMENT)
            archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


@cache
def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None  # noqa: S101 - parvis depends on it
    return Path(*spec.submodule_search_locations or ())


def _file_of(module: str) -> Path | None:
    """Return the file of a module of the packages of the archive."""
    package, *steps = module.split(".")
    if package not in PACKAGES:
        return None
    path = _folder_of(package).joinpath(*steps)
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file if file.is_file() else None


def _place(path: Path) -> str:
    return next(
        path.relative_to(_folder_of(package).parent).as_posix()
        for package in PACKAGES
        if path.is_relative_to(_folder_of(package))
    )


def _imports(module: str, path: Path) -> Iterator[str]:
    """Yield what a module imports when it is loaded, and what may be a module of that."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            steps = package.split(".")
            base = steps[: len(steps) + 1 - statement.level] if statement.level else []
            name = ".".join([*base, *filter(None, [statement.module])])
            yield from (name, *(f"{name}.{alias.name}" for alias in statement.names))
