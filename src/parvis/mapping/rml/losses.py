"""Find what RML cannot express of a mapping that is exported.

With losses, the exported mapping makes other triples or other reports of some files; without, it
makes the same graph.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parvis.i18n import N_, both
from parvis.mapping.engine.terms import DOTS, LANGUAGE
from parvis.mapping.engine.values import TEMPORAL
from parvis.mapping.language.plan import (
    EntityMap,
    Formulation,
    LogicalSource,
    MappingDocument,
    ObjectMap,
    Template,
    ValueFormat,
    nested_calls,
)
from parvis.mapping.sources.packed import ONLY
from parvis.rdf.ntriples import ABSOLUTE
from parvis.vocab.namespaces import PREFIXES

Text = dict[str, str]
"""A sentence in each language."""

XSD = PREFIXES["xsd"]
EXPORTABLE: frozenset[Formulation] = frozenset({"csv", "jsonpath", "xpath", "sql"})
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
class Exportable:
    """The exportable sources and entity maps, and what is lost."""

    sources: frozenset[str]
    entities: tuple[EntityMap, ...]
    losses: tuple[Text, ...]


def find_losses(document: MappingDocument) -> Exportable:
    """Return what of a document can be exported, and what is lost."""
    losses = [both(CHECK, name=check.rule) for check in document.checks]
    sources = set()
    for source in document.sources.values():
        keys = [key for key, is_used in OUT.items() if is_used(source)]
        if keys:
            # One reason is enough.
            losses.append(both(SOURCE_OUT, name=source.name, key=keys[0]))
        else:
            sources.add(source.name)
            losses += _find_source_losses(document, source)
    entities = []
    for entity in document.entities:
        if sources.isdisjoint(entity.sources):
            continue
        exportable, entity_losses = _reduce_entity(document, entity)
        losses += entity_losses
        entities += [exportable] if exportable else []
    return Exportable(frozenset(sources), tuple(entities), tuple(losses))


def _reduce_entity(
    document: MappingDocument, entity: EntityMap
) -> tuple[EntityMap | None, list[Text]]:
    """Return what of an entity map can be exported, and what is lost."""
    fields = [value for name in entity.sources for _, value in document.sources[name].fields]
    lookups = {call.function for value in fields for call in nested_calls(value)} & {"lookup"}
    if lookups or _has_lookup(ObjectMap(entity.subject, condition=entity.condition)):
        return None, [both(ENTITY_OUT, name=entity.name)]
    pairs = []
    losses = []
    objects = [p.object.value for p in entity.predicate_objects if p.object.kind == "iri"]
    for value in (entity.subject, *objects):
        if not isinstance(value, Template) or value.reference is not None:
            continue
        text = "".join(part if isinstance(part, str) else "x" for part in value.parts)
        # Such an IRI does not resolve by being appended (RFC 3986 §5.2).
        if not ABSOLUTE.match(text) and (DOTS.search(text) or not text[:1].isalnum()):
            losses.append(both(RELATIVE, name=entity.name, text=text))
    for pair in entity.predicate_objects:
        tag = pair.object.language
        loss: Text | None = None
        if _has_lookup(pair.object):
            loss = both(PAIR_OUT, name=entity.name, predicate=pair.predicate)
        elif tag and not LANGUAGE.fullmatch(tag):
            loss = both(TAG_OUT, name=entity.name, predicate=pair.predicate, text=tag)
        if loss:
            losses.append(loss)
        else:
            pairs.append(pair)
        if pair.object.datatype == TEMPORAL:
            losses.append(both(OWN, name=entity.name))
    exportable = EntityMap(
        entity.name, entity.sources, entity.subject, tuple(pairs), condition=entity.condition
    )
    return exportable, losses


def _has_lookup(term_map: ObjectMap) -> bool:
    nested = (*nested_calls(term_map.value), *nested_calls(term_map.condition))
    return any(call.function == "lookup" for call in nested)


def _find_source_losses(document: MappingDocument, source: LogicalSource) -> Iterator[Text]:
    """Report what is lost of a source that can be exported."""
    values = [value for _, value in source.fields]
    datatypes: set[str | None] = set()
    for entity in document.entities_of(source.name):
        values.append(entity.subject)
        values += [pair.object.value for pair in entity.predicate_objects]
        datatypes |= {pair.object.datatype for pair in entity.predicate_objects}
        conditions = (entity.condition, *(p.object.condition for p in entity.predicate_objects))
        values += [condition for condition in conditions if condition]
    # Only what the values need is lost: a zone matters to dates, separators to numbers.
    used = datatypes | {call.function for value in values for call in nested_calls(value)}
    reading, usual = source.reading, ValueFormat()
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


OUT: dict[str, Callable[[LogicalSource], bool]] = {
    "referenceFormulation": lambda source: (
        source.formulation not in EXPORTABLE or source.is_address
    ),
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
"""Keys that RML lacks, each with a test whether a source uses it."""
