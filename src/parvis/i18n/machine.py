"""What the machine says when it cannot do something, told as an error in both languages."""

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
"""What it may say; anything else is told in its own words."""
MACHINE = N_("the machine could not do it: {reason}")
MACHINE_AT = N_("the machine could not do it: {reason} ({file})")


def is_machines(error: OSError) -> bool:
    """Say whether an error is the machine's, and not a mistake of ours."""
    return error.errno in REASONS


def machine_error(error: OSError) -> MachineError:
    """Tell what the machine refused: a folder that cannot be written, a full disk, a used port."""
    known = REASONS.get(error.errno or 0)
    reason = both(known) if known else error.strerror or error
    if error.filename is None:
        return MachineError(MACHINE, reason=reason)
    return MachineError(MACHINE_AT, reason=reason, file=error.filename)
