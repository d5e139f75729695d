"""Name the browser of a session, for the person who looks through their sessions."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Marks in a User-Agent header, the more telling first: most name others too."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
LOOKED_AT = 500
"""Characters of the header that are looked at: it is a stranger's text."""


def name_browser(header: str) -> str:
    """Return ``browser/system`` of a User-Agent header, of fixed lists; empty parts if unknown.

    >>> name_browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0")
    'Firefox/Windows'
    >>> name_browser("curl/8")
    '/'
    """
    text = header[:LOOKED_AT]
    browser, system = (
        next((name for mark, name in marks if mark in text), "") for marks in (BROWSERS, SYSTEMS)
    )
    return f"{browser}/{system}"
