"""The language of texts in an answer: Chinese unless the reader prefers English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import Depends, Header

from service.core.resources import ResourcesDependency

Language = Literal["zh", "en"]

_RANGE: Final = re.compile(
    r"\s*(?P<tag>[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*(?P<q>[01](?:\.\d{0,3})?)\s*)?"
)


def choose_language(header: str | None, default: Language) -> Language:
    """Return the language a reader likes best (RFC 9110, section 12.5.4).

    Anything unreadable or unknown counts as no wish; equal wishes and ``*`` give `default`.
    """
    wishes: dict[str, float] = {}
    for part in (header or "").split(","):
        match = _RANGE.fullmatch(part)
        if match is not None:
            language = match["tag"].split("-")[0].lower()
            weight = 1.0 if match["q"] is None else float(match["q"])
            wishes[language] = max(weight, wishes.get(language, 0.0))
    anything = wishes.get("*", 0.0)
    chinese, english = wishes.get("zh", anything), wishes.get("en", anything)
    if chinese == english:
        return default
    return "zh" if chinese > english else "en"


async def read_language(
    resources: ResourcesDependency,
    accept_language: Annotated[
        str | None, Header(description="zh (default) or en", examples=["en"])
    ] = None,
) -> Language:
    """Return the language of the answer."""
    return choose_language(accept_language, resources.settings.lang)


def language_headers(language: Language) -> Mapping[str, str]:
    """Return the headers that say which language an answer is in, and that it was chosen."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


LanguageDependency = Annotated[Language, Depends(read_language)]
