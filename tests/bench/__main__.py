"""``yike bench``: Yike beside its peers, measured side by side in one run.

Prints each job with medians, spreads, ratios and whether the answers agree, and writes the same
as JSON. Ends with 2 where the peers are not installed, with 1 where answers disagree. A budget
that is missed is said, and is no failure: machines differ.
"""

from __future__ import annotations

import datetime as dt
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

PEERS = ("networkx", "pandana", "pyrosm", "tipg")
ROWS = ("pbf", "import", "ogc", "nearest", "evaluation", "stored", "move", "review", "growth")


def bench(
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the JSON.")] = Path(
        "bench.json"
    ),
    only: Annotated[
        list[str] | None, typer.Option(metavar="ROW", help=f"One of {', '.join(ROWS)}; repeatable.")
    ] = None,
    districts: Annotated[int, typer.Option(min=100, help="Districts evaluated.")] = 5_000,
    most_districts: Annotated[
        int, typer.Option(min=2_000, help="Most districts of the growth row.")
    ] = 20_000,
    repetitions: Annotated[int, typer.Option(min=3, help="Repetitions of each contender.")] = 9,
) -> None:
    """Measure Yike and its peers side by side, in one run."""
    missing = [name for name in PEERS if find_spec(name) is None]
    if missing:
        typer.echo(
            f"yike: {' and '.join(missing)} not installed: run ./yike bench, which installs the "
            "peers, or uv sync --group peers",
            err=True,
        )
        raise typer.Exit(2)
    unknown = sorted(set(only or ()) - set(ROWS))
    if unknown:
        typer.echo(f"yike: --only {unknown[0]}: no such row; there are {', '.join(ROWS)}", err=True)
        raise typer.Exit(2)

    # Imported late: they need the peers.
    from tests.bench import machine  # noqa: PLC0415
    from tests.bench.session import measure  # noqa: PLC0415

    described = machine.describe()
    typer.echo(
        f"{described['processor']}, {described['cores']} cores, load {described['load_1_min']}\n"
        f"Python {described['python']}, "
        + ", ".join(f"{name} {number}" for name, number in described["versions"].items())
    )
    rows = []
    for row in measure(
        chosen=tuple(only or ROWS),
        districts=districts,
        most_districts=most_districts,
        repetitions=repetitions,
    ):
        typer.echo("\n" + "\n".join(row.lines()))
        rows.append(row)
    document = {
        "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": described,
        "rows": [row.as_json() for row in rows],
    }
    try:
        out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        typer.echo(f"yike: {out}: cannot be written: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"\nwritten to {out}")
    if any(agreement.failed for row in rows for agreement in row.agreements):
        typer.echo("yike: answers disagree, see above", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(bench)
    app(prog_name="yike bench")
