"""The operations that commands and pages do alike, in series, and those that are not run."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import parvis

UNTIL = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
ASKED = {"purpose": "AcademicResearch", "until": UNTIL, "message": "Une thèse."}
WISH = f"--purpose AcademicResearch --until {UNTIL} --message 'Une thèse.'"
NAMES = {"name_fr": "Le musée", "name_en": "The museum"}
TITLES = {"title_fr": "Ensemble", "title_en": "Together"}
AIMS = {"objective_fr": "Mieux voir.", "objective_en": "To see better."}
LESSONS = {"learned_fr": "Beaucoup.", "learned_en": "Much."}
ROLES = {"role_fr": "direction", "role_en": "director"}
FIGURES = {
    "performance": "p1",
    "show": "Le lac",
    "start": "2026-03-01T20:00:00-05:00",
    "venue": "Salle B",
    "area": "laval",
    "asOf": "2026-03-02",
    "ticketsSold": 120,
}


def in_options(texts: Mapping[str, str]) -> str:
    return " ".join(f"--{name.replace('_', '-')} {shlex.quote(t)}" for name, t in texts.items())


@dataclass(frozen=True)
class Step:
    """One operation: what is typed, and the form that is sent, by whom; `{…}` are of the pool."""

    command: str
    page: str
    form: Mapping[str, str] = field(default_factory=dict)
    by: str = "tiers"

    @property
    def name(self) -> str:
        """The command, without what it is about."""
        words = self.command.split()
        return " ".join(words[:2] if f"parvis {' '.join(words[:2])}" in read_table() else words[:1])


def job(command: str, **arguments: str) -> Step:
    """Return an operation that a page starts as a job."""
    kind = arguments.pop("kind", command.split(maxsplit=1)[0])
    return Step(command, "/steward/jobs", {"kind": kind, **arguments})


def ask(command: str, act: str, by: str, **form: str) -> Step:
    return Step(f"request {command}", f"/requests/{{request}}/{act}", form, by)


MAKE = Step(
    f"request make candidate theatre-b/billets {WISH}",
    "/requests",
    {"subject": "http://pool.test/id/dataset/theatre-b/billets", **ASKED},
    "candidate",
)
SERIES: Mapping[str, tuple[Step, ...]] = {
    "texts": (
        Step(
            f"add partner musee {in_options(NAMES)} --kind museum --reason new",
            "/steward/partners",
            {"slug": "musee", **NAMES, "kind": "museum", "gives": "yes", "reason": "new"},
        ),
        Step(
            f"add party labo {in_options(NAMES)} --reason new",
            "/steward/partners",
            {"slug": "labo", **NAMES, "gives": "no", "reason": "new"},
        ),
        Step(
            f"add project essai {in_options(TITLES | AIMS)} --start 2026-01-01 --end 2027-01-01"
            " --member theatre-b --reason new",
            "/steward/projects",
            {
                "slug": "essai",
                **(TITLES | AIMS),
                "start": "2026-01-01",
                "end": "2027-01-01",
                "member": "theatre-b",
                "reason": "new",
            },
        ),
        Step(
            "add agreement theatre-b --reason more",
            "/steward/agreements/theatre-b/amend",
            {"reason": "more"},
        ),
        Step(
            f"agreement sign theatre-b {in_options(ROLES)} --side third-party --confirm",
            "/steward/agreements/theatre-b/sign",
            {**ROLES, "confirmed": "yes"},
        ),
        Step(
            f"project close saison {in_options(LESSONS)} --reason over",
            "/steward/projects/saison/close",
            {"name": "saison", **LESSONS, "reason": "over"},
        ),
        Step(
            "catalog undo {change} --reason again",
            "/steward/history/{change}/undo",
            {"reason": "again"},
        ),
    ),
    "intake": (
        Step(
            "column allow theatre-b/spectacles Contact --reason halls",
            "/steward/columns",
            {"dataset": "theatre-b/spectacles", "column": "Contact", "reason": "halls"},
        ),
        Step(
            "column forbid theatre-b/spectacles Contact",
            "/steward/columns",
            {"dataset": "theatre-b/spectacles", "column": "Contact", "forbid": "1"},
        ),
        Step("queue accept {spectacles}", "/steward/queue/{spectacles}/accept"),
        Step(
            "queue refuse {billets} --reason illisible --lang fr",
            "/fr/steward/queue/{billets}/refuse",
            {"reason": "illisible"},
        ),
        Step(
            "box-office theatre-b/reserve {figures}",
            "/partner/theatre-b/box-office",
            {"dataset": "reserve", "file": "{figures}"},
        ),
    ),
    "requests": (
        MAKE,
        ask("withdraw {request}", "withdraw", "candidate"),
        MAKE,
        ask("decline {request} --reason non", "decline", "theatre-b", reason="non"),
        MAKE,
        ask(f"offer {{request}} --until {UNTIL}", "offer", "theatre-b", until=UNTIL),
        ask("accept {request}", "accept", "candidate"),
        ask("law25 {request} --answer writing=tout", "law25", "candidate", writing="tout"),
        Step(
            "request rule theatre-b/billets --days 90",
            "/organization/requests/rules",
            {"dataset": "theatre-b/billets", "audience": "members", "days": "90"},
            "theatre-b",
        ),
        Step(
            "request end-rule theatre-b {rule}",
            "/organization/requests/rules/{rule}/end",
            by="theatre-b",
        ),
    ),
    "people": (
        Step("person sessions {person} --end", "/people/{person}/sessions"),
        Step(
            "person invite theatre-b --role editor --days 3 --purpose"
            " https://w3id.org/dpv#ResearchAndDevelopment",
            "/people/invite",
            {
                "party": "http://pool.test/id/partner/theatre-b",
                "role": "editor",
                "days": "3",
                "purpose": "research",
            },
        ),
        Step("person role {person} reader", "/people/{person}/role", {"role": "reader"}),
        Step("person remove {person}", "/people/{person}/remove"),
        Step(
            "token create candidate --days 30 --label essai",
            "/steward/tokens",
            {"party": "candidate", "days": "30", "label": "essai"},
        ),
        Step("token revoke {token}", "/steward/tokens/{token}/revoke"),
        Step("token rotate {own}", "/steward/tokens/{own}/rotate"),
    ),
    "publication": (
        job("publish"),
        job("generations rollback 1", kind="rollback", number="1", typed="1"),
        job(
            "recall theatre-b/spectacles --reason faux --lang fr",
            name="theatre-b/spectacles",
            reason="faux",
            reason_lang="fr",
            typed="theatre-b/spectacles",
        ),
        job(
            "withdraw theatre-b/billets --reason Fin. --lang fr",
            name="theatre-b/billets",
            reason="Fin.",
            reason_lang="fr",
            typed="theatre-b/billets",
        ),
        job("expire", typed="supprimer"),
    ),
    "sources": (
        job("refresh theatre-b/spectacles", name="theatre-b/spectacles"),
        job("link"),
        job(
            "ckan pull --url {portal} --partner theatre-b --reason début --lang fr",
            kind="ckan-pull",
            url="{portal}",
            partner="theatre-b",
            reason="début",
        ),
        job("backup {folder}"),
    ),
    "figures": (job("portray"), job("surveys")),
}
"""The series, each in a copy of its own; the last in a pool of figures and surveys."""
READ = frozenset(
    {
        *("today", "queue list", "column list", "request list", "request show"),
        *("agreement list", "agreement simulate", "catalog history", "notify list", "uses"),
        *("token list", "feeds", "generations", "verify", "certificate", "register", "job list"),
        "query list",
        *("job show", "settings", "catalog check", "datascene", "person list", "init-mapping"),
        *("check", "preview", "clean", "template", "results", "rates", "trend", "relays", "may"),
        *("keys", "kits", "receipt", "rounds list", "rounds certificate", "sketch", "absence"),
    }
)
"""The commands that change nothing."""
QUESTIONS = "tests/pooling/stewardship/requests/test_questions.py, by the same functions"
ELSEWHERE = {
    "add dataset": "a page adds a dataset with its file, as onboard does",
    "verify-figure": "tests/web/pages/audiences/test_receipts.py, by the same function",
    **dict.fromkeys(
        (f"rounds {act}" for act in ("open", "reopen", "receive", "merge", "approve", "refuse")),
        "tests/web/pages/test_rounds.py, by the same function",
    ),
    "onboard": "tests/web/pages/giving/test_drafting.py compares the texts",
    "submit": "the page puts the file into the queue, and queue accept is the same function",
    "request expire": "what expire does too, by the same function",
    "ckan push": "it takes a CKAN: tests/catalog/portals/test_push.py, by the same function",
    "notify retry": "tests/web/pages/requests/test_notices.py: it takes a server that was away",
    "query promote": "tests/web/pages/account/test_queries.py, by the same function",
    "query remove": "tests/web/pages/account/test_queries.py, by the same function",
    "ask": QUESTIONS,
    "question list": QUESTIONS,
    "question show": QUESTIONS,
    "question examine": QUESTIONS,
    "question release": QUESTIONS,
    "question refuse": QUESTIONS,
    "practice": QUESTIONS,
    "job cancel": "what it cancels is a job, which commands do not make",
}
"""The commands that are not run here, with the reason."""


def read_table() -> frozenset[str]:
    """Return the commands that the guide says to have a page."""
    guide = Path(parvis.__file__).parent / "docs" / "en" / "pages-and-commands.md"
    table = guide.read_text("utf-8").partition("## Without a page")[0]
    return frozenset(re.findall(r"^\| `(parvis [^`]+)` \|", table, re.MULTILINE))
