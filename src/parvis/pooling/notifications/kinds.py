"""The kinds of notices: in which words, whom they concern, and when they leave by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from parvis.governance import Permission
from parvis.i18n import N_


class NoticeKind(StrEnum):
    REQUEST_RECEIVED = "request-received"
    REQUEST_ANSWERED = "request-answered"
    REQUEST_EXPIRING = "request-expiring"
    FILE_ACCEPTED = "file-accepted"
    FILE_REFUSED = "file-refused"
    SOURCE_LATE = "source-late"
    AGREEMENT_ENDS = "agreement-ends"
    NEW_READER = "new-reader"
    RELEASE_PUBLISHED = "release-published"
    RETENTION_DUE = "retention-due"
    QUESTION_ANSWERED = "question-answered"
    ROUND_OPENED = "round-opened"
    MESSAGE_MISSING = "message-missing"
    ROUND_ENDED = "round-ended"


class Timing(StrEnum):
    """When a notice leaves: as soon as it is there, with the others of the day, or never."""

    NOW = "now"
    DAILY = "daily"
    NEVER = "never"


@dataclass(frozen=True)
class Kind:
    """A kind: its name, its sentence with fields, who it is for, and when it leaves by default."""

    name: str
    sentence: str
    permission: Permission
    timing: Timing


KINDS: Mapping[NoticeKind, Kind] = {
    NoticeKind.REQUEST_RECEIVED: Kind(
        N_("a request for access to our data"),
        N_("{party} asks for access to “{title}”. An answer is due by {day}."),
        Permission.EDIT,
        Timing.NOW,
    ),
    NoticeKind.REQUEST_ANSWERED: Kind(
        N_("an answer to a request"),
        N_("The request for “{title}” has changed: {state}."),
        Permission.EDIT,
        Timing.NOW,
    ),
    NoticeKind.REQUEST_EXPIRING: Kind(
        N_("a request that is about to expire"),
        N_("The request for “{title}” expires on {day} if nobody answers."),
        Permission.EDIT,
        Timing.DAILY,
    ),
    NoticeKind.FILE_ACCEPTED: Kind(
        N_("a file accepted"),
        N_("The file “{file}” for “{title}” is accepted."),
        Permission.SUBMIT,
        Timing.NOW,
    ),
    NoticeKind.FILE_REFUSED: Kind(
        N_("a file refused"),
        N_("The file “{file}” for “{title}” is refused: {reason}"),
        Permission.SUBMIT,
        Timing.NOW,
    ),
    NoticeKind.SOURCE_LATE: Kind(
        N_("a source that is late"),
        N_("A new file of “{title}” was expected on {day}."),
        Permission.SUBMIT,
        Timing.DAILY,
    ),
    NoticeKind.AGREEMENT_ENDS: Kind(
        N_("an agreement that ends in 30 days, then in 7"),
        N_("What the agreement “{agreement}” permits with “{title}” ends on {day}."),
        Permission.OWN,
        Timing.DAILY,
    ),
    NoticeKind.NEW_READER: Kind(
        N_("a new reader of our data"),
        N_("{party} may read “{title}” from now on, by an agreement in force."),
        Permission.OWN,
        Timing.DAILY,
    ),
    NoticeKind.RELEASE_PUBLISHED: Kind(
        N_("a release that our data entered"),
        N_("The release “{title}” of {day} is made of your data too."),
        Permission.OWN,
        Timing.DAILY,
    ),
    NoticeKind.RETENTION_DUE: Kind(
        N_("data whose time of keeping ends in 30 days, then in 7"),
        N_("“{title}” is deleted on {day}, as the agreement “{agreement}” says."),
        Permission.OWN,
        Timing.DAILY,
    ),
    NoticeKind.QUESTION_ANSWERED: Kind(
        N_("an answer to a question for release"),
        N_("Your question for release of {day}: {state}."),
        Permission.OWN,
        Timing.NOW,
    ),
    NoticeKind.ROUND_OPENED: Kind(
        N_("a round of distinct people that opens"),
        N_(
            "A round is open ({what}, {period}): with the kit that {holder} gives you, count"
            " your people on your own machine, then send the message that comes out by {day}."
        ),
        Permission.SUBMIT,
        Timing.NOW,
    ),
    NoticeKind.MESSAGE_MISSING: Kind(
        N_("a message missing three days before the end of a round"),
        N_("Your message for the round ({what}, {period}) is missing: send it by {day}."),
        Permission.SUBMIT,
        Timing.NOW,
    ),
    NoticeKind.ROUND_ENDED: Kind(
        N_("the end of a round, and its result"),
        N_("The round has ended ({what}, {period}): {ending}."),
        Permission.OWN,
        Timing.NOW,
    ),
}
"""Every kind, in the order of the page."""
