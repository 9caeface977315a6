"""``yike bundle``: one archive that installs without any network."""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from service.bundles.bundle import Bundle
from service.bundles.lock import LockedWheel, locked_wheels, needed
from service.bundles.target import Target, targets_of
from service.bundles.wheels import build_own, export_requirements, fetch
from service.core.settings import checkout
from service.core.usage import UsageFault
from service.page.built import INDEX, built_page

SUFFIX: Final = ".tar"
MIB: Final = 1024 * 1024


def bundle(
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="Archive to write, .tar; default by version, Python and machine."),
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(
            help="Python of the machine it is for, as 3.13; repeatable. Default the one that runs."
        ),
    ] = None,
) -> None:
    """Make one archive that installs Yike without any network.

    It holds the wheels of Yike and of all it needs, as locked, the page, an installer and the list
    of Debian packages. Made in a clone, for machines of the same kind as this one.
    """
    root, state = checkout(), checkout() / ".yike"
    targets = targets_of(python or ())
    _refuse_unready(root, state)
    if out is not None and out.suffix != SUFFIX:
        raise UsageFault(f"--out: {out}: must end in {SUFFIX}; wheels are compressed already")
    if out is not None and not out.parent.is_dir():
        raise UsageFault(f"--out: {out.parent}: is no folder")
    tools = state / "tools" / "bin"
    wheels = state / "wheels"
    exported = export_requirements(tools / "uv", root)
    lock = (root / "uv.lock").read_text()
    locked = {target: locked_wheels(lock, needed(exported, target), target) for target in targets}
    for target, wanted in locked.items():
        _fetch(target, wanted, python=tools / "python", folder=wheels)
    with tempfile.TemporaryDirectory(prefix="yike-bundle-") as folder:
        _say("building the wheel of Yike")
        own = build_own(tools / "uv", root, python=Path(sys.executable), folder=Path(folder))
        made = Bundle(version=version("yike"), own=own, locked=locked, folder=wheels, root=root)
        path = Path(f"{made.name}{SUFFIX}") if out is None else out
        made.write(path)
    _say(f"{path.stat().st_size / MIB:.0f} MiB; unpack it there with tar xf, then ./install")
    typer.echo(path)


def _fetch(target: Target, wanted: tuple[LockedWheel, ...], *, python: Path, folder: Path) -> None:
    size = sum(wheel.size or 0 for wheel in wanted) / MIB
    _say(f"{len(wanted)} locked wheels for Python {target.version} ({size:.0f} MiB)")
    fetch(wanted, target, python=python, folder=folder)


def _refuse_unready(root: Path, state: Path) -> None:
    """Refuse to bundle where the clone, its tools or the page of this very source are not there.

    Raises
    ------
    UsageFault
        Saying what to run.
    """
    if not (root / "uv.lock").is_file() or not (state / "tools" / "complete").is_file():
        raise UsageFault("a bundle is made in a clone, by its entry script: ./yike bundle")
    # ./yike leaves this mark only when the page was built of the source as it is.
    built = (built_page() / INDEX).is_file() and (state / "page.complete").is_file()
    if not built:
        raise UsageFault(
            "the page is not built, and a bundle carries it; ./yike bundle builds it, "
            "for which it needs a way to the packages of Python and of Node"
        )


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
