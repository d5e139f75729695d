"""Settings, the limits of readers, the clock, and the permissions of a data folder."""

import os
from contextlib import suppress
from pathlib import Path

from parvis.config.engine import EngineProfile
from parvis.config.federation import FederationSettings
from parvis.config.limits import HOST, KINDS, PARTY, Kind, Limits, Share
from parvis.config.mail import MailSettings
from parvis.config.openid import OpenIdSettings
from parvis.config.settings import (
    PYODIDE,
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
    "PYODIDE",
    "Disclosure",
    "EngineProfile",
    "FederationSettings",
    "FetchSettings",
    "Kind",
    "Limits",
    "MailSettings",
    "Monitoring",
    "OpenIdSettings",
    "Reciprocity",
    "RemoteStore",
    "Settings",
    "Share",
    "knowledge",
    "make_private",
]

OTHERS = 0o007


def make_private(folder: Path) -> None:
    """Create a folder that only its owner can enter, or remove the permissions of others.

    A data folder holds what agreements close, whatever the umask.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A folder that others may enter has the default permissions of the system: it gets the mode
    # 0700. One that is closed to others (0750) was set by somebody, and stays as it is.
    if folder.stat().st_mode & OTHERS and folder.stat().st_uid == os.geteuid():
        with suppress(PermissionError):  # on a file system that knows no rights
            folder.chmod(0o700)
