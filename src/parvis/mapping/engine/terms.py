"""Term maps compiled: closures that turn a row into terms, as N-Triples writes them.

Where one reference makes the terms, each value alone, the compiled map says so: a table's rows
then take the short way (`Program`).
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
from parvis.mapping.engine.evaluation import PLAIN, Evaluate, around, as_text, encoded, evaluator
from parvis.mapping.engine.functions import Setting
from parvis.mapping.engine.rows import Row
from parvis.mapping.engine.values import (
    CONVERTERS,
    DATE_TIME,
    FARTHEST,
    NATURAL,
    TEMPORAL,
    XSD,
    Refused,
)
from parvis.mapping.language.plan import ObjectMap, Reading, Template, Value, references
from parvis.rdf.ntriples import ABSOLUTE, absolute, ending, escaped, literal

# What most texts of a column become: themselves, between two others.

Write = Callable[[Value], str]
"""Writes a value as a term of N-Triples; raises `Refused`."""


class Framed(NamedTuple):
    """A text that passes the test stands as it is between `start` and `end`."""

    test: Callable[[str], object]
    start: str
    end: str


class Quoted(NamedTuple):
    """Any text stands between a quotation mark and `end`, escaped."""

    end: str
    start: str = '"'


Form = Framed | Quoted


def shortened(general: Write, form: Framed) -> Write:
    """Take the short way with texts that pass the test, the general one with all other values."""
    test, start, end = form

    def write(value: Value) -> str:
        if isinstance(value, str) and test(value):
            return f"{start}{value}{end}"
        return general(value)

    return write


# Literals as N-Triples text: each datatype's converter makes and checks the lexical form.
#
# Most values of a clean file are canonical as they stand: they are recognised, and taken as they
# are. All others go through their converter.

Recognise = Callable[[str], object]
"""Says whether a text is a canonical form (XSD 1.1 part 2) of what the source means by it."""

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
FRACTION = re.compile(r"(?:0|-?[1-9][0-9]{0,17})|-?(?:0|[1-9][0-9]{0,17})\.[0-9]{0,17}[1-9]")
MOMENT = re.compile(
    r"([0-9]{4}-[01][0-9]-[0-3][0-9])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([+-].{5})"
)
REPEATED = frozenset({f"{XSD}date", f"{XSD}gYear", f"{XSD}boolean", TEMPORAL})
"""Datatypes whose values come again and again in a column, and take long to read."""
REMEMBERED = 4_096


def writer(reading: Reading, datatype: str | None, language: str | None = None) -> Write:
    """Give what writes one value as a literal; it raises `Refused`."""
    converter = CONVERTERS.get(datatype or "")
    if converter is None:
        return _plain(reading, datatype, language)

    def convert(value: Value) -> str:
        text, kind = converter(value, reading)
        return f'"{text}"^^<{kind}>'

    if datatype in REPEATED:
        return lru_cache(REMEMBERED, typed=True)(convert)
    form = framed(reading, datatype)
    return convert if form is None else shortened(convert, form)


def framed(reading: Reading, datatype: str | None) -> Framed | None:
    """Give the form of a datatype's canonical values, if they can be recognised."""
    recognise = _recognised(reading, datatype)
    return recognise and Framed(recognise, '"', ending(datatype))


def _recognised(reading: Reading, datatype: str | None) -> Recognise | None:
    """Give what recognises a datatype's canonical forms, as a source writes them."""
    if datatype == DATE_TIME:
        return _moments(ZoneInfo(reading.timezone_out) if reading.timezone else None)
    point = reading.point == "." and reading.group != "."
    if datatype == f"{XSD}integer" and point:
        return WHOLE.fullmatch
    if datatype == f"{XSD}decimal" and point:
        return FRACTION.fullmatch
    return None


