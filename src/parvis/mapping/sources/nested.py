"""Find the rows of a JSON document: its lists of objects, and the values in each."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from parvis.mapping.engine.json_path import is_plain
from parvis.mapping.sources.tables import YEAR

MOST_LISTS = 20
"""Lists of a document that may be its rows, the longest first."""
DEPTH = 4
"""Objects inside one another in which lists are looked for."""
MOST_MEMBERS = 400
"""Members of one list that are read."""

Objects = list[dict[str, object]]
Steps = tuple[str, ...]


def find_lists(tree: object) -> Iterator[tuple[dict[str, object], Objects]]:
    """Yield the lists of objects of a document, with their layouts: alone, under keys or years."""
    yield {"iterator": "$[*]"}, _objects_of(tree)
    if not isinstance(tree, dict):
        return
    lists = dict(_lists_under(tree, "$", DEPTH))
    years = {key: rows for key, part in tree.items() if (rows := _objects_of(part))}
    if years and all(map(YEAR.fullmatch, years)):
        rows = [row for rows in years.values() for row in rows]
        yield {"iterator": "$.*[*]", "key-as": {"year": "$.*"}}, rows
        return
    for path in sorted(lists, key=lambda path: -len(lists[path]))[:MOST_LISTS]:
        yield {"iterator": f"{path}[*]"}, lists[path]
    yield {"iterator": "$"}, [tree]


def _lists_under(
    part: Mapping[str, object], path: str, depth: int
) -> Iterator[tuple[str, Objects]]:
    for key, value in part.items():
        below = f"{path}{_write_step(str(key))}"
        if rows := _objects_of(value):
            yield below, rows
        elif isinstance(value, dict) and depth:
            yield from _lists_under(value, below, depth - 1)


def _objects_of(part: object) -> Objects:
    return [row for row in part if isinstance(row, dict)] if isinstance(part, list) else []


def collect_values(objects: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """Return the simple values in objects by their JSONPaths, as a mapping would name them.

    A list that has one object at most everywhere is read as that object.
    """
    lengths: dict[Steps, int] = {}
    for item in objects:
        _measure_lists(item, (), lengths)
    single = {steps for steps, length in lengths.items() if length <= 1} if objects[1:] else set()
    values: dict[str, list[str]] = defaultdict(list)
    for item in objects:
        for name, value in _iterate_values(item, (), single):
            values[name].append(value)
    return values


def _measure_lists(value: object, steps: Steps, lengths: dict[Steps, int]) -> None:
    """Take down how long each list is at most; one of values is never short."""
    if isinstance(value, dict):
        for key, part in value.items():
            _measure_lists(part, (*steps, str(key)), lengths)
    elif isinstance(value, list):
        length = len(value) if all(isinstance(part, dict) for part in value) else MOST_MEMBERS
        lengths[steps] = max(length, lengths.get(steps, 0))
        for part in value[:MOST_MEMBERS]:
            _measure_lists(part, (*steps, "*"), lengths)


def unfold_dates(
    objects: Sequence[Mapping[str, object]], dated: Sequence[str]
) -> tuple[str, dict[str, list[str]], int] | None:
    """Return the list inside objects whose objects have the dates, if the objects have none.

    `dated` are the paths of the values that are dates. With the list come the values of its objects
    and, under ``^.``, of what they are in, and how many objects they are.
    """
    if not dated or any("[*]" not in name for name in dated):
        return None
    each = dated[0].partition("[*]")[0]
    unfolded: dict[str, list[str]] = defaultdict(list)
    count = 0
    for item in objects:
        inner = _objects_of(item.get(each))
        count += len(inner)
        around = {key: part for key, part in item.items() if key != each}
        for part in inner:
            for prefix, holder in (("", part), ("^.", around)):
                for name, value in _iterate_values(holder, ()):
                    unfolded[f"{prefix}{name}"].append(value)
    # A list deeper inside is not unfolded.
    return (f"{each}[*]", unfolded, count) if count and is_plain(each) else None


def _iterate_values(
    value: object, steps: Steps, single: AbstractSet[Steps] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Yield each simple value in an object with its JSONPath; `single` lists have one object."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _iterate_values(part, (*steps, str(key)), single)
    elif isinstance(value, list):
        for part in value[:MOST_MEMBERS]:
            yield from _iterate_values(part, (*steps, "*"), single)
    elif steps and value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        named = ("0" if steps[:place] in single else step for place, step in enumerate(steps))
        yield _write_path(tuple(named)), text


def _write_path(steps: tuple[str, ...]) -> str:
    """Write a relative path; a plain key alone stays as it is (RFC 9535 §2.3).

    >>> _write_path(("Prêt à domicile",)), _write_path(("Lieux", "*", "Nom")), _write_path(("A.B",))
    ('Prêt à domicile', 'Lieux[*].Nom', "['A.B']")
    """
    if len(steps) == 1 and is_plain(steps[0]):
        return steps[0]
    return "".join(
        f"[{step}]" if step in {"*", "0"} else _write_step(step) for step in steps
    ).removeprefix(".")


def _write_step(key: str) -> str:
    r"""Write the step into a member (RFC 9535 §2.3.1).

    >>> _write_step("ville"), _write_step("code postal"), _write_step("l\n'été")
    ('.ville', "['code postal']", '["l\\n\'été"]')
    """
    if re.fullmatch(r"[^\W\d]\w*", key):
        return f".{key}"
    if not re.search(r"['\\\x00-\x1f]", key):
        return f"['{key}']"
    return f"[{json.dumps(key, ensure_ascii=False)}]"
