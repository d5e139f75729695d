"""Feeds: what their elements are read as."""

from pathlib import Path

from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import read
from parvis.report import Report

FEED = """\
<rss version="2.0"><channel><title>Nouvelles</title><item>
<title>Le phare</title><pubDate>Thu, 05 Mar 2026 20:00:00 -0500</pubDate>
</item></channel></rss>
"""


def test_dates_are_in_iso_8601(tmp_path: Path) -> None:
    """A date is written as such whatever the feed's own form; other elements are texts."""
    file = tmp_path / "news.rss"
    file.write_text(FEED, encoding="utf-8")
    names = {"title", "published"}
    (row,) = read(LogicalSource("s", file.name, "feed"), file, names, Report())
    assert row.get("published") == ["2026-03-06T01:00:00+00:00"]
    assert row.get("title") == ["Le phare"]
