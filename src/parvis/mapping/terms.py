"""Term maps by the letter of RML, compiled: closures that turn a row into terms."""

import re
from collections.abc import Callable
from itertools import count
from urllib.parse import quote

from parvis.i18n import N_
from parvis.mapping.functions import Setting
from parvis.mapping.plan import ObjectMap, Template
from parvis.mapping.program import BAD_IRI, evaluator
from parvis.mapping.rows import Row
from parvis.mapping.values import CONVERTERS, NATURAL, Refused
from parvis.rdf.ntriples import ABSOLUTE, iri, literal

Terms = Callable[[Row], list[str]]

NOT_ASCII = re.compile(r"[^\x00-\x7f]")
NOT_LABEL = re.compile(r"[^A-Za-z0-9]")
LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[ix])(?:-[A-Za-z0-9]{1,8})*")
"""A language tag; words of four letters and more are in no registry (RFC 5646 §2.2.1)."""

_FAMILIES = count(1)
"""One number for each term map that numbers its blank nodes."""

BAD_LANGUAGE = N_("“{value}” is not a language tag")


def terms_of(made: ObjectMap, setting: Setting, base: str) -> Terms:
    """Compile a term map; `base` is what its relative IRIs are appended to."""
    if made.kind == "blank":
        return _blank_nodes(made, setting)
    if made.kind == "literal":
        return _literals(made, setting, base)
    return _iris(made, setting, made.base or base)


def texts_of(made: ObjectMap, setting: Setting) -> Terms:
    """Compile the values of a term map as text, however a source types them."""
    evaluate = evaluator(made.value, setting, safe=made.kind in ("iri", "uri"))
    return lambda row: [_text(value) for value in evaluate(row)]


def _text(value: object) -> str:
    """Write a value as text."""
    return value if isinstance(value, str) else NATURAL["decimal"](value)[0]  # type: ignore[arg-type] # values by construction


def _iris(made: ObjectMap, setting: Setting, base: str) -> Terms:
    """Compile IRIs: a relative one is appended to the base (RML-Core, base IRI)."""
    texts = texts_of(made, setting)
    ascii_only = made.kind == "uri"
    only = made.value.reference if isinstance(made.value, Template) else None

    def run(row: Row) -> list[str]:
        return [resolve(text) for text in texts(row)]

    def resolve(text: str) -> str:
        full = text if ABSOLUTE.match(text) else base + text
        if ascii_only and only is None:
            full = NOT_ASCII.sub(lambda found: quote(found[0]), full)
        if ascii_only and not full.isascii():
            raise Refused("bad-iri", BAD_IRI, value=text)
        try:
            return iri(full)
        except ValueError as error:
            raise Refused("bad-iri", BAD_IRI, value=text) from error

    return run


def _blank_nodes(made: ObjectMap, setting: Setting) -> Terms:
    """Compile blank nodes: equal values make one node, in whatever triples map they are."""
    if made.value == Template(()):
        return _numbered()
    texts = texts_of(made, setting)
    return lambda row: [f"_:b{_label(text)}" for text in texts(row)]


def _numbered() -> Terms:
    """Compile blank nodes that are another one for each row: all terms of a row share it."""
    numbers = count(1)
    family = next(_FAMILIES)
    return lambda _: [f"_:r{family}x{next(numbers)}"]


def _label(text: str) -> str:
    """Write any text as a label of letters and digits, no two alike."""
    return NOT_LABEL.sub(lambda found: f"_{ord(found[0]):x}_", text)


def _literals(made: ObjectMap, setting: Setting, base: str) -> Terms:
    """Compile literals; the datatype's converter makes and checks the lexical form."""
    evaluate = evaluator(made.value, setting)
    if made.datatype_map:
        datatypes = terms_of(made.datatype_map, setting, base)
        return lambda row: [
            _writer(setting, datatype[1:-1])(value)
            for datatype in datatypes(row)
            for value in evaluate(row)
        ]
    if made.language_map:
        languages = texts_of(made.language_map, setting)
        return lambda row: [
            _writer(setting, None, _tag(tag))(value)
            for tag in languages(row)
            for value in evaluate(row)
        ]
    write = _writer(setting, made.datatype, made.language)
    return lambda row: [write(value) for value in evaluate(row)]


def _writer(
    setting: Setting, datatype: str | None, language: str | None = None
) -> Callable[[object], str]:
    """Give what writes one value as a literal."""
    reading = setting.reading
    converter, natural = CONVERTERS.get(datatype or ""), NATURAL[reading.numbers]

    def convert(value: object) -> str:
        return literal(*converter(value, reading))  # type: ignore[misc, arg-type] # values by construction

    def write(value: object) -> str:
        text, own = natural(value)  # type: ignore[arg-type] # the same
        return literal(text, datatype or (None if language else own), language)

    return convert if converter else write


def _tag(text: str) -> str:
    """Check a language tag that a source gives."""
    if not LANGUAGE.fullmatch(text):
        raise Refused("bad-language", BAD_LANGUAGE, value=text)
    return text
