"""The command line: ``yike COMMAND``.

Only the module of the command that is asked for is imported, so that help and small commands
answer at once.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from types import FrameType
from typing import Annotated, Any, Final

import typer

from service.core.usage import UsageFault
from spatial.errors import SpatialError

EXIT_FAULT: Final = 2


@dataclass(frozen=True)
class CommandEntry:
    """One command: where its function is, and the line help shows for it."""

    name: str
    module: str
    function: str
    help: str
    group: str | None = None

    def load(self) -> Callable[..., Any]:
        """Import the function."""
        function: Callable[..., Any] = getattr(import_module(self.module), self.function)
        return function


COMMANDS: Final = (
    CommandEntry("up", "service.commands.up", "up", "Set up, evaluate the demo city and serve"),
    CommandEntry("serve", "service.commands.serve", "serve", "Serve the HTTP interface"),
    CommandEntry("worker", "service.commands.worker", "worker", "Work on jobs beside the service"),
    CommandEntry(
        "sign-in-link",
        "service.commands.sign_in_link",
        "sign_in_link",
        "Make a one-time link that signs a browser in",
    ),
    CommandEntry("create", "service.commands.keys", "key_create", "Make an API key", group="key"),
    CommandEntry("list", "service.commands.keys", "key_list", "List the API keys", group="key"),
    CommandEntry(
        "revoke", "service.commands.keys", "key_revoke", "Make an API key useless", group="key"
    ),
    CommandEntry("migrate", "service.commands.migrate", "migrate", "Bring the database up to date"),
    CommandEntry(
        "import", "service.commands.import_", "import_", "Read a layer from files into the database"
    ),
    CommandEntry(
        "imports", "service.commands.imports", "imports", "List imports, show one, take one back"
    ),
    CommandEntry(
        "evaluate",
        "service.commands.evaluate",
        "evaluate",
        "Evaluate districts and areas, in the database or from files to a file",
    ),
    CommandEntry(
        "export", "service.commands.export", "export", "Write what is stored to files of any format"
    ),
    CommandEntry(
        "explain",
        "service.commands.explain",
        "explain",
        "Explain one finding in a paragraph for a letter",
    ),
    CommandEntry(
        "report",
        "service.commands.report",
        "report",
        "Write a page about one district or area of an evaluation",
    ),
    CommandEntry(
        "ledger",
        "service.commands.ledger",
        "ledger",
        "Write the problem ledger of an evaluation, carrying on the one before",
    ),
    CommandEntry(
        "review",
        "service.commands.review",
        "review",
        "Review a housing project at a stage, clause by clause",
    ),
    CommandEntry(
        "list",
        "service.commands.review_stored",
        "review_list",
        "List stored reviews, the newest first",
        group="review",
    ),
    CommandEntry(
        "show",
        "service.commands.review_stored",
        "review_show",
        "Show a stored review",
        group="review",
    ),
    CommandEntry(
        "replay",
        "service.commands.review_stored",
        "review_replay",
        "Make a stored review again and compare",
        group="review",
    ),
    CommandEntry(
        "override",
        "service.commands.review_stored",
        "review_override",
        "Put an officer's verdict beside a computed one",
        group="review",
    ),
    CommandEntry(
        "sign",
        "service.commands.review_stored",
        "review_sign",
        "Sign a stored review off, as a second person",
        group="review",
    ),
    CommandEntry(
        "isochrone",
        "service.commands.isochrone",
        "isochrone",
        "Draw the ground within a walk of places",
    ),
    CommandEntry(
        "catchments",
        "service.commands.catchments",
        "catchments",
        "Count who is within reach of facilities",
    ),
    CommandEntry(
        "coverage",
        "service.commands.coverage",
        "coverage",
        "Say what serves places: the nearest facilities, rule by rule",
    ),
    CommandEntry(
        "demo", "service.commands.demo", "demo", "Write the demo city's layers, or its map"
    ),
    CommandEntry(
        "bundle",
        "service.commands.bundle",
        "bundle",
        "Make one archive that installs without any network",
    ),
    CommandEntry("packs", "service.commands.packs", "packs", "List the rule packs"),
    CommandEntry(
        "check", "service.commands.packs", "pack_check", "Validate a rule pack", group="pack"
    ),
)
GROUP_HELP: Final = {
    "key": "Make, list and revoke API keys",
    "pack": "Work on a rule pack",
    "review": "Work on stored reviews",
}


def main() -> None:
    """Run the command named by the process's arguments; never shows a traceback for bad input."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    arguments = sys.argv[1:]
    try:
        build_app(arguments)(args=arguments, prog_name="yike")
    except (SpatialError, UsageFault) as fault:
        for line in str(fault).splitlines():
            typer.echo(f"yike: {line}", err=True)
        sys.exit(EXIT_FAULT)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End in order, so that the private database is stopped too."""
    sys.exit(128 + number)


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """Assemble the command line for one call.

    Parameters
    ----------
    arguments
        Of the call: the command they name is imported, of the others only the names are known.
    """
    words = [word for word in arguments if not word.startswith("-")]
    chosen = words[0] if words else None
    # A command may have a group of its name: the second word tells which of the two is meant.
    inner = {entry.name for entry in COMMANDS if entry.group == chosen}
    grouped = len(words) > 1 and words[1] in inner
    app = typer.Typer(
        name="yike",
        help="Yike 一刻: which neighbourhoods lack childcare and elderly care, clause by clause.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    groups: dict[str, typer.Typer] = {}
    for entry in COMMANDS:
        if _hidden(entry, chosen, grouped=grouped):
            continue
        parent = app
        if entry.group is not None:
            if entry.group not in groups:
                groups[entry.group] = typer.Typer(
                    no_args_is_help=True, help=GROUP_HELP[entry.group], rich_markup_mode=None
                )
                app.add_typer(groups[entry.group], name=entry.group)
            parent = groups[entry.group]
        asked = chosen is not None and chosen in {entry.name, entry.group}
        function = entry.load() if asked else _unloaded
        parent.command(entry.name, short_help=entry.help)(function)
    return app


def _hidden(entry: CommandEntry, chosen: str | None, *, grouped: bool) -> bool:
    """Tell whether an entry stands back for another of the same name in this call."""
    if entry.group is None:
        return grouped and entry.name == chosen
    twins = any(other.group is None and other.name == entry.group for other in COMMANDS)
    return twins and not (grouped and entry.group == chosen)


def _unloaded() -> None:
    """Stand for a command the call does not name."""


def _show_version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if asked:
        typer.echo(version("yike"))
        raise typer.Exit


def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """Take the options before the command."""


if __name__ == "__main__":
    main()
