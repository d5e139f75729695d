"""Proposes a mapping: ``python -I -m parvis.mapping.proposing.proposal_process``.

A request has ``file``, ``lang``, ``facts`` and ``vocabulary``; the answer is ``{"text": …}``.
"""

from pathlib import Path
from typing import Any

from parvis.config.json_data import from_json
from parvis.mapping.proposing import FigureFacts, Vocabulary
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.proposals import choose, propose_columns
from parvis.mapping.proposing.sampling import read_sample
from parvis.sandbox.serving import serve


def propose(request: dict[str, Any]) -> dict[str, Any]:
    """Propose a mapping for one file."""
    vocabulary = from_json(Vocabulary, request["vocabulary"])
    rows = read_sample(Path(request["file"]))
    facts = FigureFacts(**request["facts"])
    choice = choose(propose_columns(rows, vocabulary), vocabulary, of_figures=facts.of_figures)
    return {"text": draft(rows, choice, vocabulary, request["lang"], facts)}


if __name__ == "__main__":
    serve(propose, about="file")
