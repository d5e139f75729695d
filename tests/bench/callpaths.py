"""The size of parvis's four call paths: functions, files and deepest call chain.

``python tests/bench/callpaths.py`` submits a dataset of the demo pool, publishes, portrays and
answers one GET of ``/sparql``, each once under `sys.setprofile`, in this process; what workers run
is not counted. It uses commands and addresses only, so that it measures earlier versions too:
``python tests/bench/callpaths.py --source CHECKOUT/src``.
"""

import argparse
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any


class Calls:
    """The functions of parvis that are called while profiling, in every thread."""

    def __init__(self, package: Path) -> None:
        self._package = f"{package}/"
        self.functions: set[tuple[str, int, str]] = set()
        self.deepest: list[str] = []
        self._stack = threading.local()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:  # noqa: ANN401 - sys.setprofile's
        code = frame.f_code
        if event not in {"call", "return"} or not code.co_filename.startswith(self._package):
            return
        if code.co_name in {"<module>", "<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>"}:
            return
        # Generators are left and re-entered: the chain is read from the frames.
        if event == "call":
            self.functions.add((code.co_filename, code.co_firstlineno, code.co_name))
            chain: list[str] = []
            above: FrameType | None = frame
            while above is not None:
                if above.f_code.co_filename.startswith(self._package) and not (
                    above.f_code.co_name.startswith("<")
                ):
                    chain.append(above.f_code.co_name)
                above = above.f_back
            if len(chain) > len(self.deepest):
                self.deepest = chain[::-1]

    def count(self, work: Callable[[], object]) -> str:
        """Run something once; return its line of the table."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        files = {file for file, _, _ in self.functions}
        return f"{len(self.functions):9} {len(files):5} {len(self.deepest):7}"


def main() -> None:
    """Measure and print the table; with ``--chains``, also the deepest chain of each path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[2] / "src")
    parser.add_argument("--chains", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(options.source))
    from parvis.cli import main as parvis  # noqa: PLC0415 - from the chosen source
    from parvis.config import Settings, knowledge  # noqa: PLC0415
    from parvis.web import create_app  # noqa: PLC0415

    package = options.source / "parvis"
    with TemporaryDirectory() as folder:
        catalog, data = Path(folder, "catalog"), Path(folder, "data")
        shutil.copytree(knowledge("catalog") / "demo", catalog)
        options_ = ["--data", str(data), "--catalog", str(catalog)]

        def run(*words: str) -> None:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as errors:
                try:
                    parvis([*words, *options_])
                except SystemExit as end:
                    if end.code:
                        raise RuntimeError(errors.getvalue()) from end

        keys = [
            f"{record.parent.parent.name}/{record.parent.name}"
            for record in sorted(catalog.glob("*/*/dataset.ttl"))
            if any(file.suffix in {".csv", ".xlsx", ".json"} for file in record.parent.iterdir())
        ]
        first = "theatre-lanterne/programmation"
        for key in keys:
            if key != first:
                run("submit", key)

        def get() -> None:
            app = create_app(Settings.load(data=data, catalog=catalog))
            query = "SELECT ?s { ?s a <http://schema.org/Event> } LIMIT 5"
            calls = Calls(package)
            client = app.test_client()
            # Since 0.2 a site reads what is published when it starts.
            getattr(app.extensions["parvis"], "snapshot", lambda: None)()
            lines["GET /sparql"] = (
                calls.count(lambda: client.get("/sparql", query_string={"query": query}).data),
                calls,
            )
            app.extensions["parvis"].close()

        lines: dict[str, tuple[str, Calls]] = {}
        for name, words in {
            "submit": ("submit", first),
            "portray": ("portray",),
            "publish": ("publish",),
        }.items():
            calls = Calls(package)
            lines[name] = (calls.count(lambda words=words: run(*words)), calls)  # type: ignore[misc]
        get()
    sys.stdout.write(f"{'':14}functions files deepest\n")
    for name, (line, calls) in lines.items():
        sys.stdout.write(f"{name:14}{line}\n")
        if options.chains:
            sys.stdout.write(f"    {' > '.join(calls.deepest)}\n")


if __name__ == "__main__":
    main()