def _moments(zone: ZoneInfo | None) -> Recognise:
    """Recognise moments told in a zone, if there is one, on days on which it keeps one offset."""

    @lru_cache(REMEMBERED)
    def kept(day: str, offset: str) -> bool:
        try:
            start = dt.datetime.fromisoformat(f"{day}T00:00:00{offset}")
            inside = start.astimezone(zone) if zone else start
            end = (inside + dt.timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            return False
        near = abs(start.utcoffset() or FARTHEST) < FARTHEST
        return near and inside.isoformat()[10:] == f"T00:00:00{offset}" and end[19:] == offset

    def recognise(text: str) -> bool:
        found = MOMENT.fullmatch(text)
        return found is not None and kept(*found.groups())

    return recognise


def _plain(reading: Reading, datatype: str | None, language: str | None) -> Write:
    """Give what writes a value that no converter concerns."""
    natural, end = NATURAL[reading.numbers], ending(datatype, language)

    def write(value: Value) -> str:
        if isinstance(value, str):
            return f'"{escaped(value)}{end}'
        text, own = natural(value)
        return literal(text, datatype or (None if language else own), language)

    return write


Several = Callable[[Row], list[str]]
Within = Callable[[str, str], Write]
"""Gives what writes a value between two texts."""

ENCODING = frozenset({"iri", "uri"})
"""Kinds of terms that encode the values within their templates."""

NOT_ASCII = re.compile(r"[^\x00-\x7f]")
NOT_LABEL = re.compile(r"[^A-Za-z0-9]")
LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[ix])(?:-[A-Za-z0-9]{1,8})*")
"""A language tag; words of four letters and more are in no registry (RFC 5646 §2.2.1)."""
DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
"""A step that means “here” or “above”, not a name (RFC 3986 §5.2.4)."""

_FAMILIES = count(1)
"""One number for each term map that numbers its blank nodes."""

BAD_IRI = N_("“{value}” cannot be part of an address (IRI)")
BAD_LANGUAGE = N_("“{value}” is not a language tag")


class Terms(NamedTuple):
    """A term map, compiled.

    `of` gives all terms of a row; what cannot be made is left in `Row.refused`. `fixed` are the
    terms if they are the same for all rows. `column` and `write` say how each value of a single
    reference becomes a term; `write` raises `Refused`, and `form` tells what it does with most
    texts.
    """

    of: Several
    fixed: tuple[str, ...] | None = None
    column: str | None = None
    write: Write | None = None
    form: Form | None = None


def terms_of(made: ObjectMap, setting: Setting, base: str, *, standard: bool = True) -> Terms:
    """Compile a term map; its relative IRIs are resolved against `base`.

    `standard` appends them to it, as RML-Core says; else they are resolved as RFC 3986 says.
    """
    if made.kind == "blank":
        return _blank_nodes(made, setting)
    if made.kind == "literal":
        return _literals(made, setting, base)
    return _iris(made, setting, _resolver(made, made.base or base, standard=standard))


def texts_of(made: ObjectMap, setting: Setting) -> Several:
    """Compile the values of a term map as text, however a source types them."""
    evaluate = evaluator(made.value, setting, safe=made.kind in ENCODING)
    return lambda row: [as_text(value) for value in evaluate(row)]


def _made(evaluate: Evaluate, write: Write) -> Several:
    """Write each value that an expression gives; a refused one costs the others nothing."""

    def run(row: Row) -> list[str]:
        return _written(evaluate(row), write, row)

    return run


def _written(values: Iterable[Value], write: Write, row: Row) -> list[str]:
    """Write values, and leave in the row what cannot be."""
    terms = []
    for value in values:
        try:
            terms.append(write(value))
        except Refused as refused:
            row.refused.append(refused)
    return terms


def _terms(made: ObjectMap, setting: Setting, write: Write, within: Within) -> Terms:
    """Compile a term map from what writes a whole value, and a value within a template."""
    evaluate = evaluator(made.value, setting, safe=made.kind in ENCODING)
    if not isinstance(made.value, Template):
        return Terms(_made(evaluate, write))
    if not references(made.value):
        return _fixed(made.value, write) or Terms(_made(evaluate, write))
    if (single := around(made.value)) is None:
        return Terms(_made(evaluate, write))
    before, name, after = single
    each = write if made.value.reference else within(before, after)
    return Terms(_made(lambda row: row.get(name), each), None, name, each)


def _fixed(template: Template, write: Write) -> Terms | None:
    """Write what has no reference once; nothing if it cannot be, which each row then tells."""
    try:
        terms = [write("".join(map(str, template.parts)))]
    except Refused:
        return None
    return Terms(lambda _: terms, tuple(terms))


def _iris(made: ObjectMap, setting: Setting, resolve: Callable[[str], str]) -> Terms:
    """Compile IRIs."""
    inside = encoded if made.kind in ENCODING else as_text

    def write(value: Value) -> str:
        return resolve(as_text(value))

    def within(before: str, after: str) -> Write:
        return lambda value: resolve(f"{before}{inside(value)}{after}")

    terms = _terms(made, setting, write, within)
    form = _brackets(made, resolve)
    if form is None or terms.column is None or terms.write is None:
        return terms
    column, short = terms.column, shortened(terms.write, form)
    return Terms(_made(lambda row: row.get(column), short), None, column, short, form)


