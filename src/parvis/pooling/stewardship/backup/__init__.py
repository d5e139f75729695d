"""Back up all that the pool cannot build again, and restore it."""

from parvis.pooling.stewardship.backup.copies import (
    NAME,
    backup,
    backups_folder,
    check_backup,
    list_backups,
    new_backup_folder,
    require_backup,
    sweep_backups,
)
from parvis.pooling.stewardship.backup.restore import confirm_restored, restore

__all__ = [
    "NAME",
    "backup",
    "backups_folder",
    "check_backup",
    "confirm_restored",
    "list_backups",
    "new_backup_folder",
    "require_backup",
    "restore",
    "sweep_backups",
]
