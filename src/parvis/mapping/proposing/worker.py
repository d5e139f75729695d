"""A worker that proposes mappings: ``python -I -m parvis.mapping.proposing.worker``.

The first frame it receives is ``{"memory": bytes, "vocabulary": {…}}``; each later frame asks for
one mapping, and is answered by ``{"text": …}`` or, for a file that cannot be read, by ``{"error":
KIND, "template": …, "fields": …}``.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from parvis.mapping.proposing.choosing import choose
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.facts import FigureFacts
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.sampling import read_sample
from parvis.mapping.proposing.vocabulary import Vocabulary
from parvis.sandbox.child import Channel, encode_outcome, limit_memory
from parvis.sandbox.walls import raise_walls


def answer(request: dict[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """Propose a mapping for one file."""
    rows = read_sample(Path(request["file"]))
    facts = FigureFacts(**request["facts"])
    choice = choose(propose_columns(rows, vocabulary), vocabulary, of_figures=facts.of_figures)
    return {"text": draft(rows, choice, vocabulary, request["lang"], facts)}


def main() -> None:
    """Answer requests until the parent closes the channel."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls()
    vocabulary = Vocabulary.from_json(opening["vocabulary"])
    try:
        while (body := channel.receive()) is not None:
            request = json.loads(body)
            job = partial(answer, request, vocabulary)
            channel.send(encode_outcome(Path(request["file"]), job))
            channel.end()
    except MemoryError:
        sys.exit(1)  # the parent reports it in words; a traceback would help nobody


if __name__ == "__main__":
    main()
