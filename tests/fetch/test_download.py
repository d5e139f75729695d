"""Files are downloaded completely from real servers, or not at all."""

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
from parvis.fetch.download import DownloadedFile, download
from parvis.fetch.validators import Validators

if TYPE_CHECKING:
    from tests.conftest import Server

LOOPBACK = FetchSettings(allow=("127.0.0.1",))
CSV = b"code,titre\na,\xc3\x89t\xc3\xa9\n"


def fetch_file(
    url: str, folder: Path, settings: FetchSettings = LOOPBACK, validators: Validators | None = None
) -> DownloadedFile | None:
    return download(Address.parse(url), folder, settings, validators)


@contextmanager
def expect_refusal(folder: Path, error: type[ParvisError], match: str) -> Iterator[None]:
    """Expect an error that leaves the folder empty."""
    with pytest.raises(error, match=match):
        yield
    assert not list(folder.iterdir())


def test_a_file_is_downloaded_unchanged(server: "Server", tmp_path: Path) -> None:
    """The file is named after the end of its address; validators come from the response."""
    url = server.gives("/2026/calendrier%20%C3%A9t%C3%A9.csv?v=2", CSV, ETag='"a1"')
    download = fetch_file(url, tmp_path)
    assert download is not None
    assert download.file == tmp_path / "calendrier été.csv"
    assert download.file.read_bytes() == CSV
    assert download.validators == Validators('"a1"', None)
    assert [path.name for path in tmp_path.iterdir()] == [download.file.name]


def test_an_unchanged_file_is_not_downloaded_again(server: "Server", tmp_path: Path) -> None:
    """A 304 returns nothing; a new ETag returns the file."""
    url = server.gives("/a.csv", CSV, ETag='"a1"')
    assert (
        fetch_file(url, tmp_path, validators=Validators('"a1"', "Tue, 24 Nov 2026 12:00:00 GMT"))
        is None
    )
    assert server.asked[0][1]["If-Modified-Since"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    assert fetch_file(url, tmp_path, validators=Validators('"a0"')) is not None
    server.gives("/b.csv", status=304)
    with pytest.raises(FetchError, match="304"):
        fetch_file(server.address("/b.csv"), tmp_path)


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
def test_a_file_is_named_after_its_address_and_stays_in_the_folder(
    server: "Server", tmp_path: Path, path: str, disposition: str, name: str
) -> None:
    """A date in a proposed name would make the file look new; a path could leave the folder."""
    url = server.gives(path, CSV, Content_Disposition=disposition)
    download = fetch_file(url, tmp_path)
    assert download is not None
    assert download.file == tmp_path / name


@pytest.mark.parametrize("status", [204, 206, 401, 404, 500])
def test_any_status_but_200_is_an_error(server: "Server", tmp_path: Path, status: int) -> None:
    """The error names the address and the status."""
    url = server.gives("/a.csv?key=secret", CSV, status)
    with expect_refusal(tmp_path, FetchError, rf"/a\.csv answered {status}"):
        fetch_file(url, tmp_path)


INTERNAL = (
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost:{port}/b.csv",
    "http://127.0.0.1:{port}/b.csv",
    "http://[::1]:{port}/b.csv",
    "//10.0.0.1/b.csv",
    "http://[::ffff:127.0.0.1]:{port}/b.csv",
)


@pytest.mark.parametrize("location", INTERNAL)
def test_a_redirect_to_an_internal_address_is_refused(
    server: "Server", tmp_path: Path, location: str, resolving: Callable[..., list[str]]
) -> None:
    """Here the host name is allowed, but not the addresses it redirects to."""
    resolving("127.0.0.1")
    server.gives("/a.csv", status=302, Location=location.format(port=server.server_port))
    server.gives("/b.csv", CSV)
    url = server.address("/a.csv", host="ville.example")
    with expect_refusal(tmp_path, AddressError, "no public address"):
        fetch_file(url, tmp_path, FetchSettings(allow=("ville.example",)))
    assert [path for path, _ in server.asked] == ["/a.csv"]


def test_a_name_that_resolves_to_an_internal_address_is_refused(
    server: "Server", tmp_path: Path, resolving: Callable[..., list[str]]
) -> None:
    server.gives("/a.csv", CSV)
    resolving("127.0.0.1")
    with expect_refusal(tmp_path, AddressError, r"ville\.example is at 127\.0\.0\.1"):
        fetch_file(server.address("/a.csv", host="ville.example"), tmp_path, FetchSettings())
    assert not server.asked


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://x.example/", "http://a:b@x.example/"]
)
def test_a_redirect_to_another_scheme_or_with_a_password_is_refused(
    server: "Server", tmp_path: Path, location: str
) -> None:
    """Each redirect is checked like the first address."""
    url = server.gives("/a.csv", status=307, Location=location)
    with expect_refusal(tmp_path, AddressError, "address"):
        fetch_file(url, tmp_path)


