"""Compile term maps into closures that turn a row into terms, as N-Triples writes them.

Where a single reference makes the terms, each value alone, the compiled map says so: the rows of
a table then take the fast path (`EntityProgram`).
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from urllib.parse import quote, urljoin
from zoneinfo import ZoneInfo

from parvis.i18n import N_
from parvis.mapping.engine.functions import (
    Evaluate,
    FunctionContext,
    compile_expression,
    find_single_reference,
)
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.values import (
    CONVERTERS,
    DATE_TIME,
    FARTHEST,
    NATURAL,
    PLAIN,
    TEMPORAL,
    XSD,
    InvalidValue,
    as_text,
    encode_for_iri,
)
from parvis.mapping.language.plan import ObjectMap, Template, Value, ValueFormat, references
from parvis.rdf.ntriples import ABSOLUTE, absolute, ending, escape_literal, literal, needs_no_escape

Write = Callable[[Value], str]
"""Writes a value as a term of N-Triples; raises `InvalidValue`."""


class DelimitedForm(NamedTuple):
    """A text that passes the test is written as it is, between `start` and `end`."""

    test: Callable[[str], object]
    start: str
    end: str


def add_fast_path(general: Write, form: DelimitedForm) -> Write:
    """Write texts that pass the test of `form` directly, all other values by `general`."""
    test, start, end = form

    def write(value: Value) -> str:
        if isinstance(value, str) and test(value):
            return f"{start}{value}{end}"
        return general(value)

    return write


# Literals: the converter of a datatype makes and checks the lexical form. Most values of a clean
# file are canonical already: they are recognised and written as they are.

Recognise = Callable[[str], object]
"""Tests whether a text is a canonical form (XSD 1.1 part 2) of what the source means by it."""

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
FRACTION = re.compile(r"(?:0|-?[1-9][0-9]{0,17})|-?(?:0|[1-9][0-9]{0,17})\.[0-9]{0,17}[1-9]")
MOMENT = re.compile(
    r"([0-9]{4}-[01][0-9]-[0-3][0-9])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([+-].{5})"
)
REPEATED = frozenset({f"{XSD}date", f"{XSD}gYear", f"{XSD}boolean", TEMPORAL})
"""Datatypes whose values recur in a column and take long to read."""
REMEMBERED = 4_096


def literal_writer(
    reading: ValueFormat, datatype: str | None, language: str | None = None
) -> Write:
    """Return a function that writes a value as a literal; it raises `InvalidValue`."""
    converter = CONVERTERS.get(datatype or "")
    if converter is None:
        natural, end = NATURAL[reading.numbers], ending(datatype, language)

        def write(value: Value) -> str:
            if isinstance(value, str):
                return f'"{escape_literal(value)}{end}'
            text, own = natural(value)
            return literal(text, datatype or (None if language else own), language)

        return write

    def convert(value: Value) -> str:
        text, kind = converter(value, reading)
        return f'"{text}"^^<{kind}>'

    if datatype in REPEATED:
        # typed: True and 1 are equal but are not written alike.
        return lru_cache(REMEMBERED, typed=True)(convert)
    form = canonical_form(reading, datatype)
    return convert if form is None else add_fast_path(convert, form)


def canonical_form(reading: ValueFormat, datatype: str | None) -> DelimitedForm | None:
    """Return the form of a datatype's canonical values, if they can be recognised."""
    recognise: Recognise | None = None
    point = reading.point == "." and reading.group != "."
    if datatype == DATE_TIME:
        zone = ZoneInfo(reading.timezone_out) if reading.timezone else None
        recognise = _compile_time_test(zone)
    elif datatype == f"{XSD}integer" and point:
        recognise = WHOLE.fullmatch
    elif datatype == f"{XSD}decimal" and point:
        recognise = FRACTION.fullmatch
    return recognise and DelimitedForm(recognise, '"', ending(datatype))


