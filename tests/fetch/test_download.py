"""Files come whole from real servers, or nothing is left of them."""

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from parvis.config import FetchSettings
from parvis.errors import AddressError, FetchError, LimitError, ParvisError
from parvis.fetch.address import Address
from parvis.fetch.download import DownloadedFile, Validators, download

if TYPE_CHECKING:
    from tests.conftest import Server

HERE = FetchSettings(allow=("127.0.0.1",))
CSV = b"code,titre\na,\xc3\x89t\xc3\xa9\n"


def bring(
    url: str, folder: Path, settings: FetchSettings = HERE, known: Validators | None = None
) -> DownloadedFile | None:
    """Download an address."""
    return download(Address.parse(url), folder, settings, known)


@contextmanager
def refused(folder: Path, kind: type[ParvisError], match: str) -> Iterator[None]:
    """Expect an error, after which the folder holds nothing."""
    with pytest.raises(kind, match=match):
        yield
    assert not list(folder.iterdir())


def test_a_file_is_brought_as_it_is(server: "Server", tmp_path: Path) -> None:
    """Under the name that its address ends with, with what its server says of it."""
    url = server.gives("/2026/calendrier%20%C3%A9t%C3%A9.csv?v=2", CSV, ETag='"a1"')
    found = bring(url, tmp_path)
    assert found is not None
    assert found.file == tmp_path / "calendrier été.csv"
    assert found.file.read_bytes() == CSV
    assert found.validators == Validators('"a1"', None)
    assert [path.name for path in tmp_path.iterdir()] == [found.file.name]


def test_what_is_known_is_not_brought_again(server: "Server", tmp_path: Path) -> None:
    """A 304 gives nothing; a new ETag gives the file."""
    url = server.gives("/a.csv", CSV, ETag='"a1"')
    assert bring(url, tmp_path, known=Validators('"a1"', "Tue, 24 Nov 2026 12:00:00 GMT")) is None
    assert server.asked[0][1]["If-Modified-Since"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    assert bring(url, tmp_path, known=Validators('"a0"')) is not None
    server.gives("/b.csv", status=304)
    with pytest.raises(FetchError, match="304"):
        bring(server.address("/b.csv"), tmp_path)


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        ("/export?format=csv", 'attachment; filename="export-2026-11-24.csv"', "export.csv"),
        ("/", "attachment; filename*=UTF-8''%C3%A9t%C3%A9.xlsx", "download.xlsx"),
        ("/..%2F..%2Fetc%2Fpasswd", "", "passwd"),
        ("/...", 'attachment; filename="../../x"', "download"),
        ("/x", 'attachment; filename="a.c/../sv"', "x"),
    ],
)
def test_a_name_is_the_addresses_and_stays_in_the_folder(
    server: "Server", tmp_path: Path, path: str, disposition: str, name: str
) -> None:
    """A day in a proposed name would make the same file look new; a path would lead out."""
    url = server.gives(path, CSV, Content_Disposition=disposition)
    found = bring(url, tmp_path)
    assert found is not None
    assert found.file == tmp_path / name


@pytest.mark.parametrize("status", [204, 206, 401, 404, 500])
def test_an_answer_that_is_no_file_is_told(server: "Server", tmp_path: Path, status: int) -> None:
    """The error names the address and the status."""
    url = server.gives("/a.csv?key=secret", CSV, status)
    with refused(tmp_path, FetchError, rf"/a\.csv answered {status}"):
        bring(url, tmp_path)


INSIDE = (
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost:{port}/b.csv",
    "http://127.0.0.1:{port}/b.csv",
    "http://[::1]:{port}/b.csv",
    "//10.0.0.1/b.csv",
    "http://[::ffff:127.0.0.1]:{port}/b.csv",
)


@pytest.mark.parametrize("place", INSIDE)
def test_a_redirect_into_the_house_is_refused(
    server: "Server", tmp_path: Path, place: str, resolving: Callable[..., list[str]]
) -> None:
    """A public server may be anybody's; here its name is allowed, and the name only."""
    resolving("127.0.0.1")
    server.gives("/a.csv", status=302, Location=place.format(port=server.server_port))
    server.gives("/b.csv", CSV)
    url = server.address("/a.csv", host="ville.example")
    with refused(tmp_path, AddressError, "no public address"):
        bring(url, tmp_path, FetchSettings(allow=("ville.example",)))
    assert [path for path, _ in server.asked] == ["/a.csv"]


