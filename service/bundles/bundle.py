"""What a bundle holds: wheels, installer, lists of Debian packages, licence, manual."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from service.bundles.archive import Entry, write_archive
from service.bundles.lock import LockedWheel
from service.bundles.target import Target
from service.bundles.wheels import sha256_of
from service.core.usage import UsageFault

DEBIAN: Final = "debian.sh"


@dataclass(frozen=True)
class Bundle:
    """What goes into an archive, all of it at hand.

    Parameters
    ----------
    version
        Of Yike.
    own
        Yike's wheel.
    locked
        For each target the wheels it needs.
    folder
        Where the files of those wheels are.
    root
        The clone: licence, notices, manual, what is needed of Debian.
    """

    version: str
    own: Path
    locked: Mapping[Target, Sequence[LockedWheel]]
    folder: Path
    root: Path

    @property
    def name(self) -> str:
        """Name of the archive and of its folder, by version, Python and machine."""
        pythons = ".".join(target.interpreter for target in self.locked)
        return f"yike-{self.version}-{pythons}-{self._machine}"

    @property
    def _machine(self) -> str:
        return next(iter(self.locked)).machine

    def write(self, path: Path) -> None:
        """Write the archive.

        Raises
        ------
        UsageFault
            If it cannot be written.
        """
        write_archive(path, self.name, self.entries())

    def entries(self) -> dict[str, Entry]:
        """Return the files of the archive by name."""
        templates = files("service.bundles") / "files"
        entries = {
            "README.md": Entry(self._filled((templates / "README.md").read_text("utf-8"))),
            "install": Entry((templates / "install").read_bytes(), executable=True),
            "bundle.txt": Entry("".join(f"{k}={v}\n" for k, v in self._facts().items()).encode()),
            DEBIAN: Entry(self.root / DEBIAN),
            f"wheels/{self.own.name}": Entry(self.own),
        }
        for name in ("LICENSE", "NOTICE"):
            entries[name] = Entry(self.root / name)
        for name in ("README.md", "CHANGELOG.md"):
            entries[f"manual/{name}"] = Entry(self.root / name)
        for page in sorted((self.root / "docs").rglob("*")):
            if page.is_file():
                entries[f"manual/{page.relative_to(self.root)}"] = Entry(page)
        for release, packages in debian_packages(self.root / DEBIAN).items():
            text = "".join(f"{name}\n" for name in packages)
            entries[f"debian-packages/{release}.txt"] = Entry(text.encode())
        for target, wheels in self.locked.items():
            entries[f"requirements-{target.version}.txt"] = Entry(self._requirements(wheels))
            for wheel in wheels:
                entries[f"wheels/{wheel.file}"] = Entry(self.folder / wheel.file)
        return entries

    def _requirements(self, wheels: Sequence[LockedWheel]) -> bytes:
        lines = [wheel.requirement for wheel in wheels]
        lines.append(f"yike=={self.version} --hash=sha256:{sha256_of(self.own)}")
        return "".join(f"{line}\n" for line in lines).encode()

    def _facts(self) -> dict[str, str]:
        """Return what the installer asks about."""
        minor = max(one.glibc_minor for wheels in self.locked.values() for one in wheels)
        return {
            "version": self.version,
            "machine": self._machine,
            "pythons": " ".join(target.version for target in self.locked),
            "glibc": f"2.{minor}",
        }

    def _filled(self, template: str) -> bytes:
        facts = self._facts()
        releases = ", ".join(debian_packages(self.root / DEBIAN))
        values = {**facts, "pythons": facts["pythons"].replace(" ", ", "), "releases": releases}
        text = template
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text.encode()


def debian_packages(script: Path) -> dict[str, tuple[str, ...]]:
    """Return the packages Yike runs with, for each release it supports, as ``debian-12``.

    Parameters
    ----------
    script
        ``debian.sh``, which ``./yike`` installs them by.
    """
    ask = (
        '. "$1"; for release in "${RELEASES[@]}"; do read -r id version major <<<"$release"; '
        'echo "$id-$version" $(runtime_packages "$major"); done'
    )
    done = subprocess.run(  # noqa: S603 - a script of the clone, its path as an argument
        ["/bin/bash", "-euc", ask, "bash", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UsageFault(f"{script}: cannot be read: {done.stderr.strip()}")
    lines = [line.split() for line in done.stdout.splitlines()]
    return {release: tuple(names) for release, *names in lines}
