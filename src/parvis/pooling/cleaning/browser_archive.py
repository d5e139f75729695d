"""The archive of what a partner's browser needs to clean a file, or to count its people.

Beside Python's own library, it has the modules that `ROOTS` import, as they are installed here: a
browser runs the same code as `parvis clean`, `parvis sketch` and `parvis kits`.
"""

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from parvis.i18n import LANGUAGES
from parvis.mapping.screening.people import LISTS
from parvis.pooling.cleaning.round_codes import round_codes

ROOTS = (
    "parvis.mapping.screening.browser_cleaning",
    "parvis.statistics.distinct.browser_sketching",
    # What is imported at its first use.
    *("babel.dates", "babel.localtime._unix", "babel.numbers"),
    *("babel.messages.mofile", "babel.messages.pofile"),
    *(f"faker.providers.person.{code}" for code in LISTS),
    *("ijson", "ijson.backends.python", "jsonpath"),
    *("openpyxl", "openpyxl.worksheet.worksheet", "et_xmlfile"),
)
PACKAGES = frozenset(root.partition(".")[0] for root in ROOTS)
CATALOGUE = "parvis/i18n/fr.po"
DATA = (
    *(CATALOGUE, "parvis/mapping/screening/words.toml", "babel/global.dat"),
    *(f"babel/locale-data/{name}.dat" for name in ("root", *LANGUAGES, "fr_CA", "en_CA", "en_001")),
)
CODES = "round_codes.json"
"""The code lists by which people are counted; the browser has no library of RDF to read them."""
MESSAGE_ID = re.compile(r'^msgid ((?:".*"\s*)+)', re.MULTILINE)
"""The English text of a message of the catalogue, in lines of quotes."""
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
    places = {_place(path): path for path in files.values()}
    places |= {name: _folder_of(name.partition("/")[0]).parent / name for name in DATA}
    members = {name: path.read_bytes() for name, path in places.items()}
    modules = [
        members[name] for name in members if name.startswith("parvis/") and name[-3:] == ".py"
    ]
    members[CATALOGUE] = _translations_of(modules)
    members[CODES] = json.dumps(round_codes(), sort_keys=True).encode()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, MOMENT), body, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _translations_of(modules: Iterable[bytes]) -> bytes:
    """Return the translations of the texts of some modules: a browser reads them in a moment."""
    texts = {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    catalogue = (_folder_of("parvis") / "i18n" / "fr.po").read_text(encoding="utf-8")
    head, *messages = catalogue.split("\n\n")
    ids = (ast.literal_eval(f"({MESSAGE_ID.findall(message)[0]})") for message in messages)
    chosen = [message for message, text in zip(messages, ids, strict=True) if text in texts]
    return "\n\n".join([head, *chosen]).encode()


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
