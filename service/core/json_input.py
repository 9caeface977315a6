"""Reading a JSON body strictly: what is ambiguous or not finite is refused, not guessed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, NoReturn, TypeAlias

from fastapi import Depends, Request

from service.core.errors.request import InvalidBodyError, UnsupportedMediaTypeError

# Any value JSON can hold; what it is, is checked where it is used.
Json: TypeAlias = Any

JSON_TYPES: Final = ("application/json",)
# A table cell of a planning bureau never needs more; 1e999999999 would fill the memory as an int.
_MAX_MAGNITUDE: Final = 30
_MAX_INTEGER_DIGITS: Final = 30
_MAX_DEPTH: Final = 40


def parse_json(body: bytes) -> Json:
    """Parse a JSON text (RFC 8259) with exact numbers.

    Parameters
    ----------
    body
        UTF-8; a byte order mark is ignored.

    Returns
    -------
    dict, list, str, bool, None, int, or `decimal.Decimal` for a number with a fraction or an
    exponent: no number passes through a float.

    Raises
    ------
    InvalidBodyError
        If the text is empty, not UTF-8 or not JSON; has NaN or Infinity, a name twice in one
        object, a number beyond 30 digits before or after the point, text with a NUL character
        or half a surrogate pair, or is nested more than 40 deep.
    """
    if not body.strip():
        raise InvalidBodyError.of("", "the body is empty; a JSON value is expected")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidBodyError.of("", f"byte {error.start} is not UTF-8") from None
    try:
        value = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidBodyError.of("", f"not JSON: {error.msg}, {place}") from None
    except RecursionError:
        raise _too_deep() from None
    _refuse_unstorable(value)
    return value


def media_type(request: Request) -> str:
    """Return the media type of a request's body without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_media_type(request: Request, accepted: Sequence[str]) -> None:
    """Refuse a body whose declared type is none of `accepted`; a missing one is refused too."""
    given = media_type(request)
    if given not in accepted:
        raise UnsupportedMediaTypeError(
            f"Content-Type is {given or 'missing'}; expected {' or '.join(accepted)}.",
            headers={"Accept-Post": ", ".join(accepted)} if request.method == "POST" else None,
        )


async def read_body(request: Request) -> bytes:
    """Return the body; the size limit is the middleware's."""
    return await request.body()


Body = Annotated[bytes, Depends(read_body)]


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or (
        abs(number.adjusted()) > _MAX_MAGNITUDE or exponent < -_MAX_MAGNITUDE
    ):
        raise InvalidBodyError.of("", f"the number {text[:40]} is out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS:
        raise InvalidBodyError.of("", f"the number {text[:40]}… is out of range")
    return int(text)


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidBodyError.of("", f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidBodyError.of("", f"the name {twice!r} stands twice in one object")
    return members


def _refuse_unstorable(value: Json) -> None:
    # Level by level and not recursively, so that depth cannot exhaust the stack; lists of
    # numbers, which are nearly all of a geometry, are passed over in one go.
    level: list[Json] = [value]
    for _ in range(_MAX_DEPTH):
        following: list[Json] = []
        for item in level:
            if isinstance(item, str):
                _refuse_text(item)
            elif isinstance(item, dict):
                following.extend(item)
                following.extend(item.values())
            elif isinstance(item, list):
                following.extend(member for member in item if isinstance(member, list | dict | str))
        if not following:
            return
        level = following
    raise _too_deep()


def _refuse_text(text: str) -> None:
    if "\x00" in text:
        raise InvalidBodyError.of("", "a text has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidBodyError.of("", "a text has half a surrogate pair") from None


def _too_deep() -> InvalidBodyError:
    return InvalidBodyError.of("", f"the body is nested more than {_MAX_DEPTH} deep")
