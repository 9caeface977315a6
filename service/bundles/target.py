"""The machine a bundle is installed on: which wheels it takes, and how it answers markers."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from packaging.tags import Tag, compatible_tags, cpython_tags

from service.core.usage import UsageFault

OLDEST_PYTHON: Final = (3, 11)
# Debian 12's; every later release has a newer one, and takes wheels made for an older one.
GLIBC_MINOR: Final = 36
OLDEST_GLIBC_MINOR: Final = 5
# The names that platforms had before they were called by glibc's version.
LEGACY: Final = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}


@dataclass(frozen=True)
class Target:
    """CPython of one version on Linux with glibc.

    Parameters
    ----------
    python
        Major and minor version.
    machine
        As ``uname -m`` names it.
    """

    python: tuple[int, int]
    machine: str

    @property
    def version(self) -> str:
        """The version as people write it, ``3.11``."""
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def interpreter(self) -> str:
        """The version as wheels name it, ``cp311``."""
        return f"cp{self.python[0]}{self.python[1]}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms whose wheels run here, the newest first."""
        older = {minor: name for name, minor in LEGACY.items()}
        names: list[str] = []
        for minor in range(GLIBC_MINOR, OLDEST_GLIBC_MINOR - 1, -1):
            names.append(f"manylinux_2_{minor}_{self.machine}")
            if minor in older:
                names.append(f"{older[minor]}_{self.machine}")
        return (*names, f"linux_{self.machine}")

    def tags(self) -> tuple[Tag, ...]:
        """Return the tags of wheels it takes, the best first."""
        return (
            *cpython_tags(self.python, abis=[self.interpreter], platforms=self.platforms),
            *compatible_tags(self.python, self.interpreter, self.platforms),
        )

    def environment(self) -> dict[str, str]:
        """Return what markers of requirements ask about (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.version}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.version}.0",
            "python_version": self.version,
            "sys_platform": "linux",
        }


def targets_of(versions: Iterable[str]) -> tuple[Target, ...]:
    """Return the targets of this machine's kind with the Python versions given, in order.

    Parameters
    ----------
    versions
        As ``3.11``; none: the version that runs.

    Raises
    ------
    UsageFault
        Naming the version that is none, or too old.
    """
    wanted = {_parsed(version) for version in versions} or {sys.version_info[:2]}
    return tuple(Target(python=one, machine=platform.machine()) for one in sorted(wanted))


def _parsed(version: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d)\.(\d{1,2})", version)
    if found is None:
        raise UsageFault(f"--python: must be a version as 3.11, not {version!r}")
    python = (int(found[1]), int(found[2]))
    if python < OLDEST_PYTHON:
        raise UsageFault(f"--python: Yike needs 3.11 or later, not {version}")
    return python


def glibc_minor(platform_tags: Iterable[str]) -> int:
    """Return the glibc 2.x a wheel needs at least, by its platform tags; 0 where it needs none."""
    needed = []
    for tag in platform_tags:
        found = re.match(r"manylinux_2_(\d+)_", tag)
        if found is not None:
            needed.append(int(found[1]))
        needed += [minor for name, minor in LEGACY.items() if tag.startswith(f"{name}_")]
    return min(needed, default=0)
