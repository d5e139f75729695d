"""Errors of the machine (a full disk, a used port…), as errors of parvis in both languages."""

import errno

from parvis.errors import MachineError
from parvis.i18n import N_, both

REASONS = {
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EFBIG: N_("a file would be larger than it may be"),
    errno.EROFS: N_("the disk can only be read"),
    errno.EACCES: N_("it is not allowed here"),
    errno.EIO: N_("the disk cannot be read or written"),
    errno.EMFILE: N_("too many files are open"),
}
"""The known reasons; any other one is reported in the machine's own words."""
MACHINE = N_("the machine could not do it: {reason}")
MACHINE_AT = N_("the machine could not do it: {reason} ({file})")


def is_machines(error: OSError) -> bool:
    """Return whether an error is the machine's, not one of a file that a user named."""
    return error.errno in REASONS


def machine_error(error: OSError) -> MachineError:
    """Return the error of what the machine refused: a read-only folder, a full disk…."""
    message = REASONS.get(error.errno or 0)
    reason = both(message) if message else error.strerror or error
    if error.filename is None:
        return MachineError(MACHINE, reason=reason)
    return MachineError(MACHINE_AT, reason=reason, file=error.filename)