def _brackets(made: ObjectMap, resolve: Callable[[str], str]) -> Framed | None:
    """Check once what stands around the value of a template, if it is good for plain ones."""
    single = around(made.value) if isinstance(made.value, Template) else None
    if single is None or made.kind != "iri" or not single[0]:
        return None
    before, _, after = single
    try:
        start, end = resolve(f"{before}x{after}").split(f"{before}x{after}")
    except (Refused, ValueError):
        return None
    return Framed(PLAIN.fullmatch, start + before, after + end)


def _resolver(made: ObjectMap, base: str, *, standard: bool) -> Callable[[str], str]:
    """Give what makes an IRI of a text."""
    ascii_only = made.kind == "uri"
    only = made.value.reference if isinstance(made.value, Template) else None
    resolved = base.__add__ if standard else _resolved(base)

    def resolve(text: str) -> str:
        full = text if ABSOLUTE.match(text) else resolved(text)
        if ascii_only and only is None:
            full = NOT_ASCII.sub(lambda found: quote(found[0]), full)
        if ascii_only and not full.isascii():
            raise Refused("bad-iri", BAD_IRI, value=text)
        try:
            return absolute(full)
        except ValueError as error:
            raise Refused("bad-iri", BAD_IRI, value=text) from error

    return resolve


def _resolved(base: str) -> Callable[[str], str]:
    """Give what resolves a relative IRI; a step of dots would name something else."""
    root = urljoin(base, "./")

    def resolved(text: str) -> str:
        if DOTS.search(text):
            raise Refused("bad-iri", BAD_IRI, value=text)
        return root + text if text[:1].isalnum() else urljoin(base, text)

    return resolved


def _blank_nodes(made: ObjectMap, setting: Setting) -> Terms:
    """Compile blank nodes: equal values make one node, in whatever triples map they are."""
    if made.value == Template(()):
        return _numbered()
    texts = texts_of(made, setting)
    return Terms(lambda row: [f"_:b{_label(text)}" for text in texts(row)])


def _numbered() -> Terms:
    """Compile blank nodes that are another one for each row: all terms of a row share it."""
    numbers = count(1)
    family = next(_FAMILIES)
    return Terms(lambda _: [f"_:r{family}x{next(numbers)}"])


def _label(text: str) -> str:
    """Write any text as a label of letters and digits, no two alike."""
    return NOT_LABEL.sub(lambda found: f"_{ord(found[0]):x}_", text)


def _literals(made: ObjectMap, setting: Setting, base: str) -> Terms:
    """Compile literals; datatype or language may be told by the row."""
    reading = setting.reading
    if made.datatype_map is None and made.language_map is None:
        write = writer(reading, made.datatype, made.language)
        terms = _terms(made, setting, write, lambda b, a: lambda v: write(f"{b}{as_text(v)}{a}"))
        return terms if terms.write is not write else terms._replace(form=_form(made, reading))
    evaluate = evaluator(made.value, setting)
    writers: Callable[[Row], list[Write]]
    if made.datatype_map:
        datatypes = terms_of(made.datatype_map, setting, base).of
        writers = lambda row: [writer(reading, one[1:-1]) for one in datatypes(row)]  # noqa: E731 - two forms of one thing
    else:
        tags = _tags(made, setting)
        writers = lambda row: [writer(reading, None, tag) for tag in tags(row)]  # noqa: E731 - the same
    return Terms(
        lambda row: [term for write in writers(row) for term in _written(evaluate(row), write, row)]
    )


def _form(made: ObjectMap, reading: Reading) -> Form | None:
    """Give the form of a literal's most texts."""
    if made.datatype in CONVERTERS:
        return framed(reading, made.datatype)
    return Quoted(ending(made.datatype, made.language))


def _tags(made: ObjectMap, setting: Setting) -> Several:
    """Compile the language tags that a source gives."""
    language = made.language_map or ObjectMap(Template(()))
    return _made(texts_of(language, setting), _tag)


def _tag(value: Value) -> str:
    """Check a language tag."""
    if not LANGUAGE.fullmatch(text := str(value)):
        raise Refused("bad-language", BAD_LANGUAGE, value=text)
    return text
