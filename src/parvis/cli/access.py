"""Commands on who has access: people, and readers' tokens; and the settings in force."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    as_json,
    escape_controls,
    folder_options,
    instant,
    open_pool,
    pool_options,
    print_json,
    print_line,
    print_result,
)
from parvis.config import Settings, clock
from parvis.i18n import LANGUAGES, N_, both, choose_text, day, say

if TYPE_CHECKING:
    from parvis.pooling.serving.readers import IssuedToken


GIVEN = N_(
    "the token {id} of {party}, until {expires}: it is shown this once, hand it over by a safe way"
)
STATES = {"live": N_("live"), "expired": N_("expired"), "revoked": N_("revoked")}
SCOPES = ("read", "give", "protector", "replica", "host")

LIFE = click.IntRange(1, 3650)
days = click.option(
    "--days", type=LIFE, default=365, show_default=True, help="How many days it lives."
)


@click.group(cls=Group)
def token() -> None:
    """Give readers their tokens, and take them back."""


@token.command
@click.argument("party")
@click.option("--label", default="", help="What it is for, as you will know it again.")
@days
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    help="read, give for a partner that also sends its files to the site, protector for who watches"
    " over the party’s data (the third party’s: over the whole pool), replica for a machine that"
    " copies all, or host for the steward; else host for the third party, read for anyone else.",
)
@click.option(
    "--purpose", "purposes", multiple=True, help="What it declares to read for, an IRI; repeatable."
)
@pool_options
def create_command(
    party: str,
    label: str,
    days: int,
    scope: str | None,
    purposes: tuple[str, ...],
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Give a party with an agreement a token, and print it.

    PARTY is the name of a folder of the catalogue, or an IRI. The token is printed this once,
    alone on stdout; only its digest is kept. A party has two live tokens at most.
    """
    from parvis.pooling.serving import readers as verbs

    issued = verbs.create_token(
        settings, party, label=label, days=days, scope=scope, purposes=purposes
    )
    _print_token(issued, in_json=in_json)


@token.command
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List all tokens, without their secrets."""
    from parvis.pooling.serving import readers as verbs

    tokens = verbs.list_tokens(settings)
    if in_json:
        print_json(tokens)
        return
    # Labels and parties are written by others: their control characters are escaped.
    for entry in tokens:
        state, expires = say(spoken(), STATES[entry["state"]]), entry["expires"][:10]
        pieces = (entry["id"], state, entry["scope"], expires, entry["party"], entry["label"])
        click.echo(escape_controls("  ".join(pieces)).rstrip())


@token.command
@click.argument("name", metavar="ID")
@days
@click.option(
    "--grace",
    type=click.IntRange(0, 90),
    default=7,
    show_default=True,
    help="How many days the first one still lives, at most.",
)
@pool_options
def rotate_command(name: str, days: int, grace: int, settings: Settings, *, in_json: bool) -> None:
    """Replace a live token: print a second one, and give the first an end.

    Both work meanwhile, so that no program has to stop.
    """
    from parvis.pooling.serving import readers as verbs

    issued = verbs.rotate_token(settings, name, days=days, grace=grace)
    _print_token(issued, in_json=in_json)


@token.command
@click.argument("name", metavar="ID")
@pool_options
def revoke_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """End a token at once: it opens nothing from the next request on."""
    from parvis.pooling.serving import readers as verbs

    revoked = verbs.token_to_json(verbs.revoke_token(settings, name))
    print_result(revoked, "the token {id} of {party} opens nothing any more", in_json=in_json)


def _print_token(issued: "IssuedToken", *, in_json: bool) -> None:
    document = issued.to_json()
    # The token alone is on stdout, so that a script can read it.
    if in_json:
        print_json(document)
    else:
        print_line(GIVEN, err=True, **document)
        click.echo(document["token"])


INVITED = N_(
    "Invitation {id} to {party}, with the role “{role}”, until {day}: its link is shown this once,"
    " for one person."
)
EMAILED = N_("The link was sent to {address}.")
ROLES = ("steward", "protector", "editor", "reader")


@click.group(cls=Group)
def person() -> None:
    """Invite people of a party, change their roles, and end their access."""


@person.command
@click.argument("party")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="steward or protector for the third party; editor, protector or reader for any other.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=7,
    show_default=True,
    help="How many days the link works.",
)
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    help="What the person declares to read for, an IRI; repeatable.",
)
@click.option("--email", default="", help="Where the link is sent too, if the pool sends e-mail.")
@pool_options
def invite_command(
    party: str,
    role: str,
    days: int,
    purposes: tuple[str, ...],
    email: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Print a link by which one person joins a party.

    PARTY is the name of a folder of the catalogue, or an IRI. The link is printed this once, alone
    on stdout; who opens it first signs in by a passkey from then on.
    """
    from parvis.pooling.notifications.inviting import invite_person

    sent = invite_person(settings, party, role, email=email, purposes=purposes, days=days)
    if in_json:
        print_json(sent.to_json())
        return
    invitation = sent.invited.invitation
    expires = invitation.expires.astimezone(clock.QUEBEC)
    words = _in_words(settings, invitation.membership.party, invitation.membership.role)
    day_texts = {lang: day(lang, expires) for lang in LANGUAGES}
    print_line(INVITED, err=True, id=invitation.id, day=day_texts, **words)
    if sent.problem:
        click.echo(escape_controls(sent.problem[spoken()]), err=True)
    elif sent.address:
        print_line(EMAILED, err=True, address=sent.address)
    click.echo(sent.invited.link)


