"""Propose a mapping for a file from outside, in a process that can be killed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parvis.config import Limits
from parvis.errors import LimitError, SourceError, WorkerDied, raise_reported
from parvis.mapping.proposing.facts import FigureFacts
from parvis.mapping.proposing.vocabulary import Vocabulary
from parvis.sandbox.worker import Worker


def propose(
    file: Path, vocabulary: Vocabulary, lang: str, limits: Limits, facts: FigureFacts | None = None
) -> str:
    """Return a mapping document for a file that has none, with comments in a language.

    Raises `SourceError` for a file that cannot be read, or costs the process its life, and
    `LimitError` for one that takes longer than `Limits.conversion_seconds`.
    """
    opening = {"memory": limits.conversion_memory, "vocabulary": vocabulary.to_json()}
    request = {"file": str(file), "lang": lang, "facts": asdict(facts or FigureFacts())}
    try:
        with Worker("parvis.mapping.proposing.worker") as worker:
            worker.send(json.dumps(opening).encode())
            outcome: dict[str, Any] = worker.ask(request, limits.conversion_seconds)
    except TimeoutError as error:
        raise LimitError(
            "{file} took more than {seconds} seconds to look at",
            file=file.name,
            seconds=f"{limits.conversion_seconds:g}",
        ) from error
    except WorkerDied as error:
        raise SourceError(
            "the process that looked at {file} ended ({how}): most often it lacks memory, of which"
            " it may have {memory} bytes",
            file=file.name,
            memory=limits.conversion_memory,
            how=error.fields.get("how", "?"),
        ) from error
    raise_reported(outcome)
    return str(outcome["text"])
