"""A port that another program has is refused before anything is begun."""

import socket

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("lang", "said"),
    [("fr", "un autre programme écoute au port"), ("en", "another program listens")],
)
def test_a_port_that_is_taken_is_told(run: Run, lang: str, said: str) -> None:
    """The kernel would let two servers share it, and readers get now one, now the other."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = run("demo", "--port", str(other.getsockname()[1]), "--lang", lang)
    assert found.returncode == 3
    assert said in found.stderr
