"""Expressions compiled: closures that turn a row into values.

A value that cannot be read is left in `Row.refused`; the others are given.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import quote

from parvis.mapping.engine.functions import FUNCTIONS, Setting, Values
from parvis.mapping.engine.rows import Row
from parvis.mapping.engine.values import Refused, natural
from parvis.mapping.language.plan import Call, Expression, Reference, Template, Value, references

Evaluate = Callable[[Row], Values]

PLAIN = re.compile(r"[\w~-][\w.~-]*")
RESERVED = re.compile(r"[^\w.~-]")
"""What templates percent-encode: all but letters and digits of any script, and ``-._~``."""


def evaluator(expression: Expression, setting: Setting, *, safe: bool = False) -> Evaluate:
    """Compile an expression; `safe` percent-encodes references within text (RML templates)."""
    if isinstance(expression, Call):
        return _call(expression, setting)
    if (only := expression.reference) is not None:
        name = only.name
        return lambda row: row.get(name)
    return _template(expression, safe=safe)


def _template(template: Template, *, safe: bool) -> Evaluate:
    """Compile a template: all combinations of its references' values, none if one is empty."""
    if not references(template):
        constant = ["".join(map(str, template.parts))]
        return lambda _: constant
    write = encoded if safe else as_text

    def evaluate(row: Row) -> Values:
        choices = [
            [part] if isinstance(part, str) else [write(v) for v in row.get(part.name)]
            for part in template.parts
        ]
        return ["".join(parts) for parts in product(*choices)]

    return evaluate


def around(template: Template) -> tuple[str, str, str] | None:
    """Give the only reference of a template, between the text before and after it."""
    match template.parts:
        case (Reference(name),):
            return "", name, ""
        case (str(before), Reference(name)):
            return before, name, ""
        case (Reference(name), str(after)):
            return "", name, after
        case (str(before), Reference(name), str(after)):
            return before, name, after
    return None


def as_text(value: object) -> str:
    """Write a value as text, however its source types it."""
    return value if isinstance(value, str) else natural(value)[0]  # type: ignore[arg-type] # values by construction


def encoded(value: object) -> str:
    """Write a value within an IRI: all but unreserved characters are encoded."""
    text = as_text(value)
    if PLAIN.fullmatch(text):
        return text
    return RESERVED.sub(lambda found: quote(found[0], safe=""), text)


def _call(call: Call, setting: Setting) -> Evaluate:
    """Compile a call: its parameters first, then the function."""
    run = FUNCTIONS[call.function].run
    compiled = [(name, evaluator(value, setting)) for name, value in call.parameters]

    def evaluate(row: Row) -> Values:
        arguments: dict[str, list[Value]] = {}
        for name, value in compiled:
            arguments.setdefault(name, []).extend(value(row))
        try:
            return run(arguments, setting)
        except Refused as refused:
            if len(arguments.get("value", ())) < 2:  # noqa: PLR2004 - then no other is lost
                row.refused.append(refused)
                return []
        return list(apart(arguments, row))

    def apart(arguments: dict[str, list[Value]], row: Row) -> Iterator[Value]:
        """Try each value alone: one that is refused costs the others nothing."""
        for value in arguments["value"]:
            try:
                yield from run({**arguments, "value": [value]}, setting)
            except Refused as refused:
                row.refused.append(refused)

    return evaluate
