"""Which encoding a text is in, by what its bytes can be."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from service.imports.encoding_names import GB18030, UTF_8, encoding_name
from spatial.errors import InputError

SAMPLE_TEXTS: Final = 5
SAMPLE_CHARACTERS: Final = 40


# Chinese characters, their punctuation, full-width forms; what Chinese text is made of.
_CHINESE: Final = ((0x3000, 0x303F), (0x3400, 0x9FFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_MOST: Final = 0.9
_FEW: Final = 0.5


def decide_encoding(
    cells: Sequence[bytes],
    *,
    declared: str | None,
    source: str,
    parts: Sequence[bytes],
    valid: Callable[[bytes, str], bool],
) -> tuple[str, str]:
    """Return the encoding and the rule that decided; `parts` serve to say where it fails."""
    if all(cell.isascii() for cell in cells):
        return UTF_8, "ascii"
    said = None if declared is None else encoding_name(declared)
    # A single-byte encoding takes any bytes at all: only the others prove themselves.
    if (
        said is not None
        and said not in {"iso8859-1", "cp1252"}
        and all(valid(cell, said) for cell in cells)
    ):
        return said, "declared"
    for name in (UTF_8, GB18030):
        if not all(valid(cell, name) for cell in cells):
            continue
        if name == UTF_8 and _chinese_only_in_gb18030(cells):
            return GB18030, "chinese"
        return name, name
    if said is not None and all(valid(cell, said) for cell in cells):
        return said, "declared"
    at = next((number for number, part in enumerate(parts, start=1) if not valid(part, GB18030)), 1)
    what = "line" if parts is not cells else "text"
    shown = repr(parts[at - 1][:24])[2:-1]
    raise InputError(
        f"{source}: its text is in neither UTF-8 nor GB18030 ({what} {at}: {shown}); "
        "say its encoding with --encoding"
    )


def all_valid(cells: Sequence[bytes], name: str) -> bool:
    """Tell whether every cell can be text of an encoding."""
    return all(is_valid(cell, name) for cell in cells)


def is_valid(cell: bytes, name: str) -> bool:
    """Tell whether a cell can be text of an encoding, its last character cut or not."""
    try:
        decode_whole_characters(cell, name)
    except UnicodeError:
        return False
    return True


def is_valid_to_the_end(text: bytes, name: str) -> bool:
    """Tell whether a text is one of an encoding, to its last byte."""
    try:
        text.decode(name)
    except UnicodeError:
        return False
    return True


def decode_whole_characters(cell: bytes, name: str) -> tuple[str, bytes]:
    """Decode as far as whole characters go; return what is left, at most a part of one."""
    try:
        return cell.decode(name), b""
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder(name)()
        text = decoder.decode(cell, final=False)
        rest = decoder.getstate()[0]
        if not rest:
            raise
        return text, rest


def _chinese_only_in_gb18030(cells: Sequence[bytes]) -> bool:
    """Tell text that is Chinese in GB18030 and happens to be valid UTF-8, as 一 is."""
    if not all_valid(cells, GB18030):
        return False
    texts = [
        "".join(decode_whole_characters(cell, name)[0] for cell in cells if not cell.isascii())
        for name in (UTF_8, GB18030)
    ]
    return _chinese_share(texts[0]) < _FEW and _chinese_share(texts[1]) > _MOST


def _chinese_share(text: str) -> float:
    foreign = [ord(character) for character in text if not character.isascii()]
    found = sum(any(low <= code <= high for low, high in _CHINESE) for code in foreign)
    return found / len(foreign) if foreign else 0.0


def sample_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the first texts that are not ASCII, each once and shortened."""
    found: dict[str, None] = {}
    for text in texts:
        if not text.isascii():
            found.setdefault(" ".join(text.split())[:SAMPLE_CHARACTERS])
        if len(found) == SAMPLE_TEXTS:
            break
    return tuple(found)
