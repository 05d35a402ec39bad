"""Structured logs: one JSON object a line, with nothing in it that a person told us."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

# A record's message may quote a path, and a path may hold a personal link: these fields are all that is written.
FROM_REQUEST = ("status_code",)


def configuration(level: str) -> dict[str, Any]:
    """For logging.config.dictConfig, in Django, Celery and gunicorn alike: every record is a line on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "propagate": False, "level": "WARNING"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "gunicorn.error": {"handlers": ["stderr"], "propagate": False, "level": level},
        },
    }


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message and the exception's type and place; never its values, nor a request's content."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._message(record),
        }
        for name in FROM_REQUEST:
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["trace"] = _trace(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        if request is None:
            return record.getMessage() if not record.exc_info else str(record.msg)
        match = getattr(request, "resolver_match", None)
        return f"{request.method} {match.view_name if match else 'unknown page'}"


def _trace(traceback) -> list[str]:
    """Files and lines, innermost last. No source and no values: they could quote an answer or an address."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('site-packages/', 1)[-1]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places
