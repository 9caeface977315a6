"""Finding rule packs by the name a user gives: an id, or the path of a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import seed
from service.imports.cells import near
from spatial.errors import PackError
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_pack, load_packs

POLICIES: Final = Path(seed.__file__).parent / "policies"
_SUFFIXES: Final = (".yaml", ".yml")


def shipped_packs() -> tuple[Pack, ...]:
    """Return the packs that come with Yike, ordered by id."""
    return load_packs(POLICIES)


def shipped_pack(name: str) -> Pack | None:
    """Return the pack of this id that comes with Yike, or None."""
    return {pack.id: pack for pack in shipped_packs()}.get(name)


def find_packs(names: Sequence[str]) -> tuple[Pack, ...]:
    """Return the packs named, each once, in the order named.

    Parameters
    ----------
    names
        Ids of shipped packs, or paths of YAML files.

    Raises
    ------
    PackError
        When none is named, there is no such pack, or two of the same id differ.
    InputFaults
        When a file breaks the schema.
    """
    if not names:
        known = ", ".join(sorted(path.stem for path in POLICIES.glob("*.yaml")))
        raise PackError(f"--pack is missing: name a rule pack; known are {known}")
    packs: dict[str, Pack] = {}
    for name in names:
        pack = _find(name)
        if packs.setdefault(pack.id, pack).version != pack.version:
            raise PackError(f"--pack: {name} and another named have the id {pack.id} and differ")
    return tuple(packs.values())


def _find(name: str) -> Pack:
    if Path(name).suffix.lower() in _SUFFIXES:
        return load_pack(Path(name), find=shipped_pack)
    known = {path.stem: path for path in sorted(POLICIES.glob("*.yaml"))}
    if name in known:
        return load_pack(known[name], find=shipped_pack)
    guesses = near(name, known)
    hint = f"did you mean {guesses[0]}? " if guesses else ""
    raise PackError(
        f"--pack: there is no pack '{name}'; {hint}known are {', '.join(known)}, "
        "or name a .yaml file"
    )
