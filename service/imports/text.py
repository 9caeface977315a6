"""Reading text files: UTF-8, GB18030 or what is declared."""

from __future__ import annotations

from pathlib import Path

from service.imports.encoding import DecodedText, decode_text
from service.imports.raw import PLAIN, Reading
from spatial.errors import InputError


def read_text(path: Path, *, how: Reading = PLAIN, declared: str | None = None) -> DecodedText:
    """Return the text of a file, and how its bytes were read.

    Parameters
    ----------
    declared
        What the file says of its encoding.

    Raises
    ------
    InputError
        When the file is in no encoding that is named or looked for, or holds nothing.
    """
    decoded = decode_text(
        path.read_bytes(), source=str(path), option=how.encoding, declared=declared
    )
    if not decoded.text.strip():
        raise InputError(f"{path}: is empty")
    return decoded


def read_utf8(path: Path, *, how: Reading = PLAIN) -> str:
    """Return the text of a file whose format prescribes UTF-8.

    Raises
    ------
    InputError
        When the file is in another encoding and nobody says which, or holds nothing.
    """
    if how.encoding is not None:
        return read_text(path, how=how).text
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}: is not in UTF-8 (line {line}), as its format prescribes; "
            "save it as UTF-8, or say its encoding with --encoding"
        ) from None
    if not text.strip():
        raise InputError(f"{path}: is empty")
    return text
