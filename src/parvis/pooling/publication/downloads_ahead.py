"""Write the download files of contents before a publication, while the pool does other work.

They depend on the content alone. The publication takes those of the contents that it serves, and
writes any others itself.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Self

from parvis.pooling.pool import Pool
from parvis.pooling.publication.contents import (
    FORMS_TOGETHER,
    PROCESSES,
    DatasetFiles,
    FormerFiles,
    WrittenForm,
    describe_content,
    request_forms,
    take_form,
    write_while_waiting,
)
from parvis.pooling.publication.derived import is_derived
from parvis.store.files import workplace
from parvis.vocab.iris import DatasetKey


class DownloadsAhead:
    """The download files that a process is writing into a folder of the pool's disk."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self._pool, self._folder = pool, folder
        self._waiting: SimpleQueue[tuple[Sequence[str], DatasetKey] | None] = SimpleQueue()
        self._requests: dict[DatasetKey, dict[str, str]] = {}
        self._contents: dict[DatasetKey, str] = {}
        self._threads = ThreadPoolExecutor(PROCESSES)
        # One process as long as the pool needs a processor too.
        self._writing = [self._threads.submit(self._write)]

    @classmethod
    @contextmanager
    def begin(cls, pool: Pool) -> Iterator[Self]:
        """Write as long as the block lasts, and delete the files after it."""
        with workplace(pool.settings.data) as folder:
            ahead = cls(pool, folder)
            try:
                yield ahead
            finally:
                ahead.close()

    def add(self, key: DatasetKey) -> None:
        """Write the files of a dataset's content, which was just stored.

        Those of another content of the same dataset are left to the publication.
        """
        if key in self._contents:
            return
        dataset, record = self._pool.catalog.require(key), self._pool.record
        version = record.versions()[dataset.graph]
        if is_derived(record, version):  # its files are made of what the publication derives
            return
        source = record.path(version)
        self._contents[key] = describe_content(dataset, source, self._pool.settings)
        self._requests[key] = request_forms(dataset, source)
        for endings in FORMS_TOGETHER:
            self._waiting.put((endings, key))

    def finish(self) -> FormerFiles:
        """Wait until all are written; return them by dataset."""
        self._writing += [self._threads.submit(self._write) for _ in range(1, PROCESSES)]
        self._end()
        index = {key: DatasetFiles(content, {}, {}) for key, content in self._contents.items()}
        paths: dict[DatasetKey, dict[str, Path]] = {key: {} for key in index}
        written = chain.from_iterable(writing.result() for writing in self._writing)
        endings = [*chain(*FORMS_TOGETHER)]
        for form in sorted(written, key=lambda form: endings.index(form.ending)):
            paths[form.key] |= take_form(index[form.key], form)
        return {str(key): (entry, paths[key]) for key, entry in index.items()}

    def close(self) -> None:
        """Leave what is not yet written. Idempotent."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()
        self._end()
        self._threads.shutdown()

    def _end(self) -> None:
        for _ in range(PROCESSES):
            self._waiting.put(None)

    def _write(self) -> list[WrittenForm]:
        waiting = iter(self._waiting.get, None)
        return write_while_waiting(self._pool.settings, self._requests, self._folder, waiting)
