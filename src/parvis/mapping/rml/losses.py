"""What a mapping says that RML cannot: told when one is exported, and left out or changed.

What is lost makes the exported mapping give other triples, or other words in the report, on some
files; a mapping without losses gives the same graph, either way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parvis.i18n import N_, both
from parvis.mapping.engine.terms import DOTS, LANGUAGE
from parvis.mapping.engine.values import TEMPORAL
from parvis.mapping.language.plan import (
    Document,
    EntityMap,
    Formulation,
    ObjectMap,
    PredicateObject,
    Reading,
    Source,
    Template,
    calls,
)
from parvis.mapping.sources.packed import ONLY
from parvis.rdf.ntriples import ABSOLUTE
from parvis.vocab.namespaces import PREFIXES

Text = dict[str, str]
"""A sentence in each language."""

XSD = PREFIXES["xsd"]
WRITTEN: frozenset[Formulation] = frozenset({"csv", "jsonpath", "xpath", "sql"})
UTF = ("utf-8", "utf-16")
NUMBERS = frozenset(
    {f"{XSD}{name}" for name in ("decimal", "integer", "double")} | {"money", "number"}
)
TIMES = frozenset(
    {f"{XSD}date", f"{XSD}dateTime", TEMPORAL, "date", "year", "allDay"},
)
"""Datatypes and functions that read numbers, and times."""

SOURCE_OUT = N_("source “{name}” is left out with what is made of it: RML has no word for “{key}”")
ENTITY_OUT = N_("“{name}” is left out: RML has no tables for fn:lookup")
PAIR_OUT = N_("“{name}”: {predicate} is left out: RML has no tables for fn:lookup")
TAG_OUT = N_("“{name}”: {predicate} is left out: “{text}” is not a language tag")
KEY_LOST = N_("source “{name}”: “{key}” is lost: RML does not say how values are written")
OPTIONAL = N_("source “{name}”: “optional” is lost: a column that is missing is an error in RML")
NUMBER = N_(
    "source “{name}”: numbers with a fraction become xsd:double, and a list under a plain name "
    "is refused"
)
RELATIVE = N_("“{name}”: “{text}” may become another address: RML appends it to the base as it is")
CHECK = N_("the check “{name}” is lost: RML has no notices on rows")
OWN = N_("“{name}”: the datatype fn:dateOrDateTime means something to parvis only")


@dataclass(frozen=True)
class Kept:
    """What can be written: sources, and entity maps with their pairs."""

    sources: frozenset[str]
    entities: tuple[EntityMap, ...]
    losses: tuple[Text, ...]


def kept(document: Document) -> Kept:
    """Say what of a document can be written, and what is lost."""
    losses = [both(CHECK, name=check.rule) for check in document.checks]
    sources = set()
    for source in document.sources.values():
        out = [key for key, holds in OUT.items() if holds(source)]
        losses += [both(SOURCE_OUT, name=source.name, key=key) for key in out[:1]]
        if not out:
            sources.add(source.name)
            losses += _changed(document, source)
    entities = []
    for entity in document.entities:
        if sources.isdisjoint(entity.sources):
            continue
        found, lost = _entity(document, entity)
        losses += lost
        entities += [found] if found else []
    return Kept(frozenset(sources), tuple(entities), tuple(losses))


def _entity(document: Document, entity: EntityMap) -> tuple[EntityMap | None, list[Text]]:
    """Give what of an entity map can be written, and what is lost."""
    fields = [value for name in entity.sources for _, value in document.sources[name].fields]
    looked_up = {call.function for value in fields for call in calls(value)} & {"lookup"}
    if looked_up or _looks_up(ObjectMap(entity.subject, condition=entity.condition)):
        return None, [both(ENTITY_OUT, name=entity.name)]
    pairs = []
    losses = _relative(entity)
    for pair in entity.predicate_objects:
        loss = _pair(entity, pair)
        losses += [loss] if loss else []
        if pair.object.datatype == TEMPORAL:
            losses.append(both(OWN, name=entity.name))
        pairs += [] if loss else [pair]
    return _with(entity, pairs), losses


def _relative(entity: EntityMap) -> list[Text]:
    """Say which relative IRIs resolve otherwise than by being appended (RFC 3986 §5.2)."""
    made = [one.object.value for one in entity.predicate_objects if one.object.kind == "iri"]
    texts = [
        "".join(part if isinstance(part, str) else "x" for part in value.parts)
        for value in (entity.subject, *made)
        if isinstance(value, Template) and value.reference is None
    ]
    return [
        both(RELATIVE, name=entity.name, text=text)
        for text in texts
        if not ABSOLUTE.match(text) and (DOTS.search(text) or not text[:1].isalnum())
    ]


def _with(entity: EntityMap, pairs: list[PredicateObject]) -> EntityMap:
    """Give an entity map with other pairs."""
    return EntityMap(
        entity.name, entity.sources, entity.subject, tuple(pairs), condition=entity.condition
    )


def _pair(entity: EntityMap, pair: PredicateObject) -> Text | None:
    """Say why a pair cannot be written, if it cannot."""
    if _looks_up(pair.object):
        return both(PAIR_OUT, name=entity.name, predicate=pair.predicate)
    tag = pair.object.language
    if tag and not LANGUAGE.fullmatch(tag):
        return both(TAG_OUT, name=entity.name, predicate=pair.predicate, text=tag)
    return None


def _looks_up(made: ObjectMap) -> bool:
    """Say whether a term is found in one of the document's tables."""
    found = (*calls(made.value), *calls(made.condition))
    return any(call.function == "lookup" for call in found)


def _changed(document: Document, source: Source) -> Iterator[Text]:
    """Say what is lost of a source that can be written."""
    used = set(_used(document, source))
    reading, usual = source.reading, Reading()
    if used & NUMBERS and (reading.group, reading.point) != (usual.group, usual.point):
        yield both(KEY_LOST, name=source.name, key="decimal")
    if used & TIMES:
        yield both(KEY_LOST, name=source.name, key="timezone")
        if reading.dateformats:
            yield both(KEY_LOST, name=source.name, key="dateformats")
    if source.optional:
        yield both(OPTIONAL, name=source.name)
    if source.formulation in ("jsonpath", "sql"):
        yield both(NUMBER, name=source.name)


def _used(document: Document, source: Source) -> Iterator[str]:
    """Name the datatypes and functions that read a source's values."""
    values = [value for _, value in source.fields]
    for entity in document.entities_of(source.name):
        values.append(entity.subject)
        for pair in entity.predicate_objects:
            values.append(pair.object.value)
            yield pair.object.datatype or ""
        conditions = (entity.condition, *(p.object.condition for p in entity.predicate_objects))
        values += [one for one in conditions if one]
    yield from (call.function for value in values for call in calls(value))


OUT: dict[str, Callable[[Source], bool]] = {
    "referenceFormulation": lambda source: source.formulation not in WRITTEN or source.is_address,
    "each": lambda source: source.each is not None,
    "key-as": lambda source: bool(source.key_as),
    "unpivot": lambda source: source.unpivot is not None,
    "sum": lambda source: source.sum is not None,
    "columns": lambda source: bool(source.columns),
    "access": lambda source: source.member not in (None, ONLY),
    "encoding": lambda source: (
        source.formulation not in ("csv", "sql") and source.encoding not in (None, *UTF)
    ),
}
"""Keys that RML has nothing for, each with what says that a source uses it."""
