"""Unpacking zip archives that strangers made."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from service.imports.limits import RATIO_FLOOR_BYTES, Limits, megabytes
from spatial.errors import InputError

# Archives in archives are how a few bytes become all of a disk.
_NESTED_SUFFIXES: Final = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")
_CHUNK: Final = 2**20
_ENCRYPTED: Final = 0x1
_NAMES_IN_UTF8: Final = 0x800


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its name there, and what the archive calls it."""

    name: PurePosixPath
    info: zipfile.ZipInfo


@contextmanager
def opened_archive(path: Path, *, limits: Limits, source: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive whose table of contents is within the limits and names no traps.

    Raises
    ------
    InputError
        When it is damaged, encrypted, too large once unpacked, or holds paths that lead out of
        it, links, entries of one name, or further archives.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_traps(archive.infolist(), packed=path.stat().st_size, limits=limits, of=source)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{source}: cannot be unpacked: {error}") from None
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source}: cannot be unpacked: {error}") from None


def _refuse_traps(
    infos: Sequence[zipfile.ZipInfo], *, packed: int, limits: Limits, of: str
) -> None:
    if len(infos) > limits.entries:
        raise InputError(
            f"{of}: has too many entries: {len(infos):,}, at most {limits.entries:,} are unpacked"
        )
    seen: set[str] = set()
    for info in infos:
        name = entry_name(info)
        if (
            name.is_absolute()
            or ".." in name.parts
            or "\x00" in str(name)
            or any(":" in part for part in name.parts)
        ):
            raise InputError(f"{of}: holds a path that leads out of it: {str(name)[:80]!r}")
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise InputError(f"{of}: holds a link: {str(name)[:80]!r}")
        if info.flag_bits & _ENCRYPTED:
            raise InputError(f"{of}: is encrypted; unpack it first")
        if str(name).casefold() in seen:
            raise InputError(f"{of}: holds two entries called {str(name)[:80]!r}")
        seen.add(str(name).casefold())
        if name.suffix.lower() in _NESTED_SUFFIXES:
            raise InputError(f"{of}: holds another archive: {str(name)[:80]!r}; unpack it first")
    refuse_bomb(sum(info.file_size for info in infos), packed=packed, limits=limits, source=of)


def refuse_bomb(unpacked: int, *, packed: int, limits: Limits, source: str) -> None:
    """Refuse what unpacks to more than allowed, in bytes or against its packed size.

    Raises
    ------
    InputError
        Naming the sizes.
    """
    if unpacked > limits.unpacked_bytes:
        raise InputError(
            f"{source}: unpacks to {megabytes(unpacked)}, at most "
            f"{megabytes(limits.unpacked_bytes)} are unpacked"
        )
    if unpacked > RATIO_FLOOR_BYTES and unpacked > limits.unpack_ratio * packed:
        raise InputError(
            f"{source}: unpacks to {unpacked / packed:,.0f} times its size, at most "
            f"{limits.unpack_ratio:g} times are unpacked"
        )


def entry_name(info: zipfile.ZipInfo) -> PurePosixPath:
    """Return the name of an entry; Chinese ones of Windows come without saying their encoding."""
    name = info.orig_filename
    if not info.flag_bits & _NAMES_IN_UTF8:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return PurePosixPath(name.replace("\\", "/"))


def entries(archive: zipfile.ZipFile) -> list[Entry]:
    """Return the files of an archive, without folders and what systems hide in it."""
    return [
        Entry(name, info)
        for info in archive.infolist()
        if not info.is_dir()
        and (name := entry_name(info)).parts
        and name.parts[0] != "__MACOSX"
        and not name.name.startswith(".")
    ]


def unpack(
    archive: zipfile.ZipFile, entry: Entry, target: Path, *, limits: Limits, source: str
) -> None:
    """Write an entry to `target`, a name of the caller's, not trusting the size it claims.

    Raises
    ------
    InputError
        When it is larger than it claims, or its content is damaged.
    """
    written = 0
    with archive.open(entry.info) as packed, target.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            if not written and chunk.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf")):
                _refuse_hidden(entry, source)
            written += len(chunk)
            refuse_bomb(written, packed=max(1, archive.start_dir), limits=limits, source=source)
            file.write(chunk)


def _refuse_hidden(entry: Entry, source: str) -> None:
    # A workbook is a zip archive too, with limits of its own when it is read.
    if entry.name.suffix.lower() != ".xlsx":
        raise InputError(
            f"{source}: holds another archive: {str(entry.name)[:80]!r}; unpack it first"
        )
