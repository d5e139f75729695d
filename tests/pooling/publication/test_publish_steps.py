"""The page for developers says what a publication does, step by step."""

import ast
import inspect
import re
from importlib.resources import files
from pathlib import Path

import pytest

import parvis
from parvis.ledger.database import FILES
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish

ROW = re.compile(r"(?m)^\| \d+ \| `(.+?)` \| (.+?) \| (.+?) \| `(.+?)` \|$")
PARVIS = files(parvis)


def test_the_page_lists_the_steps_that_the_code_runs_in_order() -> None:
    """Each statement is a step, without any branch; the page has what it takes and returns."""
    (function,) = ast.parse(inspect.getsource(publish)).body
    assert isinstance(function, ast.FunctionDef)
    (block,) = (statement for statement in function.body if isinstance(statement, ast.With))
    values, steps = {"pool", "anew", "data", "folder", "maker"}, []
    for statement in block.body:
        assert isinstance(statement, ast.Assign | ast.Expr), ast.unparse(statement)
        call = statement.value
        assert isinstance(call, ast.Call), ast.unparse(statement)
        if ast.unparse(call.func) == "pool.report_step":  # what people are told of the progress
            continue
        results = names(*statement.targets) if isinstance(statement, ast.Assign) else set()
        steps.append((ast.unparse(call.func), names(call) & values, results))
        values |= results
    page = (PARVIS / "docs" / "developers" / "publication.md").read_text(encoding="utf-8")
    rows = ROW.findall(page)
    listed = [(step, quoted(takes), quoted(returns) & values) for step, takes, returns, _ in rows]
    assert listed == steps
    for step, _, _, file in rows:
        source = (PARVIS / file).read_text(encoding="utf-8")
        assert re.search(rf"\b(def|class) {step.split('.')[-1]}\b", source), step


def test_a_publication_that_fails_before_its_stores_leaves_nothing(
    published: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps until then write to their folder alone."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = contents(published.settings.data)
    monkeypatch.setattr("parvis.pooling.publication.publish.serve_generation", fail)
    with pytest.raises(OSError, match="No space"):
        publish(published)
    changed = contents(published.settings.data)
    assert changed.keys() == before.keys(), changed.keys() ^ before.keys()
    assert [path for path in before if before[path] != changed[path]] == []


def contents(data: Path) -> dict[Path, bytes]:
    """Return the bytes of each file of a data folder, but of its ledger."""
    paths = (path for path in data.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in paths if path.name not in FILES}


def names(*expressions: ast.expr) -> set[str]:
    """Return the variables that stand in expressions."""
    nodes = (node for expression in expressions for node in ast.walk(expression))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def quoted(cell: str) -> set[str]:
    """Return what a cell of the page has in backquotes."""
    return set(re.findall(r"`([\w.]+)`", cell))
