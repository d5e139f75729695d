"""Compile expressions into closures that turn a row into values.

A value that cannot be read is added to `SourceRow.refused`; the others are returned.
"""

from collections.abc import Callable, Iterator
from itertools import product

from parvis.mapping.engine.functions import FUNCTIONS, FunctionContext, Values
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.values import InvalidValue, as_text, encode_for_iri
from parvis.mapping.language.plan import Call, Expression, Reference, Template, Value, references

Evaluate = Callable[[SourceRow], Values]


def compile_expression(
    expression: Expression, setting: FunctionContext, *, safe: bool = False
) -> Evaluate:
    """Compile an expression; `safe` percent-encodes references in templates (RML-Core §5.2).

    A template makes all combinations of its references' values, none if one is empty.
    """
    if isinstance(expression, Call):
        return _compile_call(expression, setting)
    parts = expression.parts
    if (reference := expression.reference) is not None:
        name = reference.name
        return lambda row: row.get(name)
    if not references(expression):
        # One list for all rows: callers do not change it.
        constant = ["".join(map(str, parts))]
        return lambda _: constant
    write = encode_for_iri if safe else as_text

    def evaluate(row: SourceRow) -> Values:
        choices = [
            [part] if isinstance(part, str) else [write(v) for v in row.get(part.name)]
            for part in parts
        ]
        return ["".join(texts) for texts in product(*choices)]

    return evaluate


def find_single_reference(template: Template) -> tuple[str, str, str] | None:
    """Return the only reference of a template, between the text before and after it."""
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


def _compile_call(call: Call, setting: FunctionContext) -> Evaluate:
    run = FUNCTIONS[call.function].run
    compiled = [(name, compile_expression(value, setting)) for name, value in call.parameters]

    def evaluate(row: SourceRow) -> Values:
        arguments: dict[str, list[Value]] = {}
        for name, evaluate_parameter in compiled:
            arguments.setdefault(name, []).extend(evaluate_parameter(row))
        try:
            return run(arguments, setting)
        except InvalidValue as error:
            if len(arguments.get("value", ())) < 2:  # noqa: PLR2004 - then no other is lost
                row.refused.append(error)
                return []
        # Retry each value alone, so that an invalid one does not lose the others.
        return list(evaluate_separately(arguments, row))

    def evaluate_separately(arguments: dict[str, list[Value]], row: SourceRow) -> Iterator[Value]:
        for value in arguments["value"]:
            try:
                yield from run({**arguments, "value": [value]}, setting)
            except InvalidValue as error:
                row.refused.append(error)

    return evaluate
