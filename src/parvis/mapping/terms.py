"""Term maps compiled: closures that turn a row into terms, as N-Triples writes them.

Where one reference makes the terms, each value alone, the compiled map says so: a table's rows
then take the short way (`Program`).
"""

import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import NamedTuple
from urllib.parse import quote, urljoin

from parvis.i18n import N_
from parvis.mapping.evaluation import PLAIN, Evaluate, around, as_text, encoded, evaluator
from parvis.mapping.forms import Form, Framed, Quoted, Write, shortened
from parvis.mapping.functions import Setting
from parvis.mapping.literals import framed, writer
from parvis.mapping.plan import ObjectMap, Reading, Template, Value, references
from parvis.mapping.rows import Row
from parvis.mapping.values import CONVERTERS, Refused
from parvis.rdf.ntriples import ABSOLUTE, absolute, ending

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
