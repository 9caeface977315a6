"""The files of a bundle's wheels: Yike's own, built; the locked ones, fetched once and kept."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from service.bundles.lock import LockedWheel
from service.bundles.target import Target
from service.core.usage import UsageFault

# Without one of these an installed Yike would start and then lack its page, rules or schema.
CARRIED: Final = (
    "service/web/dist/index.html",
    "seed/policies/jinhua-2022.yaml",
    "seed/wuhan/streets.parquet",
    "migrations/env.py",
)
NETWORK: Final = "is there a way to the Python packages?"


def build_own(uv: Path, root: Path, *, python: Path, folder: Path) -> Path:
    """Build the wheel of the clone into a folder.

    Raises
    ------
    UsageFault
        If it cannot be built, or lacks what Yike needs at run time.
    """
    options: list[str | Path] = ["--wheel", "--quiet", "--python", python, "--out-dir", folder]
    command = [uv, "build", *options, root]
    # What builds it was fetched by the set-up; asked for again only where it is gone.
    done = _run([*command, "--offline"], UV_PYTHON_DOWNLOADS="never")
    if done.returncode != 0:
        done = _run(command, UV_PYTHON_DOWNLOADS="never")
    wheel = next(iter(folder.glob("yike-*.whl")), None)
    if done.returncode != 0 or wheel is None:
        raise UsageFault(f"cannot build the wheel of Yike: {_last_line(done)}; {NETWORK}")
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    missing = [name for name in CARRIED if name not in names]
    if missing:
        raise UsageFault(f"the wheel of Yike lacks {', '.join(missing)}")
    return wheel


def export_requirements(uv: Path, root: Path) -> str:
    """Return the locked requirements of running Yike, with markers, without hashes.

    Raises
    ------
    UsageFault
        If the lock file does not fit the project file.
    """
    done = _run(
        [
            *(uv, "export", "--project", root, "--locked", "--no-dev", "--no-emit-project"),
            *("--no-hashes", "--no-annotate", "--no-header", "--quiet"),
            *("--format", "requirements.txt"),
        ],
        UV_PYTHON_DOWNLOADS="never",
    )
    if done.returncode != 0:
        raise UsageFault(f"cannot read the locked packages: {_last_line(done)}")
    return done.stdout


def fetch(
    wheels: Sequence[LockedWheel], target: Target, *, python: Path, folder: Path
) -> tuple[Path, ...]:
    """Have the files of locked wheels in a folder; only what is not there whole is fetched.

    Parameters
    ----------
    python
        One that has pip: it asks the package index that the user has set.
    folder
        Kept from bundle to bundle; every file is held against its hash each time.

    Raises
    ------
    UsageFault
        If one cannot be fetched; the others stay for the next time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in wheels if not _is_whole(folder / wheel.file, wheel.sha256)]
    if missing:
        _download(missing, target, python=python, folder=folder)
    lacking = [wheel for wheel in missing if not _is_whole(folder / wheel.file, wheel.sha256)]
    if lacking:
        raise UsageFault(f"the package index gave another file than {lacking[0].file}")
    return tuple(folder / wheel.file for wheel in wheels)


def _download(
    missing: Sequence[LockedWheel], target: Target, *, python: Path, folder: Path
) -> None:
    # Beside the folder, so that moving a file is one step and an interruption leaves none torn.
    with tempfile.TemporaryDirectory(dir=folder, prefix="new-") as fresh:
        listed = Path(fresh) / "requirements.txt"
        listed.write_text("".join(f"{wheel.requirement}\n" for wheel in missing))
        done = _run(
            [
                *(python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--require-hashes", "--only-binary=:all:", "--retries", "2"),
                *("--implementation", "cp", "--python-version", target.version),
                *("--abi", target.interpreter, "--abi", "abi3", "--abi", "none"),
                *(word for name in target.platforms for word in ("--platform", name)),
                *("--dest", fresh, "--requirement", listed),
            ]
        )
        for wheel in missing:
            file = Path(fresh) / wheel.file
            if file.exists():
                file.replace(folder / wheel.file)
        if done.returncode != 0:
            count = "one wheel" if len(missing) == 1 else f"{len(missing)} wheels"
            raise UsageFault(f"cannot fetch {count}: {_last_line(done)}; {NETWORK}")


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _is_whole(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256


def _run(command: Sequence[str | Path], **settings: str) -> subprocess.CompletedProcess[str]:
    # The caller's own project settings stay out, as in ./yike.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return subprocess.run(  # noqa: S603 - programs of the clone's own set-up, no shell
        [str(word) for word in command],
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else f"exit {done.returncode}"
