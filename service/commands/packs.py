"""``yike packs`` and ``yike pack check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from service.imports.packs import shipped_pack, shipped_packs
from spatial.policy.pack import Pack, evaluable, pack_warnings
from spatial.policy.pack_file import load_pack


def packs(
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    background: Annotated[
        bool, typer.Option("--background", help="List national standards too.")
    ] = False,
) -> None:
    """List the rule packs that come with Yike.

    National standards are packs for the background: evaluated where they are named.
    """
    shipped = shipped_packs()
    found = [pack for pack in shipped if background or not pack.background]
    if json_:
        typer.echo(json.dumps([_as_json(pack) for pack in found], ensure_ascii=False, indent=2))
        return
    for pack in found:
        typer.echo(f"{pack.id}  {pack.effective_from}  {pack.document_no}  {pack.title}")
        typer.echo(f"    {pack.issuer}; {len(pack.rules)} rules; version {pack.version[:12]}")
    left = [pack.id for pack in shipped if pack not in found]
    if left:
        typer.echo(f"and for the background (--background): {', '.join(left)}")


def pack_check(
    file: Annotated[Path, typer.Argument(help="YAML file of a rule pack.")],
) -> None:
    """Check a rule pack against the schema; exit 2 with every fault if it breaks it."""
    pack = load_pack(file, find=shipped_pack)
    for warning in pack_warnings(pack):
        typer.echo(warning, err=True)
    typer.echo(
        f"{file}: {pack.id} is a valid rule pack with {len(pack.rules)} rules, "
        f"version {pack.version[:12]}"
    )


def _as_json(pack: Pack) -> dict[str, object]:
    return {
        "id": pack.id,
        "document_no": pack.document_no,
        "title": pack.title,
        "issuer": pack.issuer,
        "region_codes": list(pack.region_codes),
        "effective_from": pack.effective_from.isoformat(),
        "effective_to": None if pack.effective_to is None else pack.effective_to.isoformat(),
        "version": pack.version,
        "background": pack.background,
        "rules": [
            {"id": rule.id, "kind": rule.kind, "evaluable": evaluable(rule)} for rule in pack.rules
        ],
    }
