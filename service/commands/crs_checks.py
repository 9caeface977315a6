"""Checking the systems of the files of a command, all of them before anything is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from service.imports.crs_check import (
    CrsReference,
    CrsSubject,
    UndeclaredCRSError,
    check_system,
    nothing_at_hand,
    proposal,
    unchecked_warning,
)
from service.imports.reader import ReadLayer
from service.imports.street_reader import ReadNetwork
from spatial.errors import InputError

Read = TypeVar("Read", bound="ReadLayer | ReadNetwork")


def refuse_undeclared(
    errors: Sequence[tuple[UndeclaredCRSError, CrsReference]],
) -> None:
    """Refuse files nobody says the system of, each with its evidence.

    Raises
    ------
    InputError
        When there are any.
    """
    if errors:
        raise InputError("\n".join(str(proposal(e.subject, r)) for e, r in errors))


def check_read(
    reads: Sequence[tuple[Read, CrsReference]], *, as_declared: bool
) -> tuple[list[Read], list[str]]:
    """Check the systems of what was read.

    Parameters
    ----------
    reads
        What was read, each with what it is to be checked against.
    as_declared
        True to believe what is said whatever the evidence; the transformation of each row then
        says so.

    Returns
    -------
    What was read, and a warning of what could not be checked or was believed.

    Raises
    ------
    InputError
        Naming every file whose places rule its system out.
    """
    refused: list[str] = []
    checked: list[Read] = []
    warnings: list[str] = []
    doubts: list[tuple[CrsSubject, str]] = []
    for read, reference in reads:
        subject = read.subject
        if subject is None or not len(subject.shapes):
            checked.append(read)
            continue
        if nothing_at_hand(reference):
            doubts.append((subject, "neither areas nor streets are at hand"))
            checked.append(read)
            continue
        try:
            verdict = check_system(subject, reference, as_declared=as_declared)
        except InputError as error:
            refused.append(str(error))
            continue
        if verdict.doubt is not None:
            doubts.append((subject, verdict.doubt))
        if verdict.overruled is not None:
            warnings.append(f"{subject.source}: {subject.said}; {verdict.overruled}")
            read = _noted(read, verdict.overruled)  # noqa: PLW2901  # the row's own story
        checked.append(read)
    if refused:
        raise InputError("\n".join(refused))
    return checked, [*warnings, *unchecked_warning(doubts)]


def _noted(read: Read, note: str) -> Read:
    if isinstance(read, ReadNetwork):
        return replace(read, origin_crs=f"{read.origin_crs}; {note}")
    transformation = f"{read.transformation}; {note}" if read.transformation else note
    return replace(read, transformation=transformation)
