"""The closed set of functions that mappings may call, ``fn:…``, and expressions of them, compiled.

Value functions apply to each value of their parameter ``value``; conditions see all values. An
expression becomes a closure that turns a row into values; those that cannot be read are added to
`SourceRow.refused`.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from text_to_num import text2num

from parvis.i18n import N_
from parvis.mapping.concepts import Concepts, fold_text, scheme_title
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.texts import (
    ESCAPES,
    phone,
    postal_code,
    slug_of,
    sortation_area,
    substring,
    text_of_html,
    upper_url,
)
from parvis.mapping.engine.values import (
    NOT_BOOLEAN,
    InvalidValue,
    as_text,
    date_time,
    encode_for_iri,
    read_number,
    read_time,
    until,
)
from parvis.mapping.language.plan import (
    Call,
    Expression,
    Reference,
    Template,
    Value,
    ValueFormat,
    references,
)
from parvis.mapping.totals import EXACT

Values = Sequence[Value]
Arguments = Mapping[str, Values]


@dataclass(frozen=True)
class FunctionContext:
    """What functions may read besides their arguments."""

    reading: ValueFormat
    concepts: Concepts
    tables: Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Function:
    """A function with its parameters: `needs` are required, `takes` optional."""

    run: Callable[[Arguments, FunctionContext], Values]
    needs: frozenset[str]
    takes: frozenset[str]
    condition: bool = False


UNMATCHED = N_("“{value}” is not in the list “{scheme}”; nothing was written for it")
NOT_IN_TABLE = N_("“{value}” is not in the mapping’s table “{table}”; nothing was written for it")
FREE_WORDS = frozenset(
    {"gratuit", "gratuite", "gratuits", "entree libre", "entree gratuite", "free"}
)
"""Words for a price of zero, compared as labels are."""
LONGEST_WORDS = 200
"""Longest number in words, in characters."""


def first(arguments: Arguments, name: str, default: str = "") -> str:
    """Return a parameter's first value as text."""
    values = arguments.get(name) or [default]
    return str(values[0])


def money(value: Value, setting: FunctionContext) -> list[Decimal]:
    """Read an amount of money, with or without its sign; words for “free” are 0."""
    words = re.sub(r"(?i)\$|cad|ca", "", str(value)).strip()
    try:
        return [read_number(words, setting.reading)]
    except InvalidValue:
        if fold_text(str(value)) not in FREE_WORDS:
            raise
        return [read_number("0", setting.reading)]


def subtract(arguments: Arguments, setting: FunctionContext) -> Values:
    """Subtract amounts from another, where there is one: taxes or fees from what was paid."""
    less = Decimal(0)
    for value in arguments["other"]:
        less = EXACT.add(less, money(value, setting)[0])
    return [EXACT.subtract(money(value, setting)[0], less) for value in arguments["value"]]


def multiply(arguments: Arguments, setting: FunctionContext) -> Values:
    """Multiply an amount by numbers: a price by how many tickets; nothing if either is missing."""
    times = [money(value, setting)[0] for value in arguments["other"]]
    amounts = [money(value, setting)[0] for value in arguments["value"]]
    return [EXACT.multiply(amount, number) for amount in amounts for number in times]


def read_figure(value: Value, setting: FunctionContext) -> Values:
    """Read a number in figures as its source writes them, or a whole one in words (fr, en)."""
    try:
        return [read_number(value, setting.reading)]
    except InvalidValue:
        for language in ("fr", "en"):
            try:
                return [int(text2num(str(value)[:LONGEST_WORDS], language))]
            except ValueError:
                continue
        raise


def yes_or_no(value: str, arguments: Arguments, _: FunctionContext) -> Values:
    """Return a boolean by the column's own words for yes and no, compared as labels are."""
    for name, holds in (("yes", True), ("no", False)):
        if fold_text(value) in {fold_text(str(word)) for word in arguments.get(name, ())}:
            return [holds]
    raise InvalidValue("bad-boolean", NOT_BOOLEAN, value=value)


def null_if(arguments: Arguments, _: FunctionContext) -> Values:
    """Drop values that mean nothing in this column."""
    marks = {str(mark) for mark in arguments.get("list", ())}
    return [value for value in arguments.get("value", ()) if str(value) not in marks]


