"""What makes two evaluations the same: the request, the data and the program."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spatial
from service.core.canonical import canonical_json, sha256_of
from spatial.policy.evaluation_parameters import EvaluationParameters


@dataclass(frozen=True)
class EvaluationRequest:
    """What a user asks for.

    Parameters
    ----------
    pack_ids
        Packs to judge by, at least one; the first decides what is new.
    as_of
        The day facilities are seen on.
    area
        Code of the area whose districts are judged; None means all.
    parameters
        What else the user may set.
    """

    pack_ids: tuple[str, ...]
    as_of: date
    area: str | None = None
    parameters: EvaluationParameters = field(default_factory=EvaluationParameters)

    def as_json(self) -> dict[str, Any]:
        """Return the request as plain data."""
        return {
            "packs": list(self.pack_ids),
            "as_of": self.as_of.isoformat(),
            "area": self.area,
            "parameters": self.parameters.as_json(),
        }

    @property
    def lock_key(self) -> int:
        """A 64-bit number, the same for the same request: who holds it computes."""
        digest = hashlib.sha256(canonical_json(self.as_json()).encode()).digest()
        return int.from_bytes(digest[:8], signed=True)


@dataclass(frozen=True)
class Basis:
    """What a request comes down to in one snapshot of the database.

    Parameters
    ----------
    pack_versions
        Version of each pack by its id, in the order of the request.
    network_version
        The network in use; None without one.
    data_instant
        Instant of the last write the snapshot sees.
    """

    pack_versions: Mapping[str, str]
    network_version: str | None
    data_instant: datetime


def evaluation_id(request: EvaluationRequest, basis: Basis) -> str:
    """Return the id of the evaluation: 128 bits, hexadecimal, of everything it depends on."""
    content = request.as_json() | {
        "packs": list(basis.pack_versions.items()),
        "network": basis.network_version,
        "data_instant": basis.data_instant.isoformat(timespec="microseconds"),
        "code": code_version(),
    }
    return sha256_of(content)[:32]


@cache
def code_version() -> str:
    """Return the version of Yike and a hash of the analysis: other code may find otherwise."""
    digest = hashlib.sha256()
    for folder in spatial.__path__:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix in {".py", ".json"}:
                digest.update(path.relative_to(folder).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{version('yike')}+{digest.hexdigest()[:16]}"
