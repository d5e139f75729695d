"""Add a partner, a reading party, a dataset, a project or an agreement, which is then signed."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from rdflib import Literal

from parvis.catalog.entries import Partner
from parvis.catalog.folder import Catalog
from parvis.catalog.projects import (
    MOST_BUDGET,
    Party,
    agreement_file,
    text_of,
)
from parvis.config import Settings
from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import SHELL, Author
from parvis.pooling.stewardship.texts import change_texts, try_out
from parvis.pooling.texts.valid import last_valid
from parvis.vocab.iris import DatasetKey, slug

Texts = dict[str, str]
"""One text per language."""

NO_PARTY = N_("there is no party “{party}” in the catalogue folder")
NO_KIND = N_("there is no kind of organisation “{kind}”; they are listed at /ontology")
NOTHING = N_("{party} has no dataset that an agreement could speak of: add one first")
NOTHING_OF_HOST = N_("the third party has no dataset of its own that it could open to {party}")
TITLE = N_("Agreement with {name}")
IN_PROJECT = N_("Agreement with {name}: {project}")
VOID = N_(
    "{agreement} lets everyone read {dataset} and refuses it to {party}, who would read it without"
    " signing in: permit it to the members of the pool (parvis:members), or take the refusal out"
)
HALF_A_HOLDER = N_("say who holds the keys in French and in English, or leave both empty")
BAD_BUDGET = N_(
    "“{text}” is no privacy budget: write a number above 0 and at most {most}, such as 1 or 0.5"
)
UNREAD = N_("{file} cannot be read: {reason}")

_BUDGET = re.compile(r"\d{1,2}(\.\d{1,4})?")


def add_partner(  # noqa: PLR0913, PLR0917 - a partner has as many parts, and its author
    settings: Settings,
    name: str,
    names: Texts,
    kind: str,
    url: str,
    author: Author = SHELL,
    reason: str = "",
) -> list[Path]:
    """Write a partner's record; `kind` is the code of a concept of organisation types."""
    text = render_draft(
        "partner.ttl", slug=slug(name), name=names, kind=_require_kind(settings, kind), url=url
    )
    return change_texts(settings, {f"{name}/partner.ttl": text}, {}, author, reason)


def add_party(  # noqa: PLR0913, PLR0917 - the same
    settings: Settings,
    name: str,
    names: Texts,
    kind: str,
    author: Author = SHELL,
    reason: str = "",
) -> list[Path]:
    """Write the record of a party that only reads; its kind may be unknown."""
    code = _require_kind(settings, kind) if kind else ""
    text = render_draft("party.ttl", slug=slug(name), name=names, kind=code)
    return change_texts(settings, {f"{name}/party.ttl": text}, {}, author, reason)


def add_dataset(  # noqa: PLR0913, PLR0917 - the same
    settings: Settings,
    key: DatasetKey,
    title: Texts,
    description: Texts,
    licence: str,
    author: Author = SHELL,
    reason: str = "",
) -> list[Path]:
    """Write a dataset's record into its partner's folder; raises `UnknownThing`."""
    load_catalog(settings).require_partner(key.partner)
    slug(key.dataset)
    text = render_draft(
        "dataset.ttl", key=key, name=title, description=description, licence=licence
    )
    return change_texts(settings, {f"{key}/dataset.ttl": text}, {}, author, reason)


def add_project(  # noqa: PLR0913 - a project has as many parts
    settings: Settings,
    name: str,
    title: Texts,
    objective: Texts,
    *,
    start: date,
    end: date,
    members: Sequence[str],
    key_holder: Texts | None = None,
    people_budget: str = "",
    author: Author = SHELL,
    reason: str = "",
) -> list[Path]:
    """Write a pooling project, carried by the third party; members are names of partners.

    With a key holder it may count distinct people, within a privacy budget (ε) a year.
    """
    catalog = load_catalog(settings)
    for member in members:
        catalog.require_partner(member)
    carrier = f"id/partner/{catalog.third_party.slug}"
    text = render_draft(
        "project.ttl",
        slug=slug(name),
        name=title,
        objective=objective,
        carrier=carrier,
        start=start.isoformat(),
        end=end.isoformat(),
        members=members,
        key_holder=read_key_holder(key_holder or {}),
        people_budget=read_people_budget(people_budget),
    )
    return change_texts(settings, {f"projects/{name}.ttl": text}, {}, author, reason)


def read_key_holder(texts: Texts) -> Texts:
    """Return who holds the keys of a project, on a line by language; nothing for nobody."""
    lines = {lang: " ".join(texts.get(lang, "").split()) for lang in LANGUAGES}
    if any(lines.values()) and not all(lines.values()):
        raise UsageError(HALF_A_HOLDER)
    return lines if all(lines.values()) else {}


