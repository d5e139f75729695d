"""Add a partner, a party that only reads, a dataset, a project or a draft agreement."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from parvis.catalog.entries import Partner
from parvis.catalog.folder import Catalog
from parvis.catalog.projects import agreement_file, text_of
from parvis.config import Settings
from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, say
from parvis.pooling.stewardship.drafts import render_draft, try_out, write
from parvis.vocab.iris import DatasetKey, slug

Texts = dict[str, str]
"""One text per language."""

NO_PARTY = N_("there is no party “{party}” in the catalogue folder")
NO_KIND = N_("there is no kind of organisation “{kind}”; they are listed at /ontology")
NOTHING = N_("{party} has no dataset that an agreement could speak of: add one first")
NOTHING_OF_HOST = N_("the third party has no dataset of its own that it could open to {party}")
TITLE = N_("Agreement with {name}")
IN_PROJECT = N_("Agreement with {name}: {project}")
UNREAD = N_("{file} cannot be read: {reason}")


def add_partner(settings: Settings, name: str, names: Texts, kind: str, url: str) -> list[Path]:
    """Write a partner's record; `kind` is the code of a concept of organisation types."""
    text = render_draft(
        "partner.ttl", slug=slug(name), name=names, kind=_require_kind(settings, kind), url=url
    )
    return write(settings, {f"{name}/partner.ttl": text}, {})


def add_party(settings: Settings, name: str, names: Texts, kind: str) -> list[Path]:
    """Write the record of a party that only reads; its kind may be unknown."""
    code = _require_kind(settings, kind) if kind else ""
    text = render_draft("party.ttl", slug=slug(name), name=names, kind=code)
    return write(settings, {f"{name}/party.ttl": text}, {})


def add_dataset(
    settings: Settings, key: DatasetKey, title: Texts, description: Texts, licence: str
) -> list[Path]:
    """Write a dataset's record into its partner's folder; raises `UnknownThing`."""
    _load_catalog(settings).require_partner(key.partner)
    slug(key.dataset)
    text = render_draft(
        "dataset.ttl", key=key, name=title, description=description, licence=licence
    )
    return write(settings, {f"{key}/dataset.ttl": text}, {})


def add_project(  # noqa: PLR0913 - a project has as many parts
    settings: Settings,
    name: str,
    title: Texts,
    objective: Texts,
    *,
    start: date,
    end: date,
    members: Sequence[str],
) -> list[Path]:
    """Write a pooling project, carried by the third party; members are names of partners."""
    catalog = _load_catalog(settings)
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
    )
    return write(settings, {f"projects/{name}.ttl": text}, {})


def add_agreement(
    settings: Settings, party: str, project: str | None, text_file: Path | None
) -> list[Path]:
    """Write the draft of a party's agreement, in a project or outside any.

    The first text is the one in force, or `text_file`, written elsewhere. The draft is in force
    once it is signed. Raises `UnknownThing`, `PolicyError` or `CatalogError`.
    """
    catalog = _load_catalog(settings)
    folder = folder_of(catalog, party)
    if project is not None:
        catalog.require_project(project)
    current = agreement_file(folder, project)
    source = text_file or (current if current.is_file() else None)
    if source is None:
        text = _draft_agreement(catalog, party, project)
    else:
        try:
            # The signature of another version is left out.
            text = f"{text_of(source.read_text(encoding='utf-8')).rstrip()}\n"
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(UNREAD, file=source, reason=error) from error
    # The draft is tried as if it were in force, so that an error is found now.
    tried = current.relative_to(settings.catalog)
    try_out(settings, {str(tried): text})
    draft = agreement_file(folder, project, "draft").relative_to(settings.catalog)
    return write(settings, {str(draft): text}, {})


def folder_of(catalog: Catalog, party: str) -> Path:
    """Return the folder of a partner, or of a reading party; raises `UnknownThing`."""
    member = catalog.party_named(party)
    if member is None:
        raise UnknownThing(NO_PARTY, party=party)
    return member.folder


def _load_catalog(settings: Settings) -> Catalog:
    return Catalog.load(settings.catalog, settings.base)


def _draft_agreement(catalog: Catalog, party: str, project: str | None) -> str:
    # A first draft permits the least that an agreement can.
    member = catalog.party_named(party)
    if member is None:
        raise UnknownThing(NO_PARTY, party=party)
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
    kinds = _load_catalog(settings).policies.parties.kinds
    if not any(iri.endswith(f"/{kind}") for iri in kinds):
        raise UnknownThing(NO_KIND, kind=kind)
    return kind
