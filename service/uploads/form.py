"""Files that arrive as parts of a form (multipart/form-data), as a page in a browser sends them.

Each part goes to the disk as it comes. A form brings one file, or one with those that lie beside
it: a Shapefile is several.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.core.errors.request import InvalidBodyError, InvalidParameterError
from service.imports.zipped import COMPANIONS
from service.uploads.arriving import hand_on

FORM_TYPE: Final = "multipart/form-data"
_MAX_PARTS: Final = 12
_SHOWN: Final = 60


@dataclass(frozen=True)
class FormFile:
    """One file of a form.

    Parameters
    ----------
    name
        What the client calls it, without folders.
    type
        Its declared media type; empty where it has none.
    path
        Where it lies now.
    """

    name: str
    type: str
    path: Path

    @property
    def suffix(self) -> str:
        """The ending of its name, small."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """Its name without the ending, small."""
        return PurePosixPath(self.name).stem.casefold()


async def receive_form(
    chunks: AsyncIterator[bytes], content_type: str, folder: Path
) -> list[FormFile]:
    """Write the files of a form into a folder, under names of ours.

    Raises
    ------
    InvalidParameterError
        When the header names no boundary.
    InvalidBodyError
        When the body is no form, ends early, or a part of it is no file.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise InvalidParameterError.of_header("Content-Type", "has no boundary")
    parts = _Parts(folder)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_headers_finished": parts.open,
                "on_part_data": parts.write,
                "on_part_end": parts.close,
                "on_end": parts.end,
            },
        )
        await hand_on(chunks, parser.write)
        parser.finalize()
    except FormParserError:
        raise InvalidBodyError.of("", "is no form that can be read") from None
    finally:
        parts.abandon()
    if not parts.ended:
        raise InvalidBodyError.of("", "the form ends before its last part")
    return parts.files


def main_file(files: list[FormFile]) -> tuple[FormFile, list[FormFile]]:
    """Return the one file of a form that is read, and those that lie beside it.

    Raises
    ------
    InvalidBodyError
        When there is none, or more than one that belongs to no other.
    """
    files = [one for one in files if one.path.stat().st_size]
    if not files:
        raise InvalidBodyError.of("", "the form has no file, or an empty one; a file is expected")
    first, *others = sorted(files, key=lambda one: one.suffix not in COMPANIONS)
    beside = COMPANIONS.get(first.suffix, ())
    for at, one in enumerate(others):
        twice = one.suffix in {other.suffix for other in others[:at]}
        if one.stem != first.stem or one.suffix not in beside or twice:
            names = ", ".join(file.name[:_SHOWN] for file in (first, *others))
            raise InvalidBodyError.of(
                "",
                f"holds several files ({names}); an import reads one, or one Shapefile with its "
                f"{', '.join(COMPANIONS['.shp'])} of the same name",
            )
    return first, others


class _Parts:
    """What the parser finds, part by part."""

    def __init__(self, folder: Path) -> None:
        self.files: list[FormFile] = []
        self.ended = False
        self._folder = folder
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._file: BinaryIO | None = None

    def begin(self) -> None:
        self._headers = {}
        if len(self.files) == _MAX_PARTS:
            raise InvalidBodyError.of("", f"has more than {_MAX_PARTS} parts")

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        given = options.get(b"filename")
        if given is None:
            field = options.get(b"name", b"").decode("utf-8", "replace")[:_SHOWN]
            raise InvalidBodyError.of(
                "", f"the part '{field}' is no file; what is asked of an import goes into the query"
            )
        # The last part of what may be a path of the client's; it becomes no path here.
        name = re.split(r"[/\\]", given.decode("utf-8", "replace"))[-1].strip()
        declared = self._headers.get(b"content-type", b"").decode("ascii", "replace")
        path = self._folder / f"part{len(self.files)}"
        self.files.append(FormFile(name, declared.partition(";")[0].strip().lower(), path))
        self._file = path.open("wb")

    def write(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])

    def close(self) -> None:
        self.abandon()

    def end(self) -> None:
        self.ended = True

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