def test_a_name_that_leads_into_the_house_is_refused(
    server: "Server", tmp_path: Path, resolving: Callable[..., list[str]]
) -> None:
    """Nothing is sent there."""
    server.gives("/a.csv", CSV)
    resolving("127.0.0.1")
    with refused(tmp_path, AddressError, r"ville\.example is at 127\.0\.0\.1"):
        bring(server.address("/a.csv", host="ville.example"), tmp_path, FetchSettings())
    assert not server.asked


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://x.example/", "http://a:b@x.example/"]
)
def test_a_redirect_to_what_is_no_address_is_refused(
    server: "Server", tmp_path: Path, place: str
) -> None:
    """Each step is judged as the first was."""
    url = server.gives("/a.csv", status=307, Location=place)
    with refused(tmp_path, AddressError, "address"):
        bring(url, tmp_path)


def test_redirects_are_followed_within_their_number(server: "Server", tmp_path: Path) -> None:
    """Relative places too; the file has the last one's name, and its ETag is asked for there."""
    url = server.gives("/a", status=301, Location="../b c")
    server.gives("/b%20c", status=308, Location="/c.csv")
    server.gives("/c.csv", CSV, ETag='"c"')
    found = bring(url, tmp_path)
    assert found is not None
    assert found.file.name == "c.csv"
    assert bring(url, tmp_path, known=found.validators) is None
    found.file.unlink()
    server.gives("/c.csv", status=302, Location="/a")
    with refused(tmp_path, FetchError, "more than 5 times"):
        bring(url, tmp_path)


