"""What ``yike import`` refuses before it reads a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from service.commands.import_network import NetworkOptions
from service.commands.import_reading import INDICATORS, KINDS, OSM
from service.commands.options import FileOptions
from service.commands.osm_layers import NETWORK
from service.imports.cells import near
from spatial.errors import InputError
from spatial.fields import LAYERS, PROJECTS

ALL_KINDS: Final = (*KINDS, PROJECTS.name)


def parse_equation(text: str) -> tuple[str, str]:
    """Read what ``--of`` says: field=value."""
    name, mark, value = text.partition("=")
    if not mark or not name.strip() or not value.strip():
        raise InputError(f"--of: must be field=value, not '{text}'")
    return name.strip(), value.strip()


def refuse_unknown(
    kind: str, files: Sequence[Path], streets: NetworkOptions, *, assume_status: str | None
) -> None:
    """Refuse a kind there is not, and what does not go with it."""
    if kind not in KINDS:
        guesses = near(kind, ALL_KINDS)
        hint = f"did you mean {guesses[0]}? " if guesses else ""
        raise InputError(
            f"import: there is no kind '{kind}'; {hint}known are {', '.join(ALL_KINDS)}"
        )
    if kind in {NETWORK, OSM} and len(files) > 1:
        raise InputError(f"import {kind}: one file makes a network; merge the files first")
    streets.refuse_unfit(kind, files)
    if kind != "facilities" and assume_status is not None:
        raise InputError("--assume-status: is for facilities")


def refuse_mapping(kind: str, options: FileOptions) -> None:
    """Refuse options of columns and kinds for files that have none."""
    for option, given in (
        ("--mapping", options.saved is not None),
        ("--save-mapping", options.save_to is not None),
    ):
        if given and kind in {NETWORK, OSM}:
            raise InputError(f"{option}: is for {', '.join((*LAYERS, INDICATORS))}")
    if options.kinds_from_names and kind != "facilities":
        raise InputError("--kinds-from-names: is for facilities")