def _compile_time_test(zone: ZoneInfo | None) -> Recognise:
    """Recognise times in the output zone, if there is one."""

    @lru_cache(REMEMBERED)
    def has_one_offset(day: str, offset: str) -> bool:
        # A day on which the clocks change has two offsets: its times need the converter.
        try:
            start = dt.datetime.fromisoformat(f"{day}T00:00:00{offset}")
            local = start.astimezone(zone) if zone else start
            end = (local + dt.timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            return False
        near = abs(start.utcoffset() or FARTHEST) < FARTHEST
        return near and local.isoformat()[10:] == f"T00:00:00{offset}" and end[19:] == offset

    def recognise(text: str) -> bool:
        match = MOMENT.fullmatch(text)
        return match is not None and has_one_offset(*match.groups())

    return recognise


RowTerms = Callable[[SourceRow], list[str]]
Within = Callable[[str, str], Write]
"""Returns a function that writes a value between two texts."""

ENCODING = frozenset({"iri", "uri"})
"""Term types that percent-encode the values within their templates."""

NOT_ASCII = re.compile(r"[^\x00-\x7f]")
NOT_LABEL = re.compile(r"[^A-Za-z0-9]")
LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[ix])(?:-[A-Za-z0-9]{1,8})*")
"""A language tag; subtags of four letters and more are in no registry (RFC 5646 §2.2.1)."""
DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
"""A dot segment (RFC 3986 §5.2.4)."""

