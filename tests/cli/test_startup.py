"""What each command loads before it does anything: no library that it can do without.

Modules are followed through what they import at their top, as Python loads them. What a function
imports, it loads when it is called. `tests/bench/startup.py` measures the time.
"""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import click
import pytest

import parvis
from parvis.catalog.portals import fields
from parvis.catalog.portals.harvest import PortalKind
from parvis.catalog.queries import OTHER, THEMES
from parvis.cli import parvis as program
from parvis.config import Settings
from parvis.governance import PARTNER_ROLES, THIRD_PARTY_ROLES
from parvis.linking.entity import KINDS
from parvis.mapping.proposing import CLASS_KINDS
from parvis.pooling import people
from parvis.pooling.intake.without_pool import FORMS
from parvis.pooling.serving.access import ACTIONS
from parvis.pooling.serving.figures.results import TABLES
from parvis.pooling.serving.readers import DAYS, GRACE
from parvis.pooling.stewardship import data_uses
from parvis.pooling.stewardship.agreements import Side
from parvis.pooling.stewardship.harvesting.portals import GUARD
from parvis.pooling.stewardship.onboarding import ACCESS
from parvis.pooling.texts.valid import open_catalog
from parvis.report import Severity
from parvis.validation import ENGINES
from tests.cli.test_help import command_at, list_commands

SOURCE = Path(parvis.__file__).parent.parent
PATHS = [path for path in list_commands(program) if path]
NOT_BY_HELP = frozenset(
    {"rdflib", "pyoxigraph", "sqlite3", "rich", "jinja2", "requests", "multiprocessing"}
)
"""Libraries that a command needs when it runs at most: its help and its mistakes do without."""
FEW = {
    "flask": [],  # the server's worker loads it
    "pyshacl": [],  # validation by other shapes than parvis's own
    "openpyxl": [],
    "dateparser": [],
    "babel": [],
    "granian": ["demo", "serve"],
    "ckanapi": ["ckan"],
}
"""Libraries that few commands load before they work, with those."""
MODULES = {
    **dict.fromkeys(("settings",), 26),
    **dict.fromkeys(("may", "token", "person", "add", "column", "clean"), 115),
    **dict.fromkeys(("notify",), 150),
    **dict.fromkeys(("check", "submit", "preview", "generations"), 220),
    **dict.fromkeys(("publish", "serve"), 240),
}
"""Modules of parvis that a command loads at most, before it works."""
MOST_MODULES = 325
"""The same for other commands, of 704 that there are."""


def file_of(module: str) -> Path | None:
    """Return the file of a module of parvis, or None."""
    path = SOURCE.joinpath(*module.split("."))
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next(filter(Path.is_file, files), None) if module.startswith("parvis") else None


@cache
def tree_of(module: str) -> ast.Module:
    file = file_of(module)
    assert file is not None
    return ast.parse(file.read_text(encoding="utf-8"))


