"""Packs as YAML files: read exactly, with every fault named by its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from spatial.errors import PackError
from spatial.policy.pack import Pack
from spatial.policy.pack_parsing import parse_pack


def load_pack(path: Path, *, find: Callable[[str], Pack | None] = lambda _: None) -> Pack:
    """Read and check a pack from a YAML file.

    Parameters
    ----------
    path
        The file.
    find
        Finds the pack that ``extends`` names, by its id; by default none is found.

    Raises
    ------
    PackError
        When the file is missing or is not YAML.
    InputFaults
        When it breaks the schema, with every fault and its line.
    """
    return _parse(_read(path), find=find)


def load_packs(directory: Path) -> tuple[Pack, ...]:
    """Read every ``*.yaml`` of a folder, ordered by pack id; they may extend one another.

    Raises
    ------
    PackError
        When one cannot be used, two share an id, or packs extend one another in a circle.
    InputFaults
        When one breaks the schema.
    """
    found: dict[str, Pack] = {}
    waiting: dict[str, _PackFile] = {}
    for path in sorted(directory.glob("*.yaml")):
        file = _read(path)
        document = file.document
        name = str(document.get("id")) if isinstance(document, Mapping) else str(path)
        if name in waiting:
            msg = f"{directory}: two packs share the id {name}"
            raise PackError(msg)
        waiting[name] = file

    def find(name: str, *, above: tuple[str, ...] = ()) -> Pack | None:
        if name in above:
            msg = f"{directory}: packs extend one another in a circle: {' → '.join((*above, name))}"
            raise PackError(msg)
        if name not in found and name in waiting:
            found[name] = _parse(
                waiting[name], find=lambda other: find(other, above=(*above, name))
            )
        return found.get(name)

    for name in waiting:
        find(name)
    return tuple(sorted(found.values(), key=lambda pack: pack.id))


@dataclass(frozen=True)
class _PackFile:
    """A file as read: its content, and the nodes that say where each part of it stands."""

    path: Path
    document: Any
    node: yaml.Node | None


def _parse(file: _PackFile, *, find: Callable[[str], Pack | None]) -> Pack:
    document = file.document
    lines = {} if file.node is None else dict(_lines(file.node, ()))

    def place(inner: Sequence[str | int]) -> str:
        key = tuple(inner)
        while key not in lines and key:
            key = key[:-1]
        return f"{file.path}, line {lines[key]}" if key in lines else str(file.path)

    wanted = document.get("extends") if isinstance(document, Mapping) else None
    base = find(wanted) if isinstance(wanted, str) else None
    return parse_pack(document, source=str(file.path), base=base, place=place)


def _read(path: Path) -> _PackFile:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read as a rule pack ({error.__class__.__name__})"
        raise PackError(msg) from error
    loader = _ExactLoader(text)
    try:
        node = loader.get_single_node()
        document = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "not YAML"
        msg = f"{path}{where}: {problem}"
        raise PackError(msg) from error
    finally:
        loader.dispose()
    return _PackFile(path=path, document=document, node=node)


def _lines(node: yaml.Node, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], int]]:
    """List the line every part of a document begins on, from 1."""
    found: list[tuple[tuple[str | int, ...], int]] = [(path, node.start_mark.line + 1)]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found.append(((*path, str(key.value)), key.start_mark.line + 1))
            found += [one for one in _lines(value, (*path, str(key.value))) if one[0] != path]
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            found += _lines(item, (*path, number))
    return found


class _ExactLoader(yaml.CSafeLoader):
    """YAML with decimals kept exact and a key given twice refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _exact_float(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _exact_float)
