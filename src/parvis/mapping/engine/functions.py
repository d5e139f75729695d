"""The closed set of functions that mappings may name, ``fn:…``.

Value functions apply to each value of their parameter ``value``; conditions see all values.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import nh3
from text_to_num import text2num

from parvis.i18n import N_
from parvis.mapping.concepts import Concepts, folded
from parvis.mapping.engine.values import NOT_BOOLEAN, Refused, moment, natural, number
from parvis.mapping.language.plan import Reading, Value

Values = Sequence[Value]
Arguments = Mapping[str, Values]


@dataclass(frozen=True)
class Setting:
    """What functions may look at besides their arguments."""

    reading: Reading
    concepts: Concepts
    tables: Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Function:
    """A function with its parameters: `needs` must be given, `takes` may be."""

    run: Callable[[Arguments, Setting], Values]
    needs: frozenset[str]
    takes: frozenset[str]
    condition: bool = False


UNMATCHED = N_("“{value}” is no known {scheme}; nothing was written for it")
NOT_IN_TABLE = N_("“{value}” is not in the mapping’s table “{table}”; nothing was written for it")
NOT_POSTAL_CODE = N_("“{value}” is not a Canadian postal code")
SORTATION_AREA = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z]")
POSTAL_CODE = re.compile(r"([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])[ -]?(\d[ABCEGHJ-NPRSTV-Z]\d)")
RESERVED = re.compile(r"[^\w.~-]")
"""What templates percent-encode: all but letters and digits of any script, and ``-._~``."""
FREE = frozenset({"gratuit", "gratuite", "gratuits", "entree libre", "entree gratuite", "free"})
"""How a price is told to be none, compared as labels are."""
LONGEST_WORDS = 200
"""Characters that a number in words may have."""
SLUG_BREAK = re.compile(r"[^a-z0-9]+")


def truth(holds: bool) -> Values:  # noqa: FBT001 - it is the value itself
    """Write a condition's answer."""
    return [holds]


def first(arguments: Arguments, name: str, default: str = "") -> str:
    """Give a parameter's first value as text."""
    values = arguments.get(name) or [default]
    return str(values[0])


def slug_of(text: str) -> str:
    """Write a text as a key for IRIs: ASCII, lower case, hyphens.

    >>> slug_of("L’Île-aux-Sœurs, 2e étage")
    'l-ile-aux-soeurs-2e-etage'
    """
    wide = re.sub(r"[’']", " ", text.casefold()).replace("œ", "oe").replace("æ", "ae")
    narrow = unicodedata.normalize("NFKD", wide).encode("ascii", "ignore").decode()
    return SLUG_BREAK.sub("-", narrow).strip("-") or hashlib.sha256(text.encode()).hexdigest()[:16]


def text_of_html(text: str) -> str:
    """Keep the text of an HTML fragment, paragraphs on lines of their own."""
    broken = re.sub(r"(?i)<(?:br|/p|/div|/li)\b[^>]*>", "\n", text)
    words = unescape(nh3.clean(broken, tags=set())).replace("\u00a0", " ")
    lines = (" ".join(line.split()) for line in words.splitlines())
    return "\n".join(line for line in lines if line)


def postal_code(text: str) -> str:
    """Write a Canadian postal code as ``H2X 1Y4``."""
    found = POSTAL_CODE.fullmatch(text.strip().upper())
    if not found:
        raise Refused("bad-postal-code", NOT_POSTAL_CODE, value=text)
    return f"{found[1]} {found[2]}"


def sortation_area(text: str) -> str:
    """Give the first three characters of a Canadian postal code, of which there may be no more."""
    plain = text.strip().upper()
    return plain if SORTATION_AREA.fullmatch(plain) else postal_code(text)[:3]


