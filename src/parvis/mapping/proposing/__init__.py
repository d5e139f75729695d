"""Propose a first mapping for a file that has none, with its doubts in comments.

`sample` reads the file's beginning, `proposals` proposes properties for each column, `draft` writes
a mapping document that loads, and `dormant` lists what the file could answer. `propose` does all of
it in a process that can be killed, for files from outside.
"""

from parvis.mapping.proposing.choosing import RowClassChoice, choose
from parvis.mapping.proposing.dormant import AnswerableQuestions, find_answerable, properties_of
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.facts import FigureFacts
from parvis.mapping.proposing.proposals import ColumnProposal, PropertyCandidate, propose_columns
from parvis.mapping.proposing.propose import propose
from parvis.mapping.proposing.sampling import Sample, read_sample
from parvis.mapping.proposing.vocabulary import Vocabulary

__all__ = [
    "AnswerableQuestions",
    "ColumnProposal",
    "FigureFacts",
    "PropertyCandidate",
    "RowClassChoice",
    "Sample",
    "Vocabulary",
    "choose",
    "draft",
    "find_answerable",
    "properties_of",
    "propose",
    "propose_columns",
    "read_sample",
]
