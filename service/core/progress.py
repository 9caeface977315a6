"""Telling a person how far long work has come: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Stages:
    """The stages of one piece of work, shown on standard error and timed.

    Parameters
    ----------
    total
        How many stages there will be.
    stream
        Where to show them.
    """

    def __init__(self, total: int, *, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._seconds: dict[str, float] = {}
        self._total = total
        self._bar: Progress | None = None

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds each finished stage took, in order."""
        return MappingProxyType(self._seconds)

    @contextmanager
    def shown(self) -> Iterator[Stages]:
        """Show progress within the block."""
        if not self._stream.isatty():
            yield self
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(file=self._stream), transient=True) as bar:
            bar.add_task("", total=self._total)
            self._bar = bar
            yield self
            self._bar = None

    def say(self, message: str) -> None:
        """Tell what is being done within a stage."""
        if self._bar is None:
            self._stream.write(f"yike: {message}\n")
            self._stream.flush()
        else:
            self._bar.update(self._bar.task_ids[0], description=message)

    @contextmanager
    def stage(self, name: str, message: str) -> Iterator[None]:
        """Time one stage.

        Parameters
        ----------
        name
            Under which its seconds are kept; a second stage of the same name adds to it.
        message
            What is being done.
        """
        self.say(message)
        begun = time.perf_counter()
        yield
        self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - begun
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])
