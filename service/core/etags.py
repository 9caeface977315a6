"""Entity tags: the version of a row, so that nobody overwrites what they have not seen."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Annotated, Final

from fastapi import Depends, Header

from service.core.errors.problem import Detail
from service.core.errors.request import InvalidParameterError
from service.core.errors.state import PreconditionFailedError, PreconditionRequiredError
from service.core.text_formats import ENTITY_TAGS, of_format

_ONE_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e]*"'
_TAGS: Final = rf"\s*{_ONE_TAG}\s*(?:,\s*{_ONE_TAG}\s*)*"
_LIST: Final = re.compile(_TAGS)
_TAG: Final = re.compile(_ONE_TAG)
# As API documents tell it.
IF_MATCH_PATTERN: Final = rf"^(?:\s*\*\s*|{_TAGS})$"


def etag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def read_if_match(
    if_match: Annotated[
        str | None,
        Header(
            description='ETag of the version to change, as `"3"`; `*` for any',
            json_schema_extra=of_format(ENTITY_TAGS, pattern=IF_MATCH_PATTERN),
        ),
    ] = None,
) -> str | None:
    """Return the If-Match header; None where there is none.

    Raises
    ------
    InvalidParameterError
        If it is no list of entity tags.
    """
    if if_match is not None and if_match.strip() != "*" and not _LIST.fullmatch(if_match):
        raise InvalidParameterError.of_header("If-Match", 'expected an ETag like "3", or *')
    return if_match


def require_if_match(if_match: Annotated[str | None, Depends(read_if_match)]) -> str:
    """Return the If-Match header.

    Raises
    ------
    PreconditionRequiredError
        If there is none.
    InvalidParameterError
        If it is no list of entity tags.
    """
    if if_match is None:
        raise PreconditionRequiredError(
            "Send If-Match with the ETag of the version you have seen.",
            errors=[Detail("is missing", header="If-Match")],
        )
    return if_match


def check_if_match(if_match: str, version: int) -> None:
    """Refuse a change of another version than the one stored; weak tags never match."""
    check_tags(if_match, known={etag(version)}, current=etag(version))


def check_tags(if_match: str, *, known: AbstractSet[str], current: str) -> None:
    """Refuse a change where If-Match names none of the tags of what is stored.

    Parameters
    ----------
    known
        The tags of every form in which the current version is shown.
    current
        The one of them that the refusal tells.
    """
    if if_match.strip() != "*" and known.isdisjoint(_TAG.findall(if_match)):
        raise PreconditionFailedError(
            f"The current version is {current}, not {if_match[:60]}; read it again.",
            headers={"ETag": current},
        )


def is_known(if_none_match: str | None, version: int) -> bool:
    """Tell whether the caller has this version already (weak comparison, RFC 9110 13.1.2)."""
    return is_tag_known(if_none_match, etag(version))


def is_tag_known(if_none_match: str | None, tag: str) -> bool:
    """Tell whether the caller has what `tag` names; see `is_known`."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return tag in {tag.removeprefix("W/") for tag in _TAG.findall(if_none_match)}


IfMatch = Annotated[str, Depends(require_if_match)]
OptionalIfMatch = Annotated[str | None, Depends(read_if_match)]
IfNoneMatch = Annotated[
    str | None, Header(description="ETag already held; 304 if it is still the current one")
]
