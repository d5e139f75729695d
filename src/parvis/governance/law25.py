"""Study, research and statistics without consent: what Québec's law asks for, and in which order.

Act respecting the protection of personal information in the private sector (chapter P-39.1), as
amended by 2021, c. 25 (“Law 25”): sections 21 (criteria), 21.0.1 (the six items of a request) and
21.0.2 (the agreement, sent to the Commission d'accès à l'information, in force 30 days after it has
received it): https://www.legisquebec.gouv.qc.ca/en/document/cs/P-39.1
Read on 2026-11-30: the six items in section 21.0.1 itself (LégisQuébec, as of 2023-02-06); the five
criteria as the Commission d'accès à l'information lists them (its page on the assessment); the 30
days in section 67.2.3 of the Act respecting access (chapter A-2.1), whose words on the agreement
Law 25 made the same for public bodies. The 30 days are days of the calendar, holidays included:
section 52 of the Interpretation Act (chapter I-16) carries only what is to be done over to the next
working day, and here nothing is. The words are ours: the law alone has its own.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from parvis.i18n import N_

ITEMS: Mapping[str, tuple[str, str]] = {
    "writing": (
        N_("The request, in writing"),
        N_("Who asks, for which study, research or statistics, and which information."),
    ),
    "presentation": (
        N_("A detailed presentation of the research activities"),
        N_("Objective, method, stages, people, results that are expected."),
    ),
    "grounds": (
        N_("Why the criteria of section 21 are met"),
        N_("One after the other: the five criteria below."),
    ),
    "others": (
        N_("All the others who are asked for the same study"),
        N_("Every person and body that gets a similar request; “none” if there is none."),
    ),
    "technologies": (
        N_("The technologies that will be used, if any"),
        N_("For instance: statistical software, artificial intelligence, where it is computed."),
    ),
    "ethics": (
        N_("The decision of a research ethics committee, if there is one"),
        N_("Which committee, when, what it decided; join its decision."),
    ),
}
"""The six items of a request (s. 21.0.1), each with what to write."""
OPTIONAL = frozenset({"technologies", "ethics"})
"""The items that the law asks for “if applicable” only."""
CRITERIA = (
    N_("the objective can be reached only with information that identifies persons"),
    N_("it is unreasonable to require the consent of the persons"),
    N_("the objective outweighs, for the public interest, the impact on privacy"),
    N_("the information will be used so that its confidentiality is ensured"),
    N_("only the information that is necessary is communicated"),
)
"""What the privacy impact assessment must conclude (s. 21)."""
WAITING = timedelta(days=30)
"""Days after the Commission has received the agreement until it is in force (s. 21.0.2)."""


class Law25Step(StrEnum):
    """A dated step, in the order that the law sets."""

    REQUESTED = "requested"
    ASSESSED = "assessed"
    SENT = "sent"
    DESTROYED = "destroyed"


STEPS: Mapping[Law25Step, str] = {
    Law25Step.REQUESTED: N_("the request is made, with its six items"),
    Law25Step.ASSESSED: N_("the privacy impact assessment is made and joined"),
    Law25Step.SENT: N_("the Commission d’accès à l’information has received the agreement"),
    Law25Step.DESTROYED: N_("the information is destroyed, and a certificate says so"),
}


def lacking_items(answers: Mapping[str, str]) -> list[str]:
    """Return the items that are still to be written."""
    return [item for item in ITEMS if item not in OPTIONAL and not answers.get(item, "").strip()]


def in_force_from(dates: Mapping[str, date]) -> date | None:
    """Return the day from which the agreement is in force; None while the Commission has it not."""
    sent = dates.get(Law25Step.SENT)
    return None if sent is None else sent + WAITING


def may_date(step: Law25Step, day: date, dates: Mapping[str, date]) -> bool:
    """Return whether a step may have a day: after the steps before it, once these are done."""
    order = list(Law25Step)
    before, after = order[: order.index(step)], order[order.index(step) + 1 :]
    is_after = all(former in dates and dates[former] <= day for former in before)
    is_before = all(dates.get(later, day) >= day for later in after)
    force = in_force_from(dates)
    waits = step is Law25Step.DESTROYED and (force is None or day < force)
    return is_after and is_before and not waits
