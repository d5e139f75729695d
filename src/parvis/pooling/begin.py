"""Beginnings: a catalogue folder with a first partner, a first mapping for a new file."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from parvis.config import Limits
from parvis.errors import UsageError
from parvis.mapping.proposing import Facts, Vocabulary, propose
from parvis.pooling.ontology import ontology, submission_shapes


def init(folder: Path) -> None:
    """Write a catalogue folder that works as it is; an existing folder is never touched."""
    if folder.exists():
        raise UsageError("{folder} exists already; nothing was written", folder=folder)
    with as_file(files("parvis") / "starter") as starter:
        shutil.copytree(starter, folder)


def init_mapping(file: Path, lang: str, limits: Limits, facts: Facts | None = None) -> str:
    """Propose a mapping document for a file nobody has mapped, its comments in a language.

    What is not sure stands as comments; of figures on publics, `facts` are what no heading says.
    The file is read in a process apart, within the limits of a conversion. Raises `SourceError`
    for one that cannot be read, `LimitError` for one too slow.
    """
    vocabulary = Vocabulary.from_graphs(ontology(), submission_shapes())
    return propose(file, vocabulary, lang, limits, facts)
