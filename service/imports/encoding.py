"""Which encoding the text of a file is in: what is declared, then what its bytes show.

GB18030 holds every character of GBK and GB2312 at the same bytes, so it stands for all three.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from spatial.errors import InputError

UTF_8: Final = "utf-8"
GB18030: Final = "gb18030"
SAMPLE_TEXTS: Final = 5
_SAMPLE_CHARACTERS: Final = 40

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
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
# Chinese characters, their punctuation, full-width forms; what Chinese text is made of.
_CHINESE: Final = ((0x3000, 0x303F), (0x3400, 0x9FFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_MOST: Final = 0.9
_FEW: Final = 0.5


@dataclass(frozen=True)
class EncodingEvidence:
    """How the bytes of a file's text were read, and why.

    Parameters
    ----------
    name
        The encoding, as Python calls it.
    rule
        What decided: ``option`` (the user), ``mark`` (a byte order mark), ``declared`` (the file
        or its ``.cpg``), ``ascii`` (nothing to decide), ``utf-8`` (all of it is valid UTF-8),
        ``gb18030`` (it is not, and is valid GB18030), ``chinese`` (valid in both, Chinese only
        in GB18030).
    declared
        What the file says of its encoding; None if nothing.
    sample
        The first texts that are not ASCII, as they were decoded, for the user to look at.
    cut
        Texts that ended within a character, whose last bytes were dropped.
    """

    name: str
    rule: str
    declared: str | None = None
    sample: tuple[str, ...] = ()
    cut: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether a user should look at the sample: the content decided, not a declaration."""
        return self.rule in {"gb18030", "chinese"} or (
            self.rule == UTF_8
            and self.declared is not None
            and encoding_name(self.declared) != UTF_8
        )

    def note(self) -> str | None:
        """Return the line that tells the user; None where nothing was decided."""
        if self.rule == "ascii":
            return None
        why = {
            "option": "as --encoding says",
            "mark": "as its byte order mark says",
            "declared": f"as it declares ({self.declared})",
            "utf-8": "as all its bytes are valid in it",
            "gb18030": "as its bytes are not valid UTF-8",
            "chinese": "as its bytes make Chinese text in it and none in UTF-8",
        }[self.rule]
        shown = f": {' · '.join(self.sample)}" if self.sample else ""
        return f"text read as {self.name.upper()}, {why}{shown}"


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


@dataclass(frozen=True)
class DecodedText:
    """A file of text, decoded."""

    text: str
    evidence: EncodingEvidence


def decode_text(
    data: bytes, *, source: str, option: str | None = None, declared: str | None = None
) -> DecodedText:
    """Decode the whole text of a file.

    Parameters
    ----------
    option
        The encoding the user names; it alone counts then.
    declared
        What the file says of its encoding.

    Raises
    ------
    InputError
        When it is in no encoding that is named or looked for.
    """
    lines = data.splitlines() if b"\x00" not in data[:4096] else [data]
    if option is None:
        for mark, name in _MARKS:
            if data.startswith(mark):
                text = _strictly(data, name, source=source, why="its byte order mark says")
                sample = sample_of(text.splitlines())
                return DecodedText(text, EncodingEvidence(name, "mark", declared, sample))
    else:
        name = parse_encoding(option)
        text = _strictly(data, name, source=source, why="--encoding says").removeprefix("\ufeff")
        sample = sample_of(text.splitlines())
        return DecodedText(text, EncodingEvidence(name, "option", declared, sample))
    # A file that ends within a character is damaged; a cell may.
    name, rule = _decide(
        [data], declared=declared, source=source, parts=lines, valid=_valid_to_the_end
    )
    text = data.decode(name)
    return DecodedText(text, EncodingEvidence(name, rule, declared, sample_of(text.splitlines())))


@dataclass(frozen=True)
class DecodedCells:
    """Texts decoded one by one, in the order given; cut ones mended."""

    texts: tuple[str, ...]
    evidence: EncodingEvidence


def decode_cells(
    cells: Sequence[bytes],
    *,
    source: str,
    option: str | None = None,
    declared: str | None = None,
) -> DecodedCells:
    """Decode texts of limited width, of which some may end within a character.

    The bytes of a character cut at the end of a text are dropped, and such texts counted.

    Parameters
    ----------
    option, declared
        As in `decode_text`.

    Raises
    ------
    InputError
        When they are in no encoding that is named or looked for.
    """
    if option is not None:
        name, rule = parse_encoding(option), "option"
        if not _all_valid(cells, name):
            raise InputError(f"{source}: its text is not in {name.upper()}, as --encoding says")
    else:
        name, rule = _decide(cells, declared=declared, source=source, parts=cells, valid=_valid)
    texts = []
    cut = 0
    for cell in cells:
        text, rest = _decode_whole_characters(cell, name)
        texts.append(text)
        cut += bool(rest)
    return DecodedCells(tuple(texts), EncodingEvidence(name, rule, declared, sample_of(texts), cut))


def _strictly(data: bytes, name: str, *, source: str, why: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{source}: its text is not in {name.upper()}, as {why} (line {line})"
        ) from None


def _decide(
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


def _all_valid(cells: Sequence[bytes], name: str) -> bool:
    return all(_valid(cell, name) for cell in cells)


def _valid(cell: bytes, name: str) -> bool:
    try:
        _decode_whole_characters(cell, name)
    except UnicodeError:
        return False
    return True


def _valid_to_the_end(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except UnicodeError:
        return False
    return True


def _decode_whole_characters(cell: bytes, name: str) -> tuple[str, bytes]:
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
    if not _all_valid(cells, GB18030):
        return False
    texts = [
        "".join(_decode_whole_characters(cell, name)[0] for cell in cells if not cell.isascii())
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
            found.setdefault(" ".join(text.split())[:_SAMPLE_CHARACTERS])
        if len(found) == SAMPLE_TEXTS:
            break
    return tuple(found)
