"""``yike demo``: the layers of the demo city as files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from service.core.usage import UsageFault


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.")],
    *,
    overwrite: Annotated[bool, typer.Option(help="Replace files that are there already.")] = False,
) -> None:
    """Write districts, facilities, areas and streets of the demo city, and their notice, to DIR.

    DIR is made if it does not exist. The streets are real (OpenStreetMap), all else is synthetic.
    """
    # Only this command needs what makes the city.
    from seed.wuhan.city import demo_city  # noqa: PLC0415
    from seed.wuhan.files import FILES, write_city  # noqa: PLC0415

    _prepare(folder, FILES, overwrite=overwrite)
    city = demo_city()
    try:
        written = write_city(city, folder)
    except OSError as error:
        raise UsageFault(f"{folder}: cannot be written: {error.strerror or error}") from None
    for path in written:
        typer.echo(path)
    typer.echo(city.notice_zh, err=True)
    typer.echo(city.notice_en, err=True)


def _prepare(folder: Path, names: tuple[str, ...], *, overwrite: bool) -> None:
    """Make the folder, and refuse one that cannot be written or holds such files.

    Raises
    ------
    UsageFault
        Naming the folder or the file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageFault(f"{folder}: is no folder") from None
    except OSError as error:
        raise UsageFault(f"{folder}: cannot be made: {error.strerror or error}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageFault(f"{folder}: cannot be written")
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise UsageFault(f"{folder / there[0]}: exists; --overwrite replaces it")
