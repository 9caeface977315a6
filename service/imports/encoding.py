"""Which encoding the text of a file is in: what is declared, then what its bytes show.

GB18030 holds every character of GBK and GB2312 at the same bytes, so it stands for all three.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.imports.encoding_evidence import (
    all_valid,
    decide_encoding,
    decode_whole_characters,
    is_valid,
    is_valid_to_the_end,
    sample_of,
)
from service.imports.encoding_names import UTF_8, encoding_name, parse_encoding
from spatial.errors import InputError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


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
    name, rule = decide_encoding(
        [data], declared=declared, source=source, parts=lines, valid=is_valid_to_the_end
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
        if not all_valid(cells, name):
            raise InputError(f"{source}: its text is not in {name.upper()}, as --encoding says")
    else:
        name, rule = decide_encoding(
            cells, declared=declared, source=source, parts=cells, valid=is_valid
        )
    texts = []
    cut = 0
    for cell in cells:
        text, rest = decode_whole_characters(cell, name)
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
