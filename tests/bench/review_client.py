"""Clients that ask for reviews, each in a process of its own, so that none waits for another."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError
from typing import Final

_WAIT_S: Final = 120.0


@dataclass(frozen=True)
class Asked:
    """What clients ask, and whom.

    Parameters
    ----------
    port
        On the loopback interface.
    path
        With the query string.
    headers
        Of each question.
    bodies
        Of the questions; asked in turn.
    """

    port: int
    path: str
    headers: Mapping[str, str]
    bodies: Sequence[str]


def ask(asked: Asked, *, clients: int, each: int) -> tuple[tuple[float, ...], frozenset[str]]:
    """Let clients ask one question after the other, all at once, each on a connection it keeps.

    A round of all bodies comes first and is not counted.

    Parameters
    ----------
    each
        Questions of each client that are counted.

    Returns
    -------
    Seconds of each answer, from sending the question to holding the whole answer, and the
    different verdicts answered.

    Raises
    ------
    RuntimeError
        If an answer is no review, with its beginning.
    """
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(clients)
    started = []
    for number in range(clients):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_client, args=(asked, number, clients, each, ready, theirs), daemon=True
        )
        process.start()
        theirs.close()
        started.append((process, ours))
    found = [ours.recv() for _, ours in started]
    for process, _ in started:
        process.join()
    faults = [one for one in found if isinstance(one, str)]
    if faults:
        raise RuntimeError(f"a review failed: {'; '.join(faults)}")
    seconds = tuple(second for part, _ in found for second in part)
    return seconds, frozenset(verdict for _, verdicts in found for verdict in verdicts)


def _client(
    asked: Asked, number: int, clients: int, each: int, ready: Barrier, told: Connection
) -> None:
    try:
        told.send(_answers(asked, number, clients, each, ready))
    except (OSError, http.client.HTTPException, BrokenBarrierError, RuntimeError) as fault:
        # The others wait for this one no longer.
        ready.abort()
        told.send(f"{type(fault).__name__}: {fault}")


def _answers(
    asked: Asked, number: int, clients: int, each: int, ready: Barrier
) -> tuple[list[float], set[str]]:
    connection = http.client.HTTPConnection("127.0.0.1", asked.port, timeout=_WAIT_S)
    seconds, answers = [], []
    for turn in range(-len(asked.bodies) // clients, each):
        if turn == 0:
            ready.wait(_WAIT_S)
        body = asked.bodies[(number + turn * clients) % len(asked.bodies)]
        start = time.perf_counter()
        connection.request("POST", asked.path, body, dict(asked.headers))
        answer = connection.getresponse()
        content = answer.read()
        taken = time.perf_counter() - start
        if answer.status != http.client.OK:
            raise RuntimeError(content.decode()[:300])
        if turn >= 0:
            seconds.append(taken)
            answers.append(content)
    # They are read when nobody is timed any more.
    ready.wait(_WAIT_S)
    return seconds, {json.loads(content)["verdict"] for content in answers}