def concept(value: str, arguments: Arguments, setting: FunctionContext) -> str:
    """Find a concept by its label, other label, notation or code."""
    scheme = first(arguments, "scheme")
    iri = setting.concepts.find(scheme, value)
    if iri is None:
        title = scheme_title(scheme)
        raise InvalidValue("unmatched-concept", UNMATCHED, value=value, scheme=title)
    return iri


def look_up(value: str, arguments: Arguments, setting: FunctionContext) -> Values:
    """Look a label up in a table of the mapping; a column the table lacks has no value."""
    name = first(arguments, "table")
    table = setting.tables[name]
    line = table.get(value) or next(
        (columns for label, columns in table.items() if fold_text(label) == fold_text(value)), None
    )
    if line is None:
        raise InvalidValue("not-in-table", NOT_IN_TABLE, value=value, table=name)
    entry = line.get(first(arguments, "column", "value"))
    return [] if entry is None else [entry]


def all_day(arguments: Arguments, setting: FunctionContext) -> Values:
    """Return whether a span goes from a local midnight to the last minute of a day (or next)."""
    start = read_time(first(arguments, "start"), setting.reading).isoformat()
    end = read_time(first(arguments, "end"), setting.reading).isoformat()
    at_midnight = len(start) == 10 or start[11:16] == "00:00"  # noqa: PLR2004 - a plain date
    return [at_midnight and (len(end) == 10 or end[11:16] in {"23:59", "00:00"})]  # noqa: PLR2004


def concat(arguments: Arguments, _: FunctionContext) -> Values:
    """Concatenate two texts, all combinations of their values: none if one is empty."""
    return [
        as_text(left) + as_text(right)
        for left in arguments.get("value", ())
        for right in arguments.get("other", ())
    ]


def iri_safe(arguments: Arguments, _: FunctionContext) -> Values:
    """Percent-encode what cannot stand within an IRI's path, as templates do (RML-Core §5.2)."""
    return [encode_for_iri(value) for value in arguments.get("value", ())]


def _is_true(values: Values) -> bool:
    """Return whether the answers of a condition all hold."""
    return bool(values) and all(value is True or value == "true" for value in values)


def count_is_within(arguments: Arguments) -> bool:
    """Compare the number of values with `min` and `max`, both included."""
    count = len(arguments.get("value", ()))
    least, most = first(arguments, "min", "0"), first(arguments, "max", str(count))
    return int(least) <= count <= int(most)


def is_after(arguments: Arguments, setting: FunctionContext) -> Values:
    """Return whether the day of a value is after that of another; no day is after none."""
    value, other = (
        [read_time(str(text), setting.reading).isoformat()[:10] for text in arguments[name][:1]]
        for name in ("value", "other")
    )
    return [bool(value and other) and value > other]


def _function(
    run: Callable[[Arguments, FunctionContext], Values],
    needs: str = "value",
    takes: str = "",
    *,
    condition: bool = False,
) -> Function:
    """Declare a function of all its arguments."""
    return Function(run, frozenset(needs.split()), frozenset(takes.split()), condition)


def _value(
    compute: Callable[[str, Arguments, FunctionContext], str | Values],
    needs: str = "value",
    takes: str = "",
) -> Function:
    """Declare a function that applies to each value alone; empty answers are dropped."""

    def run(arguments: Arguments, setting: FunctionContext) -> Values:
        results: list[Value] = []
        for value in arguments.get("value", ()):
            answer = compute(str(value), arguments, setting)
            results.extend([answer] if isinstance(answer, str) else answer)
        return [value for value in results if value != ""]

    return _function(run, needs, takes)


def _test(holds: Callable[[Arguments], bool], needs: str, takes: str = "") -> Function:
    """Declare a condition, a test on all arguments."""
    return _function(lambda arguments, _: [holds(arguments)], needs, takes, condition=True)


