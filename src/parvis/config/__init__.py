"""Settings, what readers may take, and where parvis's own knowledge stands."""

from parvis.config.data_folder import make_private
from parvis.config.limits import HOST, KINDS, PARTY, Kind, Limits, Share
from parvis.config.settings import (
    Disclosure,
    Fetching,
    Observing,
    Reciprocity,
    Remote,
    Settings,
    knowledge,
)

__all__ = [
    "HOST",
    "KINDS",
    "PARTY",
    "Disclosure",
    "Fetching",
    "Kind",
    "Limits",
    "Observing",
    "Reciprocity",
    "Remote",
    "Settings",
    "Share",
    "knowledge",
    "make_private",
]