HOST = re.compile(
    r"(?://)?(?:[^\W_](?:[^\W_]|-)*\.)+(?!(?:gif|html?|jpe?g|pdf|php|png|svg|webp)\b)[^\W\d_]{2,}"
    r"(?::\d+)?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
"""A host without its scheme, as people write it: www.exemple.example/salle; no name of a file."""

_FAMILIES = count(1)
"""One number for each term map that numbers its blank nodes."""

BAD_IRI = N_("“{value}” cannot be part of an identifier")
BAD_LANGUAGE = N_("“{value}” is not a language tag")


class CompiledTermMap(NamedTuple):
    """A compiled term map.

    `terms` returns all terms of a row and adds what cannot be made to `SourceRow.refused`. `fixed`
    are the terms if they are the same for all rows. `column` and `write` tell how each value of a
    single reference becomes a term; `write` raises `InvalidValue`; `form` is what it makes of most
    texts.
    """

    terms: RowTerms
    fixed: tuple[str, ...] | None = None
    column: str | None = None
    write: Write | None = None
    form: DelimitedForm | None = None


def compile_term_map(
    term_map: ObjectMap, setting: FunctionContext, base: str, *, standard: bool = True
) -> CompiledTermMap:
    """Compile a term map.

    Relative IRIs are appended to `base` if `standard`, as RML-Core says; else they are resolved
    against it (RFC 3986).
    """
    if term_map.kind == "literal":
        return _compile_literals(term_map, setting, base)
    if term_map.kind != "blank":
        return _compile_iris(term_map, setting, term_map.base or base, standard=standard)
    if term_map.value == Template(()):
        # No value: one new blank node for each row, which all terms of the row share.
        numbers = count(1)
        family = next(_FAMILIES)
        return CompiledTermMap(lambda _: [f"_:r{family}x{next(numbers)}"])
    texts = compile_texts(term_map, setting)

    def label(text: str) -> str:
        # Letters and digits only; other characters are written as their codes.
        return NOT_LABEL.sub(lambda match: f"_{ord(match[0]):x}_", text)

    # Equal values make one blank node, in whatever triples map they are.
    return CompiledTermMap(lambda row: [f"_:b{label(text)}" for text in texts(row)])


def compile_texts(term_map: ObjectMap, setting: FunctionContext) -> RowTerms:
    """Compile the values of a term map as text, however a source types them."""
    evaluate = compile_expression(term_map.value, setting, safe=term_map.kind in ENCODING)
    return lambda row: [as_text(value) for value in evaluate(row)]


def _write_all(evaluate: Evaluate, write: Write) -> RowTerms:
    return lambda row: _write_values(evaluate(row), write, row)


def _write_values(values: Iterable[Value], write: Write, row: SourceRow) -> list[str]:
    """Write each value; an invalid one does not lose the others."""
    terms = []
    for value in values:
        try:
            terms.append(write(value))
        except InvalidValue as error:
            row.refused.append(error)
    return terms


def _compile_terms(
    term_map: ObjectMap, setting: FunctionContext, write: Write, within: Within
) -> CompiledTermMap:
    """Compile a term map; `write` takes a whole value, `within` a value in a template."""
    evaluate = compile_expression(term_map.value, setting, safe=term_map.kind in ENCODING)
    if not isinstance(term_map.value, Template):
        return CompiledTermMap(_write_all(evaluate, write))
    if not references(term_map.value):
        try:
            terms = [write("".join(map(str, term_map.value.parts)))]
        except InvalidValue:
            # An invalid constant is reported for each row.
            return CompiledTermMap(_write_all(evaluate, write))
        return CompiledTermMap(lambda _: terms, tuple(terms))
    if (single := find_single_reference(term_map.value)) is None:
        return CompiledTermMap(_write_all(evaluate, write))
    before, name, after = single
    write_value = write if term_map.value.reference else within(before, after)
    return CompiledTermMap(
        _write_all(lambda row: row.get(name), write_value), None, name, write_value
    )


def _compile_iris(
    term_map: ObjectMap, setting: FunctionContext, base: str, *, standard: bool
) -> CompiledTermMap:
    encode = encode_for_iri if term_map.kind in ENCODING else as_text
    resolve = _compile_resolver(term_map, base, standard=standard)

    def write(value: Value) -> str:
        return resolve(as_text(value))

    def within(before: str, after: str) -> Write:
        return lambda value: resolve(f"{before}{encode(value)}{after}")

    terms = _compile_terms(term_map, setting, write, within)
    column, general = terms.column, terms.write
    single = find_single_reference(term_map.value) if isinstance(term_map.value, Template) else None
    if column is None or general is None or single is None:
        return terms
    before, _, after = single
    if term_map.kind != "iri" or not before:
        return terms
    try:
        # The fixed parts of a template are checked once: plain values cannot spoil them.
        start, end = resolve(f"{before}x{after}").split(f"{before}x{after}")
    except (InvalidValue, ValueError):
        return terms
    form = DelimitedForm(PLAIN.fullmatch, start + before, after + end)
    short = add_fast_path(general, form)
    return CompiledTermMap(
        _write_all(lambda row: row.get(column), short), None, column, short, form
    )


def _compile_resolver(term_map: ObjectMap, base: str, *, standard: bool) -> Callable[[str], str]:
    """Return a function that makes an IRI of a text; it raises `InvalidValue`."""
    ascii_only = term_map.kind == "uri"
    reference = term_map.value.reference if isinstance(term_map.value, Template) else None
    root = urljoin(base, "./")

    def resolve_relative(text: str) -> str:
        if standard:
            return base + text
        if reference is not None and not term_map.base:
            # A partner's value alone is no name of the pool's: most often it is a website.
            if not HOST.fullmatch(text):
                raise InvalidValue("bad-iri", BAD_IRI, value=text)
            return f"https://{text.removeprefix('//')}"
        # A value with dot segments would name something above the base.
        if DOTS.search(text):
            raise InvalidValue("bad-iri", BAD_IRI, value=text)
        return root + text if text[:1].isalnum() else urljoin(base, text)

    def resolve(text: str) -> str:
        full = text if ABSOLUTE.match(text) else resolve_relative(text)
        # What is a mere reference is never encoded: outside ASCII it is refused.
        if ascii_only and reference is None:
            full = NOT_ASCII.sub(lambda match: quote(match[0]), full)
        if ascii_only and not full.isascii():
            raise InvalidValue("bad-iri", BAD_IRI, value=text)
        try:
            return absolute(full)
        except ValueError as error:
            raise InvalidValue("bad-iri", BAD_IRI, value=text) from error

    return resolve


def _compile_literals(term_map: ObjectMap, setting: FunctionContext, base: str) -> CompiledTermMap:
    """Compile literals; their datatype or language may depend on the row."""
    reading = setting.reading
    datatype, language = term_map.datatype, term_map.language
    if term_map.datatype_map is None and term_map.language_map is None:
        write = literal_writer(reading, datatype, language)
        terms = _compile_terms(
            term_map, setting, write, lambda b, a: lambda v: write(f"{b}{as_text(v)}{a}")
        )
        plain = DelimitedForm(needs_no_escape, '"', ending(datatype, language))
        form = canonical_form(reading, datatype) if datatype in CONVERTERS else plain
        return terms._replace(form=form) if terms.write is write else terms
    evaluate = compile_expression(term_map.value, setting)
    writers: Callable[[SourceRow], list[Write]]
    if term_map.datatype_map:
        datatypes = compile_term_map(term_map.datatype_map, setting, base).terms
        writers = lambda row: [literal_writer(reading, iri[1:-1]) for iri in datatypes(row)]  # noqa: E731 - two forms of one thing
    else:
        language_map = term_map.language_map or ObjectMap(Template(()))
        tags = _write_all(compile_texts(language_map, setting), _check_language)
        writers = lambda row: [literal_writer(reading, None, tag) for tag in tags(row)]  # noqa: E731 - the same
    return CompiledTermMap(
        lambda row: [
            term for write in writers(row) for term in _write_values(evaluate(row), write, row)
        ]
    )


def _check_language(value: Value) -> str:
    if not LANGUAGE.fullmatch(text := str(value)):
        raise InvalidValue("bad-language", BAD_LANGUAGE, value=text)
    return text
