"""Web addresses as they are compared: the page, and the site that only one entity has."""

import re
from collections import Counter
from collections.abc import Iterable

SHARED_SITES = frozenset(
    re.findall(
        r"\S+",
        # Networks, videos and music.
        "facebook.com fb.com fb.me instagram.com twitter.com x.com threads.net bsky.app tiktok.com"
        " linkedin.com pinterest.com flickr.com youtube.com youtu.be vimeo.com soundcloud.com"
        " bandcamp.com spotify.com linktr.ee meetup.com"
        # Makers of sites, maps, encyclopedias and directories.
        " google.com google.ca goo.gl wixsite.com wix.com wordpress.com weebly.com blogspot.com"
        " squarespace.com webflow.io github.io netlify.app notion.site wikipedia.org wikidata.org"
        " tripadvisor.ca tripadvisor.com yelp.ca yelp.com bonjourquebec.com lavitrine.com"
        # Ticket vendors.
        " lepointdevente.com eventbrite.ca eventbrite.com ticketmaster.ca ticketmaster.com"
        " admission.com evenko.ca billetech.com reservatech.net tuxedobillet.com ticketpro.ca"
        " zeffy.com ticketacces.net ovation.ca weezevent.com",
    )
)
"""Sites on which many have a page: to be on one of them tells nothing."""
_SECOND_LEVEL = frozenset(
    re.findall(
        r"\S+",
        "ab bc mb nb nf nl ns nt nu on pe qc sk yk gc ac asso co com edu gouv gov net org",
    )
)
"""Labels before a country's under which names are registered: « musee.qc.ca »."""


def address(url: str) -> str:
    """Normalise a web address: no scheme, no ``www.``, no query, no last slash.

    >>> address("https://www.Lanterne.example/Spectacles/?utm=1#x")
    'lanterne.example/Spectacles'
    """
    bare = url.partition("://")[2].partition("#")[0].partition("?")[0]
    host, slash, path = bare.partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/")


def site(page: str) -> str:
    """Return the registered name of a page's host; empty for a site on which many have a page.

    >>> site("billets.lanterne.example/saison"), site("biblio.ville.rimouski.qc.ca")
    ('lanterne.example', 'rimouski.qc.ca')
    >>> site("facebook.com/lanterne"), site("lanterne.wixsite.com/accueil")
    ('', '')
    """
    labels = page.partition("/")[0].partition(":")[0].split(".")
    count = 2
    while labels[-count : -count + 1] and labels[-count] in _SECOND_LEVEL and count < len(labels):
        count += 1
    name = ".".join(labels[-count:])
    return "" if name in SHARED_SITES else name


def own_sites(sites_by_entity: Iterable[Iterable[str]]) -> set[str]:
    """Return the sites that only one of the entities of a dataset has."""
    # A municipality's site presents all of its venues, an agency's all of its artists.
    bearers = Counter(name for sites in sites_by_entity for name in set(sites))
    return {name for name, count in bearers.items() if count == 1}
