"""The archive itself: the same contents always give the same bytes."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from service.core.usage import UsageFault

SUMS: Final = "SHA256SUMS"
# 2020-01-01: when a file was made says nothing about what is in it.
MODIFIED: Final = 1_577_836_800


@dataclass(frozen=True)
class Entry:
    """One file of the archive: its bytes, or the file that has them."""

    content: bytes | Path
    executable: bool = False

    def sha256(self) -> str:
        """Return the SHA-256 of its content in hexadecimal digits."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        with self.content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def write_archive(path: Path, folder: str, entries: Mapping[str, Entry]) -> None:
    """Write a tar archive that unpacks into one folder, with a list of checksums.

    It is not compressed: wheels are already. Order, owner, rights and times are fixed, so that
    the same entries give the same file. It appears whole or not at all.

    Parameters
    ----------
    path
        File to write; one that is there is replaced.
    folder
        Name of the folder within the archive.
    entries
        By name within that folder.

    Raises
    ------
    UsageFault
        If it cannot be written.
    """
    sums = "".join(f"{entries[name].sha256()}  {name}\n" for name in sorted(entries))
    whole = {**entries, SUMS: Entry(sums.encode())}
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                    for name in sorted(whole):
                        _add(archive, f"{folder}/{name}", whole[name])
                os.fchmod(file.fileno(), 0o644)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as fault:
        raise UsageFault(f"{path}: cannot be written: {fault.strerror or fault}") from None


def _add(archive: tarfile.TarFile, name: str, entry: Entry) -> None:
    member = tarfile.TarInfo(name)
    member.mtime = MODIFIED
    member.mode = 0o755 if entry.executable else 0o644
    if isinstance(entry.content, bytes):
        member.size = len(entry.content)
        archive.addfile(member, BytesIO(entry.content))
        return
    member.size = entry.content.stat().st_size
    with entry.content.open("rb") as file:
        archive.addfile(member, file)