def _in_words(settings: Settings, party: str, role: str = "") -> dict[str, Mapping[str, str]]:
    """Return the names of a party, and of a role, for a sentence."""
    from parvis.governance import Role
    from parvis.pooling import people

    names = people.list_parties(settings).get(party) or dict.fromkeys(LANGUAGES, party)
    roles = both(people.ROLE_NAMES[Role(role)]) if role else {}
    return {"party": names, "role": roles}


@person.command("list")
@click.option("--party", help="Only the people of this party, an IRI.")
@pool_options
def list_people_command(party: str | None, settings: Settings, *, in_json: bool) -> None:
    """List the people who have access, and the invitations that wait."""
    from parvis.governance import Role
    from parvis.pooling import people

    cards = people.list_people(settings, party)
    waiting = [
        people.invitation_to_json(entry) for entry in people.list_invitations(settings, party)
    ]
    if in_json:
        print_json({"people": [card.to_json() for card in cards], "invitations": waiting})
        return
    # Names are written by others: their control characters are escaped.
    parties, lang = people.list_parties(settings), spoken()
    for card in cards:
        role, names = say(lang, people.ROLE_NAMES[Role(card.role)]), parties.get(card.party, {})
        pieces = (card.pseudonym, role, choose_text(lang, names), card.name, card.email)
        click.echo(escape_controls("  ".join(pieces)).rstrip())
    for entry in waiting:
        state = say(lang, "invited, until {day}", day=entry["expires"][:10])
        role = say(lang, people.ROLE_NAMES[Role(entry["role"])])
        party_name = choose_text(lang, parties.get(entry["party"], {}))
        click.echo(escape_controls("  ".join((entry["id"], role, party_name, state))))


@person.command
@click.argument("name", metavar="PERSON")
@click.argument("role", metavar="ROLE", type=click.Choice(ROLES))
@pool_options
def role_command(name: str, role: str, settings: Settings, *, in_json: bool) -> None:
    """Give a person another role: their sessions end."""
    from parvis.pooling import people

    card = people.change_role(settings, name, role)
    if in_json:
        print_json(card.to_json())
    else:
        words = _in_words(settings, card.party, role)
        template = N_("{pseudonym} is now {role} of {party}")
        print_line(template, err=False, pseudonym=name, **words)


@person.command
@click.argument("name", metavar="PERSON|INVITATION")
@pool_options
def remove_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """End a person's access at once, or an invitation, and delete what identifies the person.

    The pseudonym stays in the audit trail.
    """
    from parvis.pooling import people

    if any(entry.id == name for entry in people.list_invitations(settings)):
        invitation = people.invitation_to_json(people.withdraw_invitation(settings, name))
        print_result(invitation, "the invitation {id} opens nothing any more", in_json=in_json)
        return
    removed = people.remove(settings, name)
    if in_json:
        print_json({"pseudonym": name, "party": removed.membership.party})
    else:
        party = _in_words(settings, removed.membership.party)["party"]
        print_line(N_("{pseudonym} of {party} has no access any more"), pseudonym=name, party=party)


@person.command
@click.argument("name", metavar="PERSON")
@click.option("--end", is_flag=True, help="End them all.")
@pool_options
def sessions_command(name: str, settings: Settings, *, end: bool, in_json: bool) -> None:
    """List where a person is signed in."""
    from parvis.pooling import people

    sessions = [people.session_to_json(entry) for entry in people.list_sessions(settings, name)]
    if end:
        people.end_sessions(settings, name)
    if in_json:
        print_json({"sessions": sessions, "ended": end})
        return
    for entry in sessions:
        click.echo("  ".join((entry["id"], entry["seen"], entry["browser"])).rstrip())


@click.command(cls=Command)
@folder_options
@as_json
def settings_command(data: Path | None, catalog: Path | None, *, in_json: bool) -> None:
    """Show every setting in force and who says it, as a parvis.toml.

    What is shown can be kept as the parvis.toml of a catalogue folder: it says the same.
    """
    from parvis.pooling.stewardship.settings import settings_in_force, to_toml

    listing = settings_in_force(Settings.load(data, catalog), data)
    if in_json:
        print_json(listing)
    else:
        click.echo(to_toml(listing, spoken()), nl=False)


BY = N_("  the rule that decided: {rule}\n  of the agreement: {title} <{agreement}>")


@click.command(cls=Command)
@click.argument("reader")
@click.argument("graph")
@click.option(
    "--action",
    type=click.Choice(("read", "discover", "aggregate", "distribute")),
    default="read",
    help="What one would do.",
)
@click.option("--purpose", help="What for, as an IRI.")
@click.option("--date", "when", help="At which instant (ISO 8601 with its offset); else now.")
@pool_options
def may_command(
    reader: str,
    graph: str,
    action: str,
    purpose: str | None,
    when: str | None,
    settings: Settings,
    *,
    in_json: bool,
) -> int:
    """Say whether a reader may do something with a dataset, and by which rule.

    READER is a partner's name, its IRI, or "anonymous"; GRAPH is PARTNER/DATASET or a graph's
    IRI. Exit code 1 if it may not.
    """
    from parvis.pooling.serving.access import explain_access

    decision = explain_access(open_pool(settings), reader, graph, action, instant(when), purpose)
    if in_json:
        print_json(decision)
    else:
        fields = vars(decision)
        print_line(N_("yes: {reason}") if decision.allowed else N_("no: {reason}"), **fields)
        if decision.rule:
            click.echo(say(spoken(), BY, **fields))
        for text in decision.missing:
            click.echo(f"  {text[spoken()]}")
    return 0 if decision.allowed else 1
