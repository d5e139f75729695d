"""Joins: the subjects of a parent's rows, found by the values they are joined on.

The index holds one text a parent's row, whatever the row holds else.
"""

from collections.abc import Callable, Iterable
from itertools import product

from parvis.mapping.functions import Setting
from parvis.mapping.plan import Expression, Join, ObjectMap, references
from parvis.mapping.rows import Row
from parvis.mapping.terms import Terms, terms_of, texts_of
from parvis.mapping.values import Refused

Index = dict[tuple[str, ...], list[str]]


def wanted_of(join: Join) -> set[str]:
    """Name what a join reads of the parent's rows."""
    names = references(join.subject.value)
    return names.union(*(references(parent) for _, parent in join.on))


def index_of(
    join: Join,
    rows: Iterable[Row],
    setting: Setting,
    base: str,
    refuse: Callable[[Refused, Row, set[str]], None],
) -> Index:
    """Read the parent's rows once; a row whose subject cannot be made is reported."""
    keys = _keys([parent for _, parent in join.on], setting)
    subjects = terms_of(join.subject, setting, base)
    found: Index = {}
    for row in rows:
        try:
            for key in keys(row):
                found.setdefault(key, []).extend(subjects(row))
        except Refused as refused:
            refuse(refused, row, wanted_of(join))
    return found


def joined(join: Join, index: Index, setting: Setting) -> Terms:
    """Compile the objects of a join: the subjects of the parent's rows that match."""
    keys = _keys([child for child, _ in join.on], setting)
    return lambda row: [term for key in keys(row) for term in index.get(key, ())]


def _keys(
    expressions: Iterable[Expression], setting: Setting
) -> Callable[[Row], Iterable[tuple[str, ...]]]:
    """Compile what is compared: all combinations of the values, none if one is missing."""
    texts = [texts_of(ObjectMap(expression), setting) for expression in expressions]
    return lambda row: product(*(text(row) for text in texts))