FUNCTIONS: dict[str, Function] = {
    "trim": _value(lambda v, _a, _s: " ".join(v.split())),
    "lower": _value(lambda v, _a, _s: v.lower()),
    "upper": _value(lambda v, _a, _s: v.upper()),
    "title": _value(lambda v, _a, _s: v.title()),
    "replace": _value(
        lambda v, a, _: re.sub(first(a, "pattern"), first(a, "by"), v).strip(),
        "value pattern",
        "by",
    ),
    "replaceText": _value(
        lambda v, a, _: v.replace(first(a, "find"), first(a, "by")) if a["find"] else v,
        "value find",
        "by",
    ),
    "strip": _value(lambda v, _a, _s: v.strip()),
    "split": _value(
        lambda v, a, _: [part.strip() for part in v.split(first(a, "separator", ","))],
        "value",
        "separator",
    ),
    "splitText": _value(lambda v, a, _: v.split(first(a, "separator") or None), "value separator"),
    "substring": _value(
        lambda v, a, _: substring(v, first(a, "from"), first(a, "to")), "value from", "to"
    ),
    "length": _value(lambda v, _a, _s: [len(v)]),
    "escape": _value(lambda v, a, _: ESCAPES[first(a, "mode")](v), "value mode"),
    "upperUrl": _value(lambda v, _a, _s: upper_url(v)),
    "slug": _value(lambda v, _a, _s: slug_of(v)),
    "hash": _value(lambda v, _a, _s: hashlib.sha256(v.encode()).hexdigest()[:16]),
    "htmlToText": _value(lambda v, _a, _s: text_of_html(v)),
    "postalCode": _value(lambda v, _a, _s: postal_code(v)),
    "fsa": _value(lambda v, _a, _s: sortation_area(v)),
    "phone": _value(lambda v, _a, _s: phone(v)),
    "money": _value(lambda v, _a, s: money(v, s)),
    "multiply": _function(multiply, "value other"),
    "subtract": _function(subtract, "value other"),
    "number": _function(lambda a, s: [figure for v in a["value"] for figure in read_figure(v, s)]),
    "boolean": _value(yes_or_no, "value yes no"),
    "nullIf": _function(null_if, "value list"),
    "year": _value(lambda v, _a, s: str(read_time(v, s.reading).year)),
    "date": _value(lambda v, _a, s: read_time(v, s.reading).isoformat()[:10]),
    "dateTime": _value(lambda v, _a, s: date_time(v, s.reading)[0]),
    "until": _value(lambda v, a, s: until(v, first(a, "time"), s.reading), "value time"),
    "concept": _value(concept, "value scheme"),
    "lookup": _value(look_up, "value table", "column"),
    "iriSafe": _function(iri_safe),
    "concat": _function(concat, "value other"),
    "join": _function(
        lambda a, _: [first(a, "separator").join(map(str, a["value"]))] if a["value"] else [],
        takes="separator",
    ),
    "coalesce": _function(lambda a, _: a["value"][:1]),
    "if": _function(
        lambda a, _: a.get("then" if _is_true(a.get("condition", ())) else "else", ()),
        "condition then",
        "else",
    ),
    "matches": _test(
        lambda a: any(re.search(first(a, "pattern"), as_text(v)) for v in a["value"]),
        "value pattern",
    ),
    "contains": _test(
        lambda a: any(as_text(part) in as_text(v) for part in a["find"] for v in a["value"]),
        "value find",
    ),
    "startsWith": _test(
        lambda a: any(as_text(v).startswith(first(a, "find")) for v in a["value"]), "value find"
    ),
    "endsWith": _test(
        lambda a: any(as_text(v).endswith(first(a, "find")) for v in a["value"]), "value find"
    ),
    "equal": _test(
        lambda a: set(map(as_text, a["value"])) == set(map(as_text, a["other"])), "value other"
    ),
    "inList": _test(
        lambda a: not {*map(as_text, a["value"])}.isdisjoint(map(as_text, a["list"])),
        "value list",
    ),
    "isEmpty": _test(lambda a: not a["value"], "value"),
    "notEmpty": _test(lambda a: bool(a["value"]), "value"),
    "not": _test(lambda a: not _is_true(a["condition"]), "condition"),
    "and": _test(lambda a: _is_true(a["condition"]), "condition"),
    "or": _test(lambda a: any(_is_true([v]) for v in a["condition"]), "condition"),
    "countIs": _test(count_is_within, "value", "min max"),
    "isAfter": _function(is_after, "value other", condition=True),
    "allDay": _function(all_day, "start end", condition=True),
}

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
        values: list[Value] = []
        for value in arguments["value"]:
            try:
                values += run({**arguments, "value": [value]}, setting)
            except InvalidValue as error:
                row.refused.append(error)
        return values

    return evaluate
