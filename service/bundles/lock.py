"""Which wheels a bundle holds: for each locked requirement the one its target takes best."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from service.bundles.target import Target, glibc_minor
from service.core.usage import UsageFault


@dataclass(frozen=True)
class LockedWheel:
    """One wheel of the lock file.

    Parameters
    ----------
    name, version
        Of the project, as the lock has them.
    file
        The wheel's file name.
    sha256
        In hexadecimal digits.
    size
        Bytes; None where the lock does not say.
    """

    name: str
    version: str
    file: str
    sha256: str
    size: int | None

    @property
    def requirement(self) -> str:
        """The line pip installs exactly this file by."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"

    @property
    def glibc_minor(self) -> int:
        """The glibc 2.x it needs at least; 0 for none."""
        return glibc_minor(tag.platform for tag in parse_wheel_filename(self.file)[3])


def needed(exported: str, target: Target) -> tuple[Requirement, ...]:
    """Return the requirements of an export of uv that concern the target.

    Parameters
    ----------
    exported
        Lines ``name==version ; marker``, without hashes.
    """
    requirements = [
        Requirement(line)
        for line in exported.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    environment = target.environment()
    return tuple(
        one for one in requirements if one.marker is None or one.marker.evaluate(environment)
    )


def locked_wheels(
    lock: str, requirements: Iterable[Requirement], target: Target
) -> tuple[LockedWheel, ...]:
    """Choose the wheel of each requirement, ordered by name.

    Parameters
    ----------
    lock
        Text of ``uv.lock``.
    requirements
        As `needed` returns them, each pinned to a version of the lock.

    Raises
    ------
    UsageFault
        Naming every package that has no wheel for the target: it would have to be built there.
    """
    packages = {
        (canonicalize_name(package["name"]), package.get("version")): package
        for package in tomllib.loads(lock)["package"]
    }
    order = {tag: rank for rank, tag in enumerate(target.tags())}
    chosen, without = [], []
    for requirement in requirements:
        version = next(iter(requirement.specifier)).version
        package = packages[canonicalize_name(requirement.name), version]
        wheel = _best(package.get("wheels", []), order)
        if wheel is None:
            without.append(f"{requirement.name} {version}")
            continue
        name, digest = package["name"], wheel["hash"].removeprefix("sha256:")
        chosen.append(LockedWheel(name, version, _file_name(wheel), digest, wheel.get("size")))
    if without:
        raise UsageFault(
            f"no wheel for Python {target.version} on {target.machine}: {', '.join(without)}"
        )
    return tuple(sorted(chosen, key=lambda one: one.name))


def _best(
    wheels: Sequence[Mapping[str, Any]], order: Mapping[Tag, int]
) -> Mapping[str, Any] | None:
    """Return the wheel whose tag comes first for the target; None where it takes none."""
    ranked = []
    for wheel in wheels:
        try:
            tags = parse_wheel_filename(_file_name(wheel))[3]
        except InvalidWheelFilename:
            continue
        ranks = [order[tag] for tag in tags if tag in order]
        if ranks:
            ranked.append((min(ranks), _file_name(wheel), wheel))
    return min(ranked)[2] if ranked else None


def _file_name(wheel: Mapping[str, Any]) -> str:
    address = str(wheel.get("url") or wheel.get("path") or wheel.get("filename"))
    return unquote(urlsplit(address).path.rsplit("/", 1)[-1])
