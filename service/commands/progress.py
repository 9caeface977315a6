"""Saying what a command is at: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

SHOWN_WARNINGS = 20


class Progress:
    """Times the stages of a command and names each on the standard error.

    Parameters
    ----------
    quiet
        True to say nothing of stages.
    total
        How many stages there will be, so that the bar fills; None where nobody knows.
    """

    def __init__(self, *, quiet: bool = False, total: int | None = None) -> None:
        self._quiet = quiet
        self._total = total
        self._console = Console(stderr=True)
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> dict[str, float]:
        """Return the time each stage took, in the order they ended."""
        return dict(self._seconds)

    @contextmanager
    def stage(self, name: str, doing: str) -> Iterator[None]:
        """Run one stage; two of the same name are added up."""
        started = time.perf_counter()
        if self._quiet:
            yield
        elif self._console.is_terminal:
            with self._bar() as bar:
                bar.add_task(doing, total=self._total, completed=len(self._seconds))
                yield
        else:
            typer.echo(f"yike: {doing}", err=True)
            yield
        taken = time.perf_counter() - started
        self._seconds[name] = self._seconds.get(name, 0.0) + taken

    @contextmanager
    def counted(self, name: str, doing: str) -> Iterator[Callable[[int, int], None] | None]:
        """Run one stage that tells how far it is: rows done and rows in all, 0 where unknown.

        What is given is None where nobody would see it.
        """
        if self._quiet or not self._console.is_terminal:
            with self.stage(name, doing):
                yield None
            return
        started = time.perf_counter()
        with self._bar() as bar:
            task = bar.add_task(doing, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total or None)
        self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - started

    @contextmanager
    def counting(self, doing: str, *, total: int) -> Iterator[Callable[[int, int], None]]:
        """Tell how many of many things are done, by calling what is given: done, of how many.

        Elsewhere than on a terminal a line is printed each time a tenth more is done.
        """
        if self._quiet:
            yield lambda _done, _of: None
        elif self._console.is_terminal:
            with self._bar() as bar:
                task = bar.add_task(doing, total=total)
                yield lambda done, of: bar.update(task, completed=done, total=of)
        else:
            said = [0]

            def tell(done: int, of: int) -> None:
                tenth = 10 * done // max(of, 1)
                if tenth > said[0] or done == of:
                    said[0] = tenth
                    typer.echo(f"yike: {doing}: {done:,} of {of:,}", err=True)

            yield tell

    def _bar(self) -> Bar:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
        return Bar(*columns, TimeElapsedColumn(), console=self._console, transient=True)


def tell(lines: Sequence[str]) -> None:
    """Print notes on the standard error, all of them."""
    for line in lines:
        typer.echo(f"yike: note: {line}", err=True)


def warn(lines: Sequence[str], *, every: bool) -> None:
    """Print warnings on the standard error: the first ones and how many there are, or all."""
    shown = lines if every else lines[:SHOWN_WARNINGS]
    for line in shown:
        typer.echo(f"yike: warning: {line}", err=True)
    if len(shown) < len(lines):
        rest = len(lines) - len(shown)
        typer.echo(f"yike: warning: {rest} more like these; --verbose prints them all", err=True)
