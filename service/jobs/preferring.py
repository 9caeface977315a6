"""The header Prefer (RFC 7240): whether a client would rather have a job than wait."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Depends, Header

from service.core.errors.request import InvalidParameterError
from service.core.text_formats import PREFERENCES, of_format

RESPOND_ASYNC: Final = "respond-async"
APPLIED: Final = {"Preference-Applied": RESPOND_ASYNC}
_MAX_LENGTH: Final = 1000
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  # a word of the grammar
_WORD: Final = rf"(?:{_TOKEN}|\"(?:[^\"\\]|\\.)*\")"
_PAIR: Final = rf"{_TOKEN}\s*(?:=\s*{_WORD}?)?"
_PREFERENCE: Final = rf"(?P<name>{_TOKEN})\s*(?:=\s*{_WORD}?)?\s*(?:;\s*(?:{_PAIR})?\s*)*"
_ONE: Final = re.compile(rf"\s*(?:{_PREFERENCE})?\s*(?:,|$)")


def read_prefer(
    prefer: Annotated[
        str | None,
        Header(
            description="respond-async: answer with a job at once",
            examples=[RESPOND_ASYNC],
            json_schema_extra=of_format(PREFERENCES),
        ),
    ] = None,
) -> bool:
    """Return whether the client would rather have a job.

    Preferences that are not known are passed over, as the RFC asks.

    Raises
    ------
    InvalidParameterError
        If the header is no list of preferences.
    """
    text = prefer or ""
    names: list[str] = []
    place = 0
    while place < len(text):
        match = None if len(text) > _MAX_LENGTH else _ONE.match(text, place)
        if match is None:
            raise InvalidParameterError.of_header(
                "Prefer", "expected a list of preferences, as respond-async"
            )
        if match["name"]:
            names.append(match["name"].lower())
        place = match.end()
    return RESPOND_ASYNC in names


PreferAsync = Annotated[bool, Depends(read_prefer)]
