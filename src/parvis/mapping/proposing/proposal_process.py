"""Proposes a mapping: ``python -I -m parvis.mapping.proposing.proposal_process``.

A request has ``file``, ``lang``, ``facts``, ``hints``, ``vocabulary``, ``recipes`` and whether the
file was ``judged``; the answer is ``{"text": …}``. Without a vocabulary, a file that no recipe
recognises has no text. Of a request to be ``described``, it is a `MappingProposal`.
"""

from itertools import product
from pathlib import Path
from typing import Any

from parvis.config.json_data import from_json, to_object
from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.proposing import FigureFacts, FileHints, Vocabulary
from parvis.mapping.proposing.choices import apply_choices, describe_choice
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.row_class import choose
from parvis.mapping.proposing.sampling import read_samples
from parvis.mapping.proposing.vocabulary import fold_heading
from parvis.mapping.recipes import Recipe
from parvis.mapping.screening.gate import judge
from parvis.sandbox.serving import serve

IDENTIFYING = N_(
    "{file} identifies persons, in the columns: {columns}. Leave them out of the file, then try"
    " again; nothing of it was kept"
)
TOO_WIDE = N_(
    "{file} has {count} columns, and {most} at most are read here: leave out those that say nothing"
    " to others"
)
MOST_COLUMNS = 300
"""Columns of a file that a person can decide about."""


def propose(request: dict[str, Any]) -> dict[str, Any]:
    """Propose a mapping for one file, unless it identifies persons."""
    if not request["judged"] and (findings := judge([Path(request["file"])]).findings):
        columns = [finding.place.column for finding in findings if finding.place]
        names = ", ".join(dict.fromkeys(filter(None, columns)))
        raise SourceError(IDENTIFYING, file=Path(request["file"]).name, columns=names)
    facts, hints = FigureFacts(**request["facts"]), from_json(FileHints, request["hints"])
    samples = read_samples(Path(request["file"]), hints.sheet)
    recipes = [from_json(Recipe, recipe) for recipe in request["recipes"]]
    is_said = hints.cls is not None or hints.columns
    for recipe, sample in product(recipes, samples) if not is_said else ():
        if recipe.recognises(sample.formulation, sample.names):
            owner = facts.partner, facts.dataset
            return {"text": recipe.render(*owner, sample.iterator, hints.lang)}
    if request["vocabulary"] is None:
        return {"text": None}
    vocabulary, rows = from_json(Vocabulary, request["vocabulary"]), samples[0]
    if request["described"] and len(rows.columns) > MOST_COLUMNS:
        fields = {"file": rows.file.name, "count": len(rows.columns), "most": MOST_COLUMNS}
        raise SourceError(TOO_WIDE, **fields)
    choice = choose(
        propose_columns(rows, vocabulary, hints.lang),
        vocabulary,
        [fold_heading(text) for text in (rows.file.stem, *rows.titles)],
        cls=hints.cls or ("qb:Observation" if facts.of_figures else None),
    )
    choice = apply_choices(choice, hints.columns, vocabulary)
    text = draft(rows, choice, vocabulary, request["lang"], facts)
    if not request["described"]:
        return {"text": text}
    return to_object(describe_choice(rows, choice, vocabulary, text))


if __name__ == "__main__":
    serve(propose, about="file")
