"""Propose a mapping for a file from outside, in a process that can be killed."""

from dataclasses import asdict
from pathlib import Path

from parvis.config import Limits
from parvis.errors import LimitError, SourceError
from parvis.mapping.proposing.facts import FigureFacts
from parvis.mapping.proposing.vocabulary import Vocabulary
from parvis.sandbox.client import ProcessClient


def propose(
    file: Path, vocabulary: Vocabulary, lang: str, limits: Limits, facts: FigureFacts | None = None
) -> str:
    """Return a mapping document for a file that has none, with comments in a language.

    Raises `SourceError` for a file that cannot be read, or costs the process its life, and
    `LimitError` for one that takes longer than `Limits.conversion_seconds`.
    """
    request = {
        "file": str(file),
        "lang": lang,
        "facts": asdict(facts or FigureFacts()),
        "vocabulary": vocabulary.to_json(),
    }
    with ProcessClient(
        "parvis.mapping.proposing.proposal_process",
        limits.conversion_seconds,
        memory=limits.conversion_memory,
    ) as client:
        answer = client.call(
            request,
            LimitError("{file} took more than {seconds} seconds to look at", file=file.name),
            SourceError(
                "the process that looked at {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=file.name,
            ),
        )
    return str(answer["text"])
