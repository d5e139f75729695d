"""A proposing worker: ``python -I -m parvis.mapping.proposing.worker``, spoken to in frames.

The first frame gives ``{"memory": bytes, "vocabulary": {…}}``; then each frame asks for one
mapping, and is answered by ``{"text": …}`` or, for a file that cannot be read, by
``{"error": KIND, "template": …, "fields": …}``.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from parvis.mapping.proposing.choosing import choose
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.facts import Facts
from parvis.mapping.proposing.proposals import proposals
from parvis.mapping.proposing.sampling import sample
from parvis.mapping.proposing.vocabulary import Vocabulary
from parvis.sandbox.child import Channel, encode_outcome, limit_memory
from parvis.sandbox.walls import raise_walls


def answer(asked: dict[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """Propose a mapping for one file."""
    found = sample(Path(asked["file"]))
    facts = Facts(**asked["facts"])
    made = proposals(found, vocabulary)
    choice = choose(made, vocabulary, of_figures=facts.of_figures)
    return {"text": draft(found, choice, vocabulary, asked["lang"], facts)}


def main() -> None:
    """Propose what is asked for until the parent goes."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls()
    vocabulary = Vocabulary.from_json(opening["vocabulary"])
    try:
        while (body := channel.receive()) is not None:
            asked = json.loads(body)
            job = partial(answer, asked, vocabulary)
            channel.send(encode_outcome(Path(asked["file"]), job))
            channel.end()
    except MemoryError:
        sys.exit(1)  # the parent says so in words; a traceback would tell nobody anything


if __name__ == "__main__":
    main()
