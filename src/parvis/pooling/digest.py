"""The digest by which files are told apart."""

import hashlib
from pathlib import Path


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, as any tool computes it; of a folder, of its files' and names."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    whole = hashlib.sha256()
    for one in sorted(one for one in path.rglob("*") if one.is_file()):
        whole.update(f"{digest(one)}  {one.relative_to(path).as_posix()}\n".encode())
    return whole.hexdigest()
