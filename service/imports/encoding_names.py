"""Names of encodings, as people and files write them."""

from __future__ import annotations

import codecs
from typing import Final

from spatial.errors import InputError

UTF_8: Final = "utf-8"
GB18030: Final = "gb18030"


# What files call the encodings of Chinese, beyond the names Python knows.
_OTHER_NAMES: Final = {
    "936": GB18030,
    "cp936": GB18030,
    "ms936": GB18030,
    "oem 936": GB18030,
    "ansi 936": GB18030,
    "ansi_936": GB18030,
    "gbk": GB18030,
    "gb2312": GB18030,
    "hz": GB18030,
    "54936": GB18030,
    "65001": UTF_8,
    "utf8": UTF_8,
    "ansi_1252": "cp1252",
    "ansi 1252": "cp1252",
    "88591": "iso-8859-1",
    "ldid/77": GB18030,
    "ldid/79": "cp950",
}


def encoding_name(text: str) -> str | None:
    """Return Python's name of an encoding, whichever of its names is given; None if unknown."""
    plain = " ".join(text.strip().strip("\"'").casefold().split())
    known = _OTHER_NAMES.get(plain, plain)
    try:
        name = codecs.lookup(known).name
        # Codecs of bytes to bytes, as base64, are no encodings of text.
        "".encode(name)
    except (LookupError, TypeError, ValueError):
        return None
    return GB18030 if name in {"gbk", "gb2312", "hz"} else name


def parse_encoding(text: str) -> str:
    """Return Python's name of the encoding a user names.

    Raises
    ------
    InputError
        When there is none.
    """
    name = encoding_name(text)
    if name is None:
        raise InputError(
            f"--encoding: there is no encoding '{text}'; for Chinese it is UTF-8 or GB18030 (GBK)"
        )
    return name
