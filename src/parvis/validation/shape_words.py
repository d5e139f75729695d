"""Words for what shapes speak of, from the shapes themselves: so a pool's own have them too."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property, lru_cache
from math import inf

from rdflib import Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDFS, SH
from rdflib.term import Node

from parvis.i18n import LANGUAGES, N_, choose_text, say
from parvis.rdf.literals import read_texts
from parvis.report import RuleTitle, title_message
from parvis.validation.names import local_name, split_words
from parvis.validation.shapes import nearest_named_shape

VALUE = N_("value")


def steps(path: Node | None, shapes: Graph) -> list[URIRef]:
    """Return the properties of a path: one, or those of an alternative; else none."""
    if isinstance(path, URIRef):
        return [path]
    alternatives = shapes.value(path, SH.alternativePath) if path else None
    members = Collection(shapes, alternatives) if alternatives else ()
    return [member for member in members if isinstance(member, URIRef)]


@lru_cache(maxsize=4)
def words_of_shapes(shapes: Graph, _size: int) -> "ShapeWords":
    """Return the words of shapes; `_size` is their number, since a graph that grew has others."""
    return ShapeWords(shapes)


class ShapeWords:
    """Words for kinds of things, properties and rules."""

    def __init__(self, shapes: Graph) -> None:
        self.shapes = shapes
        self._titles: dict[Node, RuleTitle] = {}

    def titles(self, shapes: Iterable[Node]) -> dict[str, RuleTitle]:
        """Return the titles of the rules of some shapes, by the local names of the shapes."""
        nodes = {nearest_named_shape(shape, self.shapes) for shape in shapes}
        named = sorted(node for node in nodes if isinstance(node, URIRef))
        for shape in named:
            if shape not in self._titles:
                self._titles[shape] = self._title(shape)
        return {local_name(shape): self._titles[shape] for shape in named}

    def _title(self, shape: Node) -> RuleTitle:
        """Return a rule's title: its kind of thing, and its name or the property that it is about.

        A rule that has neither is titled by the beginning of its message.
        """
        owners = [shape, *sorted(self.shapes.subjects(SH.property, shape), key=str)]
        named = [nearest_named_shape(owner, self.shapes) for owner in owners]
        kinds = [kind for owner in named for kind in self._classes_of(owner)]
        described = [self.descriptions[kind] for kind in kinds if kind in self.descriptions]
        main = next(iter(described), None)
        kind = read_texts(self.shapes, main, RDFS.label, untagged="") if main else {}
        if main and shape == main:
            return RuleTitle(kind)
        if name := read_texts(self.shapes, shape, SH.name, RDFS.label, untagged=""):
            return RuleTitle(kind, name)
        if message := read_texts(self.shapes, shape, SH.message, untagged=""):
            return title_message(message)
        if not kind and kinds:
            kind = {"": split_words(str(kinds[0]))}
        path = self.shapes.value(shape, SH.path)
        name = {} if path is None else {x: self.of_property(path, x) for x in LANGUAGES}
        return RuleTitle(kind, name or ({} if kind else {"": split_words(str(shape))}))

    def _classes_of(self, shape: Node) -> Iterator[Node]:
        # The widest class first, which most often has the shortest name: an event, then a concert.
        kinds = self.shapes.objects(shape, SH.targetClass)
        yield from sorted(kinds, key=lambda kind: (len(str(kind)), str(kind)))

    @cached_property
    def descriptions(self) -> dict[Node, Node]:
        """Return the shape that describes each class: one with a label and properties."""
        pairs = sorted(self.shapes.subject_objects(SH.targetClass), key=str, reverse=True)
        return {
            kind: shape
            for shape, kind in pairs
            if (shape, RDFS.label, None) in self.shapes
            and (shape, SH.property, None) in self.shapes
        }

    def of_class(self, kind: Node, lang: str) -> str:
        return choose_text(lang, self._labels.get(kind, {})) or split_words(str(kind))

    @cached_property
    def _labels(self) -> dict[Node, dict[str, str]]:
        return {
            kind: read_texts(self.shapes, shape, RDFS.label, untagged="")
            for kind, shape in self.descriptions.items()
        }

    def of_property(self, path: Node | None, lang: str, shape: Node | None = None) -> str:
        """Return the name of a property in a shape, else in any shape; of a path, those in it."""
        if shape is not None and (name := read_texts(self.shapes, shape, SH.name, untagged="")):
            return choose_text(lang, name)
        names = (
            choose_text(lang, self._properties.get(step, {})) or split_words(str(step))
            for step in steps(path, self.shapes)
        )
        return " / ".join(dict.fromkeys(names)) or say(lang, VALUE)

    @cached_property
    def _properties(self) -> dict[Node, dict[str, str]]:
        """Return the names of properties; of several, that of the first shape by its order."""
        names: dict[Node, dict[str, str]] = {}
        for shape, path in sorted(self.shapes.subject_objects(SH.path), key=self._order):
            texts = read_texts(self.shapes, shape, SH.name, untagged="")
            names[path] = names.get(path) or texts
        return names

    def _order(self, pair: tuple[Node, Node]) -> tuple[float, str]:
        order = self.shapes.value(pair[0], SH.order)
        number = order.toPython() if isinstance(order, Literal) else None
        # Strangers' shapes may have anything there.
        return float(number) if isinstance(number, int | float | Decimal) else inf, str(pair[0])