def read_people_budget(text: str) -> Decimal | None:
    """Return a privacy budget as somebody writes it, None for none; raises `UsageError`."""
    if not text.strip():
        return None
    number = _BUDGET.fullmatch(text.strip().replace(",", "."))
    budget = Decimal(number.group()) if number else Decimal(0)
    if not 0 < budget <= MOST_BUDGET:
        raise UsageError(BAD_BUDGET, text=text[:20], most=MOST_BUDGET)
    return budget


def add_agreement(  # noqa: PLR0913, PLR0917 - the same
    settings: Settings,
    party: str,
    project: str | None,
    text_file: Path | None,
    author: Author = SHELL,
    reason: str = "",
) -> list[Path]:
    """Write the draft of a party's agreement, in a project or outside any.

    The first text is the one in force, or `text_file`, written elsewhere. The draft is in force
    once it is signed. Raises `UnknownThing`, `PolicyError` or `CatalogError`.
    """
    catalog = load_catalog(settings)
    member = require_party(catalog, party)
    if project is not None:
        catalog.require_project(project)
    current = agreement_file(member.folder, project)
    source = text_file or (current if current.is_file() else None)
    if source is None:
        text = _draft_agreement(catalog, member, project)
    else:
        try:
            text = unsigned_text(source.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(UNREAD, file=source, reason=error) from error
    # The draft is tried as if it were in force, so that an error is found now.
    tried = current.relative_to(settings.catalog)
    try_out(settings, {str(tried): text})
    draft = agreement_file(member.folder, project, "draft").relative_to(settings.catalog)
    return change_texts(settings, {str(draft): text}, {}, author, reason)


def unsigned_text(content: str) -> str:
    """Return an agreement's text without the signature of a version, wherever it stands."""
    return f"{_SIGNED.sub('', text_of(content)).rstrip()}\n"


def require_party(catalog: Catalog, party: str) -> Partner | Party:
    """Return a partner, or a reading party; raises `UnknownThing`."""
    member = catalog.party_named(party)
    if member is None:
        raise UnknownThing(NO_PARTY, party=party)
    return member


def load_catalog(settings: Settings) -> Catalog:
    return Catalog.load(settings.catalog, settings.base, last_valid(settings.data))


def _draft_agreement(catalog: Catalog, member: Partner | Party, project: str | None) -> str:
    # A first draft permits the least that an agreement can.
    reader = not isinstance(member, Partner)
    giver = catalog.third_party.slug if reader else member.slug
    targets = sorted(key for key in catalog.datasets if key.partner == giver)
    if not targets:
        raise UsageError(NOTHING_OF_HOST if reader else NOTHING, party=member.slug)
    titles = catalog.projects[project].title if project else None
    title = {
        lang: say(
            lang,
            IN_PROJECT if titles else TITLE,
            name=member.names[lang],
            project=titles[lang] if titles else "",
        )
        for lang in LANGUAGES
    }
    kind = "party" if reader else "partner"
    return render_draft(
        "agreement.ttl",
        name=f"{member.slug}-{project}" if project else member.slug,
        title=title,
        project=project,
        assigner=f"id/partner/{giver}",
        assignee=f"id/{kind}/{member.slug}",
        targets=targets,
        reader=reader,
    )


def _require_kind(settings: Settings, kind: str) -> str:
    kinds = load_catalog(settings).policies.parties.kinds
    if not any(iri.endswith(f"/{kind}") for iri in kinds):
        raise UnknownThing(NO_KIND, kind=kind)
    return kind


# Texts of the catalogue folder: commented, tried, never overwritten.

BAD_IRI = N_("“{iri}” is no IRI")

_SIGNED = re.compile(
    r"(?m)^[ \t]*(?:dct:dateAccepted|owl:versionInfo|parvis:signatoryRole|parvis:textHash)\s"
    r"[^;\n]*;[ \t]*\n"
)
"""A line of a text written by hand that tells its signature."""
_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|\\^`]')


def render_draft(template: str, **values: object) -> str:
    return _load_templates().get_template(template).render(**values)


@cache
def _load_templates() -> Environment:
    environment = Environment(  # noqa: S701 - Turtle, not HTML: what is told passes by its filters
        loader=PackageLoader("parvis.pooling.stewardship"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "text": lambda text, lang: Literal(" ".join(text.split()), lang=lang).n3(),
        "iri": _to_turtle_iri,
    }
    return environment


def _to_turtle_iri(iri: str) -> str:
    if not iri or _FORBIDDEN.search(iri):
        raise UsageError(BAD_IRI, iri=iri)
    return f"<{iri}>"
