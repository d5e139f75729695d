"""Settings, the limits of readers, the clock, and the place of parvis's own data files."""

from parvis.config.data_folder import make_private
from parvis.config.limits import HOST, KINDS, PARTY, Kind, Limits, Share
from parvis.config.settings import (
    Disclosure,
    FetchSettings,
    Monitoring,
    Reciprocity,
    RemoteStore,
    Settings,
    knowledge,
)

__all__ = [
    "HOST",
    "KINDS",
    "PARTY",
    "Disclosure",
    "FetchSettings",
    "Kind",
    "Limits",
    "Monitoring",
    "Reciprocity",
    "RemoteStore",
    "Settings",
    "Share",
    "knowledge",
    "make_private",
]
