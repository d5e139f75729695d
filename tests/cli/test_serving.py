"""A port in use is refused before anything begins."""

import socket

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("fr", "un autre programme écoute au port"), ("en", "another program listens")],
)
def test_a_port_in_use_is_refused(run: Run, lang: str, expected: str) -> None:
    """The kernel would let two servers share the port, and readers would get either."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = run("demo", "--port", str(other.getsockname()[1]), "--lang", lang)
    assert result.returncode == 3
    assert expected in result.stderr
