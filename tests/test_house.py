"""The rules of CONTRIBUTING.md that a machine can check."""

import ast
import re
from pathlib import Path

import pytest

import parvis

SOURCE = Path(parvis.__file__).parent
TESTS = Path(__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
FOLDERS = sorted({file.parent for file in FILES})
MOST = 20
FILLERS = frozenset(
    re.findall(
        r"\w+",
        "found told one some known kept said given made asked wanted held who which every each here"
        " there beside come brought looked others another thing things whole rest same like",
    )
)
IGNORED = {"__pycache__", "__init__.py", "py.typed"}
FAMILIES = {"bench", "browser", "journeys", "remote", "cases"}
"""Test folders that mirror no package."""


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: folder.relative_to(SOURCE).as_posix()
)
def test_no_source_folder_has_too_many_entries(folder: Path) -> None:
    entries = sorted(entry.name for entry in folder.iterdir() if entry.name not in IGNORED)
    assert len(entries) <= MOST, entries


def test_variables_are_not_named_with_filler_words() -> None:
    """One in two hundred variables may have a filler word: fields named by templates or files."""
    bindings = [
        binding for file in FILES for binding in bindings_of(ast.parse(file.read_text("utf-8")))
    ]
    fillers = [binding for binding in bindings if binding in FILLERS]
    assert len(fillers) <= len(bindings) / 200, sorted(fillers)


def bindings_of(tree: ast.AST) -> list[str]:
    """List the names of variables and parameters, once per binding."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.arg) and node.arg not in {"self", "cls"}:
            names.append(node.arg)
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SOURCE).as_posix())
def test_no_file_and_no_function_is_too_long(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.count("\n") <= 430
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_test_folders_mirror_the_source() -> None:
    """A test folder is named after its package; tests of several files may be in each."""
    missing = [
        folder.relative_to(TESTS).as_posix()
        for folder in sorted({file.parent for file in TESTS.rglob("test_*.py")})
        if not (SOURCE / folder.relative_to(TESTS)).is_dir()
        and folder.relative_to(TESTS).parts[0] not in FAMILIES
    ]
    assert missing in ([], ["web/leaks"])
