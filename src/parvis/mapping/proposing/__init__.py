"""A first mapping for a file nobody has mapped: proposed, with its doubts, never guessed silently.

`sample` reads the file's beginning, `proposals` says what each column may be, `draft` writes a
mapping document that loads, and `dormant` tells what the file could answer. `propose` does all in
a process that can be killed, for files that strangers wrote.
"""

from parvis.mapping.proposing.choosing import Choice, choose
from parvis.mapping.proposing.dormant import Dormant, dormant, properties_of
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.facts import Facts
from parvis.mapping.proposing.proposals import Candidate, Proposal, proposals
from parvis.mapping.proposing.propose import propose
from parvis.mapping.proposing.sampling import Sample, sample
from parvis.mapping.proposing.vocabulary import Vocabulary

__all__ = [
    "Candidate",
    "Choice",
    "Dormant",
    "Facts",
    "Proposal",
    "Sample",
    "Vocabulary",
    "choose",
    "dormant",
    "draft",
    "properties_of",
    "proposals",
    "propose",
    "sample",
]