def test_redirects_are_followed_up_to_a_maximum(server: "Server", tmp_path: Path) -> None:
    """Relative locations too; the file is named after the last address, whose ETag is sent."""
    url = server.gives("/a", status=301, Location="../b c")
    server.gives("/b%20c", status=308, Location="/c.csv")
    server.gives("/c.csv", CSV, ETag='"c"')
    download = fetch_file(url, tmp_path)
    assert download is not None
    assert download.file.name == "c.csv"
    assert fetch_file(url, tmp_path, validators=download.validators) is None
    download.file.unlink()
    server.gives("/c.csv", status=302, Location="/a")
    with expect_refusal(tmp_path, FetchError, "more than 5 times"):
        fetch_file(url, tmp_path)


def endless(piece: bytes, pause: float, *head: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer that repeats a piece endlessly after the header lines."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write("".join(f"{line}\r\n" for line in ("HTTP/1.0 200 OK", *head)).encode())
        if head and not head[-1]:
            handler.wfile.flush()
        while True:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return answer


def test_an_endless_body_is_cut_at_the_size_limit(server: "Server", tmp_path: Path) -> None:
    server.answers["/a.csv"] = endless(b"x" * 65_536, 0, "")
    with expect_refusal(tmp_path, LimitError, "more than 1000000 bytes"):
        fetch_file(
            server.address("/a.csv"), tmp_path, FetchSettings(allow=LOOPBACK.allow, bytes=1_000_000)
        )


def test_the_body_of_a_redirect_is_not_read(server: "Server", tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 302 Found\r\nLocation: /b.csv\r\n\r\n")
        endless(b"x" * 65_536, 0, "")(handler)

    server.answers["/a.csv"] = answer
    server.gives("/b.csv", CSV)
    assert fetch_file(
        server.address("/a.csv"), tmp_path, FetchSettings(allow=LOOPBACK.allow, seconds=5)
    )


@pytest.mark.parametrize("head", [("",), ("X-Slow: ",), ("Content-Length: 100000", "")])
def test_a_slow_server_is_cut_off_at_the_deadline(
    server: "Server", tmp_path: Path, head: tuple[str, ...]
) -> None:
    """In the body or in the head: the read time-out alone would never end it."""
    server.answers["/a.csv"] = endless(b"x", 0.05, *head)
    start = time.monotonic()
    with expect_refusal(tmp_path, LimitError, r"more than 0\.5 seconds"):
        fetch_file(
            server.address("/a.csv"), tmp_path, FetchSettings(allow=LOOPBACK.allow, seconds=0.5)
        )
    assert time.monotonic() - start < 3


def test_a_silent_server_times_out(server: "Server", tmp_path: Path) -> None:
    """The read time-out applies between two bytes."""
    server.answers["/a.csv"] = lambda _: time.sleep(1)
    with expect_refusal(tmp_path, FetchError, "timed out"):
        fetch_file(
            server.address("/a.csv"),
            tmp_path,
            FetchSettings(allow=LOOPBACK.allow, read_seconds=0.2),
        )


def test_a_truncated_body_is_refused(server: "Server", tmp_path: Path) -> None:
    """Content-Length announced more."""
    server.gives("/a.csv", b"", Content_Length="1000")
    with expect_refusal(tmp_path, FetchError, "cannot be fetched"):
        fetch_file(server.address("/a.csv"), tmp_path)


def test_a_compressed_response_is_unpacked_but_not_a_compressed_file(
    server: "Server", tmp_path: Path
) -> None:
    """Some servers send a ``.gz`` file with a Content-Encoding."""
    packed = gzip.compress(CSV)
    for path, expected in {"/a.csv": CSV, "/a.csv.gz": packed}.items():
        download = fetch_file(server.gives(path, packed, Content_Encoding="gzip"), tmp_path)
        assert download is not None
        assert download.file.read_bytes() == expected


def test_a_chunked_response_is_reassembled(server: "Server", tmp_path: Path) -> None:
    """Compressed, and longer than one read."""
    body = b"".join(b"%d,%d\n" % (n, n * n) for n in range(60_000))
    packed = gzip.compress(body)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for start in range(0, len(packed), 1000):
            piece = packed[start : start + 1000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    server.answers["/a.csv"] = answer
    download = fetch_file(server.address("/a.csv"), tmp_path)
    assert download is not None
    assert download.file.read_bytes() == body


def test_a_decompression_bomb_is_refused(server: "Server", tmp_path: Path) -> None:
    """A gzip bomb: 200 MB of zeros in 200 kB."""
    url = server.gives("/a.csv", gzip.compress(bytes(200_000_000)), Content_Encoding="gzip")
    with expect_refusal(tmp_path, LimitError, "unfolds to more than 64000000 bytes"):
        fetch_file(url, tmp_path)


def test_a_broken_or_unknown_content_encoding_is_refused(server: "Server", tmp_path: Path) -> None:
    """It is not stored as a file."""
    url = server.gives("/a.csv", b"no gzip", Content_Encoding="gzip")
    with expect_refusal(tmp_path, FetchError, "cannot be fetched"):
        fetch_file(url, tmp_path)
    url = server.gives("/a.csv", CSV, Content_Encoding="gzip, gzip")
    with expect_refusal(tmp_path, FetchError, "gzip, gzip"):
        fetch_file(url, tmp_path)


def test_proxies_and_passwords_of_the_environment_are_ignored(
    server: "Server", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor the passwords of ``.netrc``."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch_file(server.gives("/a.csv", CSV), tmp_path)
    assert "Authorization" not in server.asked[0][1]
    assert server.asked[0][1]["User-Agent"].startswith("parvis/")


def test_the_proxy_of_the_settings_is_used(server: "Server", tmp_path: Path) -> None:
    """Only the proxy reaches other machines, and it resolves the name."""
    server.gives("http://absent.invalid/a.csv", CSV)
    settings = FetchSettings(proxy=server.address(""))
    download = fetch_file("http://absent.invalid/a.csv", tmp_path, settings)
    assert download is not None
    assert download.file.read_bytes() == CSV


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
def test_any_proposed_file_name_is_shortened_and_kept_in_the_folder(
    server: "Server", tmp_path: Path, path: str, headers: dict[str, str]
) -> None:
    """The file is stored inside the folder, under a name that the file system accepts."""
    address = quote(path, safe="/%")
    server.gives(address, CSV, 200, **headers)
    download = fetch_file(server.address(address), tmp_path)
    assert download is not None
    assert download.file.parent == tmp_path
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
def test_malformed_validators_are_ignored(
    server: "Server", tmp_path: Path, etag: str, modified: str
) -> None:
    """Validators are sent back in headers; those that are not strings are refused too."""
    headers = {"ETag": etag, "Last_Modified": modified}
    download = fetch_file(server.gives("/a.csv", CSV, 200, **headers), tmp_path)
    assert download is not None
    assert download.validators == Validators()
    assert Validators(["x"], {"a": 1}) == Validators()  # type: ignore[arg-type]


def test_a_redirect_to_a_malformed_address_is_refused(server: "Server", tmp_path: Path) -> None:
    """Cases in which urllib's own parser raises an error."""
    for location in ("http://[", "//[::1", "http://a]b/"):
        server.gives("/a", status=302, Location=location)
        with expect_refusal(tmp_path, AddressError, "no http"):
            fetch_file(server.address("/a"), tmp_path)