def at_the_top(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what runs when a module is loaded: not the bodies of functions, nor what types need."""
    for node in nodes:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node
            yield from at_the_top(ast.iter_child_nodes(node))


def imports_among(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the modules that statements import, with the packages around them."""
    for node in nodes:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [str(node.module), *filter(file_of, within)]
        for name in names:
            steps = name.split(".")
            yield from (".".join(steps[: length + 1]) for length in range(len(steps)))


@cache
def loaded_with(module: str) -> frozenset[str]:
    """Return the modules that a module of parvis loads itself."""
    return frozenset(imports_among(at_the_top(tree_of(module).body)))


def all_loaded(modules: Iterable[str]) -> set[str]:
    """Return modules with all that they load; of other libraries, their names alone."""
    waiting, loaded = [*modules], set[str]()
    while waiting:
        module = waiting.pop()
        if module not in loaded:
            loaded.add(module)
            waiting += loaded_with(module) if module.split(".")[0] == "parvis" else ()
    return loaded


def functions_run_by(module: str, function: ast.FunctionDef) -> Iterator[ast.FunctionDef]:
    """Yield a function of the commands, and those that it calls in their modules."""
    homes = {
        alias.asname or alias.name: str(node.module)
        for node in tree_of(module).body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("parvis.cli.")
        for alias in node.names
    }
    yield function
    for name in {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}:
        home = homes.get(name, module)
        for other in tree_of(home).body:
            if isinstance(other, ast.FunctionDef) and other.name == name and other is not function:
                yield from functions_run_by(home, other)


def loaded_by(path: tuple[str, ...]) -> set[str]:
    """Return what a command loads once it runs, up to what the functions of `pooling` load."""
    callback = inspect.unwrap(command_at(path).callback or command_at)
    functions = [
        node
        for node in ast.walk(tree_of(callback.__module__))
        if isinstance(node, ast.FunctionDef) and node.name == callback.__name__
    ]
    nodes = [
        node
        for function in functions
        for run in functions_run_by(callback.__module__, function)
        for node in ast.walk(run)
    ]
    return all_loaded([callback.__module__, "parvis.cli", *imports_among(nodes)])


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_a_command_loads_what_it_needs_and_little_else(path: tuple[str, ...]) -> None:
    loaded = loaded_by(path)
    unneeded = {library for library, commands in FEW.items() if path[0] not in commands}
    assert not loaded & unneeded
    ours = sum(module.startswith("parvis") for module in loaded)
    assert ours <= MODULES.get(path[0], MOST_MODULES)


def test_help_loads_no_library_that_works() -> None:
    """That is of all commands: their modules are loaded for one line of each."""
    loaded = modules_after("from parvis.cli import parvis; parvis.all_commands")
    assert not loaded & NOT_BY_HELP
    assert len(loaded) < 290


@pytest.mark.parametrize(
    ("words", "unneeded"),
    [
        (
            ("may", "anonymous", "exemple/programmation"),
            {"jinja2", "requests", "numpy", "multiprocessing", "rdflib.plugins.sparql", "Stemmer"},
        ),
        (
            ("check", "exemple/programmation"),
            {"lxml", "requests", "numpy", "rdflib.plugins.sparql"},
        ),
    ],
    ids=["may", "check"],
)
def test_a_quick_command_has_loaded_little_when_it_ends(
    pool: Settings, words: tuple[str, ...], unneeded: set[str]
) -> None:
    """What is loaded while it works is counted here, which no reading of the code tells."""
    pool.data.mkdir()
    open_catalog(pool)  # its texts are validated once, as those of a pool in use
    loaded = modules_after(
        f"from parvis.cli import main\ntry: main({list(words)})\nexcept SystemExit: pass\n"
        # All of the ontology takes a seventh of a second, one list of it some milliseconds.
        "from parvis.catalog.ontology import ontology; assert not ontology.cache_info().currsize"
    )
    assert not loaded & (unneeded | {"flask", "pyshacl", "openpyxl", "dateparser"})


def modules_after(code: str) -> set[str]:
    """Return the modules that a process has loaded after it ran."""
    process = subprocess.run(  # noqa: S603 - our own interpreter, a fixed text
        [sys.executable, "-c", f"{code}\nimport sys; print('\\n', *sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(process.stdout.splitlines()[-1].split())


OFFERED = {
    "may --action": list(ACTIONS),
    "person invite --role": [*dict.fromkeys((*THIRD_PARTY_ROLES, *PARTNER_ROLES))],
    "agreement sign --side": list(Side),
    "validate --engine": list(ENGINES),
    "validate --format": list(FORMS),
    "validate --fail-on": [severity.name.lower() for severity in Severity],
    "query promote --theme": list(THEMES),
    "init-mapping --class": list(CLASS_KINDS.values()),
    "identities --kind": list(KINDS),
    "onboard --access": list(ACCESS),
    "ckan pull --from": list(PortalKind),
    "results --table": list(TABLES),
}
DEFAULTS = {
    "token create --days": DAYS,
    "token rotate --days": DAYS,
    "token rotate --grace": GRACE,
    "person invite --days": people.DAYS,
    "agreement sign --side": Side.BOTH,
    "query promote --theme": OTHER,
    "ckan push --guard": GUARD,
    "ckan push --fields": fields.DEFAULT,
    "uses --days": data_uses.DAYS,
}


def option_at(name: str) -> click.Option:
    """Return the option of a command by its words."""
    *path, spelling = name.split()
    options = [o for o in command_at(tuple(path)).params if spelling in o.opts]
    (option,) = options
    assert isinstance(option, click.Option)
    return option


@pytest.mark.parametrize("name", OFFERED)
def test_an_option_offers_what_the_pool_knows(name: str) -> None:
    """The words stand in the command, so that its help need not load the pool."""
    kind = option_at(name).type
    assert isinstance(kind, click.Choice)
    assert list(kind.choices) == OFFERED[name]


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_option_has_the_default_of_the_pool(name: str) -> None:
    assert option_at(name).default == DEFAULTS[name]