def phone(text: str) -> str:
    """Write a North American phone number as ``+1-514-555-0199``, another one as it is."""
    digits = re.sub(r"\D", "", text).removeprefix("1")
    if len(digits) != 10:  # noqa: PLR2004 - the North American plan has ten digits
        return text.strip()
    return f"+1-{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def money(value: Value, setting: Setting) -> Values:
    """Read an amount of money, with or without its sign, as a number; what is free costs 0."""
    words = re.sub(r"(?i)\$|cad|ca", "", str(value)).strip()
    try:
        return [number(words, setting.reading)]
    except Refused:
        if folded(str(value)) not in FREE:
            raise
        return [number("0", setting.reading)]


def in_figures(value: Value, setting: Setting) -> Values:
    """Read a number in figures as its source writes them, or a whole one in words (fr, en)."""
    try:
        return [number(value, setting.reading)]
    except Refused:
        found = _in_words(str(value))
        if found is None:
            raise
        return [found]


def _in_words(text: str) -> int | None:
    """Read a whole number in words, nothing if it is none."""
    for language in ("fr", "en"):
        try:
            return int(text2num(text[:LONGEST_WORDS], language))
        except ValueError:
            continue
    return None


def yes_or_no(value: str, arguments: Arguments, _: Setting) -> Values:
    """Say yes or no by a column's own words, compared as labels are."""
    for name, holds in (("yes", True), ("no", False)):
        if folded(value) in {folded(str(word)) for word in arguments.get(name, ())}:
            return [holds]
    raise Refused("bad-boolean", NOT_BOOLEAN, value=value)


def null_if(arguments: Arguments, _: Setting) -> Values:
    """Leave out values that mean nothing in this column."""
    marks = {str(mark) for mark in arguments.get("list", ())}
    return [value for value in arguments.get("value", ()) if str(value) not in marks]


def concept(value: str, arguments: Arguments, setting: Setting) -> str:
    """Find a concept by its label, other label, notation or code."""
    scheme = first(arguments, "scheme")
    found = setting.concepts.find(scheme, value)
    if found is None:
        raise Refused("unmatched-concept", UNMATCHED, value=value, scheme=scheme)
    return found


def looked_up(value: str, arguments: Arguments, setting: Setting) -> Values:
    """Find a label in one of the mapping's own tables; a column it lacks gives nothing."""
    name = first(arguments, "table")
    table = setting.tables[name]
    line = table.get(value) or next(
        (found for label, found in table.items() if folded(label) == folded(value)), None
    )
    if line is None:
        raise Refused("not-in-table", NOT_IN_TABLE, value=value, table=name)
    found = line.get(first(arguments, "column", "value"))
    return [] if found is None else [found]


def all_day(arguments: Arguments, setting: Setting) -> Values:
    """Say whether a span goes from a local midnight to a last minute of a day (or the next)."""
    start = moment(first(arguments, "start"), setting.reading).isoformat()
    end = moment(first(arguments, "end"), setting.reading).isoformat()
    whole = len(start) == 10 or start[11:16] == "00:00"  # noqa: PLR2004 - a plain date
    return truth(whole and (len(end) == 10 or end[11:16] in {"23:59", "00:00"}))  # noqa: PLR2004


def _written(value: Value) -> str:
    """Write a value as it stands within a text."""
    return natural(value)[0]


def concat(arguments: Arguments, _: Setting) -> Values:
    """Put two texts together, all combinations of their values: none if one is empty."""
    return [
        _written(left) + _written(right)
        for left in arguments.get("value", ())
        for right in arguments.get("other", ())
    ]


def iri_safe(arguments: Arguments, _: Setting) -> Values:
    """Percent-encode what cannot stand within an IRI's path, as templates do (RML-Core §5.2)."""
    return [
        RESERVED.sub(lambda found: quote(found[0], safe=""), _written(value))
        for value in arguments.get("value", ())
    ]


def _each(one: Callable[[str, Arguments, Setting], str | Values]) -> Callable[..., Values]:
    """Apply a function to each value; text answers are one value."""

    def run(arguments: Arguments, setting: Setting) -> Values:
        found: list[Value] = []
        for value in arguments.get("value", ()):
            answer = one(str(value), arguments, setting)
            found.extend([answer] if isinstance(answer, str) else answer)
        return [value for value in found if value != ""]

    return run


