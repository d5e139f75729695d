"""Computed fields written out where they are used, for languages that have none.

What a template does with a field (all combinations, none if one is empty, escaped in IRIs) is
said with `concat` and `iriSafe`, which do just that.
"""

from collections.abc import Mapping
from functools import reduce

from parvis.mapping.plan import Call, Expression, Reference, Source, Template

Fields = Mapping[str, Expression]


def fields_of(source: Source) -> Fields:
    """Give each field over the file's own columns: one may be computed from those above it."""
    found: dict[str, Expression] = {}
    for name, value in source.fields:
        found[name] = inlined(value, found)
    return found


def inlined(
    expression: Expression, fields: Fields, *, safe: bool = False, called: bool = False
) -> Expression:
    """Write fields out in an expression; `safe` says that its templates make IRIs.

    With `called`, what results is a parameter of a call, where nothing more is escaped.
    """
    if isinstance(expression, Call):
        pairs = ((name, inlined(value, fields)) for name, value in expression.parameters)
        return Call(expression.function, tuple(pairs), expression.line)
    if (only := expression.reference) is not None:
        found = fields.get(only.name, expression)
        return _joined(found, {}, safe=False) if safe else found
    computed = any(isinstance(part, Reference) and part.name in fields for part in expression.parts)
    return _joined(expression, fields, safe=safe) if computed or (safe and called) else expression


def _joined(expression: Expression, fields: Fields, *, safe: bool) -> Expression:
    """Write a template as calls, so that nothing more is escaped in it."""
    if isinstance(expression, Call) or not expression.parts:
        return expression
    parts = [_part(part, fields, safe=safe) for part in expression.parts]
    return reduce(lambda left, right: Call("concat", (("value", left), ("other", right))), parts)


def _part(part: str | Reference, fields: Fields, *, safe: bool) -> Expression:
    """Write one part of a template as an expression."""
    if isinstance(part, str):
        return Template((part,))
    value = fields.get(part.name, Template((part,)))
    return Call("iriSafe", (("value", value),)) if safe else value
