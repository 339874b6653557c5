"""Log lines: JSON, one a line, on standard error, from us and from the libraries alike.

A line holds names, codes, ids and numbers. Of an exception it tells kind and place, and of what a library wanted to say
only who said it where: messages of others may quote a value, so none of them is ever written.
"""

from __future__ import annotations

import json
import logging
import logging.config
import sys
import threading
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from vault.base.errors import place

_PLAIN: Final = (str, int, float, bool, type(None))


class Foreign:
    """Renders a line of somebody else's, without its words."""

    def format(self, record: logging.LogRecord) -> str:
        """Return who said something, how loudly, where, and of which exception."""
        error = record.exc_info[1] if record.exc_info else None
        told = {
            "logger": record.name,
            "where": ".".join(filter(None, (record.module, record.funcName))) + f":{record.lineno}",
            **(_told(error) if error is not None else {}),
            "event": "library",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        return json.dumps(told)


def configuration() -> dict[str, Any]:
    """Return the standard library's side of it, for `logging.config.dictConfig`. It can be pickled."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"foreign": {"()": "vault.cli.lines.Foreign"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "foreign", "stream": "ext://sys.stderr"}},
        "loggers": {},
        "root": {"handlers": ["lines"], "level": "WARNING"},
    }


def configure() -> None:
    """Send every line of this process through here, what Python itself complains of included."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda _, __, event: _plain(event),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.config.dictConfig(configuration())
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # the complaint about a line that cannot be written would show what is in it
    sys.excepthook = lambda _, error, __: _say(error)
    threading.excepthook = lambda caught: _say(caught.exc_value)
    sys.unraisablehook = lambda caught: _say(caught.exc_value)


def _say(error: BaseException | None) -> None:
    structlog.get_logger().error("unforeseen", **(_told(error) if error is not None else {}))


def _told(error: BaseException) -> Mapping[str, str]:
    return {"kind": type(error).__name__, "where": place(error)}


def _plain(event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep words and numbers; of anything else only what kind of thing it is."""
    if (error := event.pop("exc_info", None)) is not None:
        error = error if isinstance(error, BaseException) else sys.exc_info()[1]
        event.update(_told(error) if error is not None else {})
    return {key: value if isinstance(value, _PLAIN) else type(value).__name__ for key, value in event.items()}
