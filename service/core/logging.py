"""Structured logs: one event a line, the request id on each, no key in any of them."""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO
from urllib.parse import parse_qsl, urlencode

import structlog
from structlog.typing import FilteringBoundLogger, Processor

SECRET_PARAMETERS: Final = frozenset(
    {"api_key", "apikey", "api-key", "x-api-key", "key", "token", "access_token", "password"}
)
REDACTED: Final = "REDACTED"


def build_logger(*, level: str, form: str, stream: TextIO | None = None) -> FilteringBoundLogger:
    """Return a logger of its own: nothing global is configured, so applications do not mix.

    Parameters
    ----------
    level
        Lowest level written: debug, info, warning, error; upper or lower case.
    form
        ``json`` for machines, anything else for people.
    stream
        Where to; standard error by default, so that standard output stays data.
    """
    target = sys.stderr if stream is None else stream
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=target.isatty(),
            # The default prints the value of every local, keys included.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if form == "json":
        processors.append(structlog.processors.format_exc_info)
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(target),
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        cache_logger_on_first_use=False,
    )
    return logger


def redact_query(query: bytes) -> str:
    """Return a query string fit for a log: values of `SECRET_PARAMETERS` are hidden.

    Names are compared after percent-decoding, so ``%61pi_key`` hides nothing. A query that
    cannot be read as pairs is not shown at all.
    """
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return "UNREADABLE" if query else ""
    return urlencode(
        [
            (name, REDACTED if name.strip().lower() in SECRET_PARAMETERS else value)
            for name, value in pairs
        ]
    )
