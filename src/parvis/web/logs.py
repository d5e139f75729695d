"""The log of the server: a JSON object a line, on standard error."""

import logging
from datetime import UTC, datetime

from flask import has_request_context
from pythonjsonlogger.json import JsonFormatter

from parvis.web.observing import request_name


class Formatter(JsonFormatter):
    """Writes a record with its instant and, where one is being answered, the id of the request."""

    def add_fields(
        self,
        log_data: dict[str, object],
        record: logging.LogRecord,
        message_dict: dict[str, object],
    ) -> None:
        """Put what every line begins with before the rest."""
        log_data["at"] = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        log_data["level"] = record.levelname.lower()
        if has_request_context():
            log_data["request"] = request_name()
        super().add_fields(log_data, record, message_dict)


def begin() -> None:
    """Write all that this process logs as such lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter("%(name)s %(message)s", rename_fields={"name": "logger"}))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("parvis").setLevel(logging.INFO)