def _condition(holds: Callable[[Arguments], bool]) -> Callable[..., Values]:
    """Make a condition of a test on all arguments."""
    return lambda arguments, _: truth(holds(arguments))


def _true(values: Values) -> bool:
    """Say whether the answers of a condition all hold."""
    return bool(values) and all(value is True or value == "true" for value in values)


def _count_is(arguments: Arguments) -> bool:
    """Compare the number of values with bounds, both included."""
    count = len(arguments.get("value", ()))
    least, most = first(arguments, "min", "0"), first(arguments, "max", str(count))
    return int(least) <= count <= int(most)


def _chosen(arguments: Arguments, _: Setting) -> Values:
    """Give one of two values by a condition."""
    return arguments.get("then" if _true(arguments.get("condition", ())) else "else", ())


def _value(
    one: Callable[[str, Arguments, Setting], str | Values], needs: str = "value", takes: str = ""
) -> Function:
    """Declare a function of each value."""
    return Function(_each(one), frozenset(needs.split()), frozenset(takes.split()))


def _test(holds: Callable[[Arguments], bool], needs: str, takes: str = "") -> Function:
    """Declare a condition."""
    return Function(_condition(holds), frozenset(needs.split()), frozenset(takes.split()), True)  # noqa: FBT003


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
    "slug": _value(lambda v, _a, _s: slug_of(v)),
    "hash": _value(lambda v, _a, _s: hashlib.sha256(v.encode()).hexdigest()[:16]),
    "htmlToText": _value(lambda v, _a, _s: text_of_html(v)),
    "postalCode": _value(lambda v, _a, _s: postal_code(v)),
    "fsa": _value(lambda v, _a, _s: sortation_area(v)),
    "phone": _value(lambda v, _a, _s: phone(v)),
    "money": _value(lambda v, _a, s: money(v, s)),
    "number": Function(
        lambda a, s: [found for v in a["value"] for found in in_figures(v, s)],
        frozenset({"value"}),
        frozenset(),
    ),
    "boolean": _value(yes_or_no, "value yes no"),
    "nullIf": Function(null_if, frozenset({"value", "list"}), frozenset()),
    "year": _value(lambda v, _a, s: str(moment(v, s.reading).year)),
    "date": _value(lambda v, _a, s: moment(v, s.reading).isoformat()[:10]),
    "concept": _value(concept, "value scheme"),
    "lookup": _value(looked_up, "value table", "column"),
    "iriSafe": Function(iri_safe, frozenset({"value"}), frozenset()),
    "concat": Function(concat, frozenset({"value", "other"}), frozenset()),
    "join": Function(
        lambda a, _: [first(a, "separator").join(map(str, a["value"]))] if a["value"] else [],
        frozenset({"value"}),
        frozenset({"separator"}),
    ),
    "coalesce": Function(lambda a, _: a["value"][:1], frozenset({"value"}), frozenset()),
    "if": Function(_chosen, frozenset({"condition", "then"}), frozenset({"else"})),
    "matches": _test(
        lambda a: any(re.search(first(a, "pattern"), str(v)) for v in a["value"]), "value pattern"
    ),
    "contains": _test(
        lambda a: any(str(part) in str(v) for part in a["find"] for v in a["value"]), "value find"
    ),
    "equal": _test(
        lambda a: {str(v) for v in a["value"]} == {str(v) for v in a["other"]}, "value other"
    ),
    "inList": _test(
        lambda a: any(str(v) in {str(one) for one in a["list"]} for v in a["value"]), "value list"
    ),
    "isEmpty": _test(lambda a: not a["value"], "value"),
    "notEmpty": _test(lambda a: bool(a["value"]), "value"),
    "not": _test(lambda a: not _true(a["condition"]), "condition"),
    "and": _test(lambda a: _true(a["condition"]), "condition"),
    "or": _test(lambda a: any(_true([v]) for v in a["condition"]), "condition"),
    "countIs": _test(_count_is, "value", "min max"),
    "allDay": Function(all_day, frozenset({"start", "end"}), frozenset(), condition=True),
}
