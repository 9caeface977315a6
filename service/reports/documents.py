"""The kinds of file a paper becomes: suffixes, media types, and writing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from service.exports.writer import check_target, replacing
from spatial.errors import InputError


@dataclass(frozen=True)
class DocumentKind:
    """A kind of file.

    Parameters
    ----------
    suffix
        With its dot; it names the kind.
    media_type
        As HTTP calls it.
    """

    suffix: str
    media_type: str

    @property
    def name(self) -> str:
        """The suffix without its dot."""
        return self.suffix[1:]


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
DOCX: Final = DocumentKind(".docx", f"{_OFFICE}.wordprocessingml.document")
PDF: Final = DocumentKind(".pdf", "application/pdf")
XLSX: Final = DocumentKind(".xlsx", f"{_OFFICE}.spreadsheetml.sheet")
KINDS: Final[Mapping[str, DocumentKind]] = MappingProxyType(
    {kind.suffix: kind for kind in (DOCX, PDF, XLSX)}
)


def kind_of(path: Path, allowed: tuple[DocumentKind, ...]) -> DocumentKind:
    """Return the kind a file's name asks for, having seen that it can be written there.

    Raises
    ------
    InputError
        When the suffix is none of those allowed, or there is no such folder.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None or kind not in allowed:
        known = ", ".join(one.suffix for one in allowed)
        raise InputError(f"--out: {path}: unknown kind of document '{path.suffix}'; known: {known}")
    check_target(path)
    return kind


def write_documents(
    paths: Mapping[Path, DocumentKind], make: Callable[[DocumentKind], bytes]
) -> None:
    """Make every document, then write them: nothing is replaced before all of them are made.

    Raises
    ------
    InputError
        When one cannot be written.
    """
    made = {kind: make(kind) for kind in dict.fromkeys(paths.values())}
    for path, kind in paths.items():
        with replacing(path) as temporary:
            temporary.write_bytes(made[kind])
