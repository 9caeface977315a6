"""The files of the built page: where they are and how long a browser may keep each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

INDEX: Final = "index.html"
DOCS: Final = "docs.html"
ASSETS: Final = "assets"

# As the build writes it: name, dash, eight or more characters of the content's hash.
_HASHED: Final = re.compile(r".+-[A-Za-z0-9_-]{8,}\.[A-Za-z0-9.]+")


def built_page() -> Path:
    """Tell the folder the page is built into: ``service/web/dist``, in a wheel too."""
    return Path(__file__).resolve().parents[1] / "web" / "dist"


def find_file(folder: Path, name: str) -> Path | None:
    """Return a file of the page; None where there is none, or the name leads out of the folder.

    Parameters
    ----------
    folder
        As `built_page` tells.
    name
        Relative to it, with slashes.
    """
    if "\x00" in name or "\\" in name:
        return None
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except OSError:
        # Longer than a name of a file may be.
        return None


def top_files(folder: Path) -> tuple[str, ...]:
    """List the files beside the index: icons, the worker of the map, the manifest."""
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            path.name
            for path in folder.iterdir()
            if path.is_file() and path.name not in {INDEX, DOCS}
        )
    )


def caching(name: str) -> str:
    """Return for how long a browser may keep a file without asking again.

    A name with the hash of its content never stands for anything else.
    """
    if name.startswith(f"{ASSETS}/") and _HASHED.fullmatch(name.rsplit("/", 1)[1]):
        return "public, max-age=31536000, immutable"
    return "no-cache"
