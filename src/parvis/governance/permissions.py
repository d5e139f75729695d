"""What people and programs may do besides reading, by role: one table for the whole site.

What they may read is decided by agreements, whatever the role.
"""

from enum import StrEnum


class Permission(StrEnum):
    """An act that not everybody may do."""

    OWN = "own"  # see the party's own figures, files, requests and who read its data
    SUBMIT = "submit"  # send files for the party's datasets
    EDIT = "edit"  # change the party's records, mappings and drafts; ask, offer and answer
    SIGN = "sign"  # sign agreements in the party's name
    INVITE = "invite"  # invite the party's people, change their roles, end their access
    WATCH = "watch"  # see what was decided, deleted and published in the whole pool
    DECIDE = "decide"  # decide in the steward's name
    COPY = "copy"  # copy all that is served


class Role(StrEnum):
    """The role of a person in a party, or of a program by its token."""

    STEWARD = "steward"
    PROTECTOR = "protector"
    EDITOR = "editor"
    READER = "reader"
    SENDER = "sender"  # a program that sends files
    REPLICA = "replica"  # a machine that serves a copy


_ALL = frozenset(Permission)
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STEWARD: _ALL,
    Role.PROTECTOR: frozenset({Permission.OWN, Permission.WATCH}),
    Role.EDITOR: _ALL - {Permission.WATCH, Permission.DECIDE, Permission.COPY},
    Role.READER: frozenset({Permission.OWN}),
    Role.SENDER: frozenset({Permission.OWN, Permission.SUBMIT}),
    Role.REPLICA: frozenset({Permission.COPY}),
}
"""The permissions of each role; a protector whose party is a partner watches over that alone."""

THIRD_PARTY_ROLES = (Role.STEWARD, Role.PROTECTOR)
"""The roles of the third party's people."""
PARTNER_ROLES = (Role.EDITOR, Role.PROTECTOR, Role.READER)
"""The roles of the people of every other party."""


def permissions_of_person(role: Role, *, third_party: bool) -> frozenset[Permission]:
    """Return what a person may do; a role that is none of the party's gives nothing."""
    if role not in (THIRD_PARTY_ROLES if third_party else PARTNER_ROLES):
        return frozenset()
    return permissions_of_program(role, third_party=third_party)


def permissions_of_program(role: Role, *, third_party: bool) -> frozenset[Permission]:
    """Return what the bearer of a token may do: only the third party's watches over the pool."""
    return PERMISSIONS[role] if third_party else PERMISSIONS[role] - {Permission.WATCH}
