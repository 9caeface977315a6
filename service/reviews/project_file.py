"""Reading a project from a JSON file."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from spatial.errors import InputError
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.project import Project


def read_project(path: Path) -> Project:
    """Read and check a project; numbers are exact.

    Raises
    ------
    InputError
        When the file is missing or is no JSON.
    InputFaults
        With every fault and its JSON pointer.
    """
    return parse_project(read_document(path), source=str(path))


def read_document(path: Path) -> object:
    """Read a JSON file, as plain data with exact numbers.

    Raises
    ------
    InputError
        When the file is missing or is no JSON.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    text = _text(path)
    try:
        document: object = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse,
            object_pairs_hook=_members,
        )
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: is no valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except (RecursionError, ValueError, ArithmeticError) as error:
        raise InputError(f"{path}: is no JSON that can be read: {error}") from None
    return document


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: is not in UTF-8 (line {line}), as JSON must be") from None


def _refuse(name: str) -> NoReturn:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"the name {twice!r} stands twice in one object"
        raise ValueError(msg)
    return members
