"""The people of parties: who they are, what they may do, how they sign in.

Pages, commands and notifications call these functions; what is stored is in the ledger alone.
"""

from parvis.pooling.people.people import (
    DAYS,
    ROLE_NAMES,
    InvitationLink,
    PersonCard,
    change_details,
    change_role,
    clean_text,
    contacts,
    end_sessions,
    invitation_to_json,
    invite,
    list_invitations,
    list_parties,
    list_people,
    list_roles,
    list_sessions,
    may_manage,
    read_details,
    remove,
    require_email,
    session_to_json,
    withdraw_invitation,
)

__all__ = [
    "DAYS",
    "ROLE_NAMES",
    "InvitationLink",
    "PersonCard",
    "change_details",
    "change_role",
    "clean_text",
    "contacts",
    "end_sessions",
    "invitation_to_json",
    "invite",
    "list_invitations",
    "list_parties",
    "list_people",
    "list_roles",
    "list_sessions",
    "may_manage",
    "read_details",
    "remove",
    "require_email",
    "session_to_json",
    "withdraw_invitation",
]
