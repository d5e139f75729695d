"""What a row is about, and with that the choice among what its columns may be."""

from dataclasses import dataclass, replace

from parvis.mapping.proposing.proposals import Proposal, properties
from parvis.mapping.proposing.spreading import spread_columns
from parvis.mapping.proposing.vocabulary import Vocabulary

KINDS = {
    "schema:Event": "event",
    "schema:Place": "place",
    "schema:Organization": "organization",
    "parvis:Production": "production",
    "qb:Observation": "observation",
    "parvis:Reach": "reach",
}


@dataclass(frozen=True)
class Choice:
    """The class of the things that rows tell of, and proposals that suit it come first."""

    cls: str
    proposals: list[Proposal]

    @property
    def properties(self) -> set[str]:
        """Give the properties that the file has, as far as can be told."""
        return properties(self.proposals)


def choose(proposed: list[Proposal], vocabulary: Vocabulary, *, of_figures: bool = False) -> Choice:
    """Choose what a row is about, then narrow each column to what such a thing can have.

    `of_figures` says that it is known to be figures on publics.
    """
    cls = "qb:Observation" if of_figures else _class_of(proposed, vocabulary)
    reached = _reached(cls, vocabulary)
    return Choice(cls, [_narrowed(one, reached, vocabulary) for one in proposed])


def _reached(cls: str, vocabulary: Vocabulary) -> list[str]:
    """Give a class and those that its parts lead to, the nearest first."""
    found = [cls]
    for _ in vocabulary.parts:
        found += [p.cls for p in vocabulary.parts if p.of in found and p.cls not in found]
    return found


def _narrowed(one: Proposal, reached: list[str], vocabulary: Vocabulary) -> Proposal:
    """Keep the candidates that can be reached; among equals, those of the row itself first."""
    if one.spread:
        return one

    def distance(term: str) -> int:
        classes = vocabulary.terms[term].classes
        return next((n for n, cls in enumerate(reached) if cls in classes), len(reached))

    fitting = [c for c in one.candidates if distance(c.term) < len(reached)]
    ranked = sorted(fitting, key=lambda c: (-round(c.score * 20), distance(c.term), -c.score))
    others = tuple(c.term for c in one.candidates if ranked[:1] != [c])
    return replace(
        one, candidates=tuple(ranked) or one.candidates, others=others, suits=bool(ranked)
    )


def _class_of(proposed: list[Proposal], vocabulary: Vocabulary) -> str:
    """Choose what a row is about: the class that the likeliest properties speak for."""
    counted = any(one.measures or one.kind.name == "fsa" for one in proposed)
    if counted or spread_columns(proposed):
        return "qb:Observation"
    votes = dict.fromkeys(KINDS, 0.0)
    for one in proposed:
        if one.best is None:
            continue
        classes = vocabulary.terms[one.best.term].classes & KINDS.keys()
        for cls in classes:
            votes[cls] += one.best.score / len(classes)
    return max(votes, key=lambda cls: votes[cls])