def endless(piece: bytes, pause: float, *head: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with the same piece again and again, after lines of a head."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write("".join(f"{line}\r\n" for line in ("HTTP/1.0 200 OK", *head)).encode())
        if head and not head[-1]:
            to.wfile.flush()
        while True:
            to.wfile.write(piece)
            to.wfile.flush()
            time.sleep(pause)

    return answer


def test_a_body_without_end_is_cut_at_its_limit(server: "Server", tmp_path: Path) -> None:
    """By bytes."""
    server.answers["/a.csv"] = endless(b"x" * 65_536, 0, "")
    with refused(tmp_path, LimitError, "more than 1000000 bytes"):
        bring(server.address("/a.csv"), tmp_path, FetchSettings(allow=HERE.allow, bytes=1_000_000))


def test_a_redirect_with_a_body_without_end_is_not_read(server: "Server", tmp_path: Path) -> None:
    """Its head is enough."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write(b"HTTP/1.0 302 Found\r\nLocation: /b.csv\r\n\r\n")
        endless(b"x" * 65_536, 0, "")(to)

    server.answers["/a.csv"] = answer
    server.gives("/b.csv", CSV)
    assert bring(server.address("/a.csv"), tmp_path, FetchSettings(allow=HERE.allow, seconds=5))


@pytest.mark.parametrize("head", [("",), ("X-Slow: ",), ("Content-Length: 100000", "")])
def test_a_server_that_drips_is_cut_at_its_deadline(
    server: "Server", tmp_path: Path, head: tuple[str, ...]
) -> None:
    """In the body or in the head: no silence is long enough to end it otherwise."""
    server.answers["/a.csv"] = endless(b"x", 0.05, *head)
    start = time.monotonic()
    with refused(tmp_path, LimitError, r"more than 0\.5 seconds"):
        bring(server.address("/a.csv"), tmp_path, FetchSettings(allow=HERE.allow, seconds=0.5))
    assert time.monotonic() - start < 3


def test_a_server_that_falls_silent_is_told(server: "Server", tmp_path: Path) -> None:
    """By the time-out between two bytes."""
    server.answers["/a.csv"] = lambda _: time.sleep(1)
    with refused(tmp_path, FetchError, "timed out"):
        bring(server.address("/a.csv"), tmp_path, FetchSettings(allow=HERE.allow, read_seconds=0.2))


def test_a_body_that_is_cut_short_is_no_file(server: "Server", tmp_path: Path) -> None:
    """It announced more."""
    server.gives("/a.csv", b"", Content_Length="1000")
    with refused(tmp_path, FetchError, "cannot be fetched"):
        bring(server.address("/a.csv"), tmp_path)


def test_a_compressed_answer_is_unpacked_and_a_compressed_file_is_not(
    server: "Server", tmp_path: Path
) -> None:
    """Servers tell a ``.gz`` file as a coding."""
    packed = gzip.compress(CSV)
    for path, expected in {"/a.csv": CSV, "/a.csv.gz": packed}.items():
        found = bring(server.gives(path, packed, Content_Encoding="gzip"), tmp_path)
        assert found is not None
        assert found.file.read_bytes() == expected


def test_an_answer_in_chunks_is_put_together(server: "Server", tmp_path: Path) -> None:
    """Compressed, and longer than a piece."""
    body = b"".join(b"%d,%d\n" % (n, n * n) for n in range(60_000))
    packed = gzip.compress(body)

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.protocol_version = "HTTP/1.1"
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.send_header("Content-Encoding", "gzip")
        to.end_headers()
        for start in range(0, len(packed), 1000):
            piece = packed[start : start + 1000]
            to.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        to.wfile.write(b"0\r\n\r\n")

    server.answers["/a.csv"] = answer
    found = bring(server.address("/a.csv"), tmp_path)
    assert found is not None
    assert found.file.read_bytes() == body


def test_an_answer_that_unfolds_beyond_reason_is_refused(server: "Server", tmp_path: Path) -> None:
    """A gzip bomb: 200 MB of zeros in 200 kB."""
    url = server.gives("/a.csv", gzip.compress(bytes(200_000_000)), Content_Encoding="gzip")
    with refused(tmp_path, LimitError, "unfolds to more than 64000000 bytes"):
        bring(url, tmp_path)


def test_a_broken_or_unknown_coding_is_told(server: "Server", tmp_path: Path) -> None:
    """Rather than kept as a file."""
    url = server.gives("/a.csv", b"no gzip", Content_Encoding="gzip")
    with refused(tmp_path, FetchError, "cannot be fetched"):
        bring(url, tmp_path)
    url = server.gives("/a.csv", CSV, Content_Encoding="gzip, gzip")
    with refused(tmp_path, FetchError, "gzip, gzip"):
        bring(url, tmp_path)


def test_nothing_of_the_environment_is_sent_or_followed(
    server: "Server", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor the passwords of ``.netrc``."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert bring(server.gives("/a.csv", CSV), tmp_path)
    assert "Authorization" not in server.asked[0][1]
    assert server.asked[0][1]["User-Agent"].startswith("parvis/")


def test_a_proxy_of_the_settings_is_called_instead(server: "Server", tmp_path: Path) -> None:
    """It alone reaches the others; the name is for it to resolve."""
    server.gives("http://absent.invalid/a.csv", CSV)
    settings = FetchSettings(proxy=server.address(""))
    found = bring("http://absent.invalid/a.csv", tmp_path, settings)
    assert found is not None
    assert found.file.read_bytes() == CSV


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/" + "é" * 300, {}),
        ("/" + "%F0%A0%80%80" * 120, {}),
        ("/export", {"Content_Disposition": "attachment; filename*" + "9" * 6000 + "=x.csv"}),
        ("/export", {"Content_Disposition": "attachment; filename*=no-such''%FF.csv"}),
        ("/export", {"Content_Disposition": 'attachment; filename="../../../x/.csv"'}),
        ("/export", {"Content_Disposition": f'attachment; filename="a.{"x" * 5000}"'}),
        ("/a%2F..%2F..%2Fb", {}),
        ("/a%00b.csv", {}),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_no_name_that_a_server_gives_is_too_long_or_leads_out(
    server: "Server", tmp_path: Path, path: str, headers: dict[str, str]
) -> None:
    """A file comes, under a name that the file system takes, inside the folder."""
    asked = quote(path, safe="/%")
    server.gives(asked, CSV, 200, **headers)
    found = bring(server.address(asked), tmp_path)
    assert found is not None
    assert found.file.parent == tmp_path
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [CSV]


@pytest.mark.parametrize(
    ("etag", "modified"),
    [
        ("a b", "\u00e9"),
        ('"' + "x" * 5000 + '"', "x" * 5000),
        ('"a"\t"b"', "Tue; 24"),
        ('W/"', "<script>"),
    ],
)
def test_what_is_no_validator_is_not_kept(
    server: "Server", tmp_path: Path, etag: str, modified: str
) -> None:
    """It would be sent back in a header each time; so would one that a file of ours tells."""
    headers = {"ETag": etag, "Last_Modified": modified}
    found = bring(server.gives("/a.csv", CSV, 200, **headers), tmp_path)
    assert found is not None
    assert found.validators == Validators()
    assert Validators(["x"], {"a": 1}) == Validators()  # type: ignore[arg-type]


def test_a_redirect_to_half_an_address_is_refused(server: "Server", tmp_path: Path) -> None:
    """Where Python's own reader of addresses gives up."""
    for place in ("http://[", "//[::1", "http://a]b/"):
        server.gives("/a", status=302, Location=place)
        with refused(tmp_path, AddressError, "no http"):
            bring(server.address("/a"), tmp_path)
