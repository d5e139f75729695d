"""Literals as they were written: rdflib rewrites and misorders some unless it is told not to."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rdflib
from rdflib import Graph, Literal

_ONE_AT_A_TIME = threading.RLock()
_GRUMBLES = logging.getLogger("rdflib.term")


@contextmanager
def as_written() -> Iterator[None]:
    """Keep the lexical form of every literal made inside, such as ``007`` or ``…00.000Z``.

    rdflib only has a switch for the whole process, so one such block runs at a time and the
    switch is put back. Its grumbling about ill-typed literals is silenced: they become findings.
    """
    with _ONE_AT_A_TIME:
        before, quiet = rdflib.NORMALIZE_LITERALS, _GRUMBLES.disabled
        rdflib.NORMALIZE_LITERALS, _GRUMBLES.disabled = False, True
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Parsing weird boolean")
                yield
        finally:
            rdflib.NORMALIZE_LITERALS, _GRUMBLES.disabled = before, quiet


class IllTyped(Literal):
    """A literal whose text does not fit its datatype: before and after nothing.

    rdflib raises `TypeError` where such a literal is compared; SHACL asks for a result instead
    (§4.5.4: a comparison that does not return true is a result). Equal to the literal it stands
    for.
    """

    def _no(self, other: Any) -> bool:  # noqa: ANN401, ARG002 - the operators' own signature
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _no
    __eq__ = Literal.__eq__
    __hash__ = Literal.__hash__


def comparable(graph: Graph) -> Graph:
    """Give the graph with its ill-typed literals made safe to compare.

    The graph itself when it has none, which is the usual case.
    """
    found = [
        (subject, predicate, value)
        for subject, predicate, value in graph
        if isinstance(value, Literal) and value.ill_typed
    ]
    if not found:
        return graph
    safe = Graph()
    safe += graph
    for subject, predicate, literal in found:
        safe.remove((subject, predicate, literal))
        twin = IllTyped(str(literal), datatype=literal.datatype, normalize=False)
        safe.add((subject, predicate, twin))
    return safe
