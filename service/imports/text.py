"""Reading text files: UTF-8, with or without a byte order mark."""

from __future__ import annotations

from pathlib import Path

from spatial.errors import InputError


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    InputError
        When the file is not in UTF-8, or holds nothing.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}: is not in UTF-8 (line {line}); save it as UTF-8, not GBK or UTF-16"
        ) from None
    if not text.strip():
        raise InputError(f"{path}: is empty")
    return text
