"""Messages between processes: a letter, the length of what follows in eight bytes, and that."""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

HEADER: Final = struct.Struct(">cQ")


def send(pipe: BinaryIO, letter: bytes, content: bytes) -> None:
    """Write one message."""
    pipe.write(HEADER.pack(letter, len(content)))
    pipe.write(content)
    pipe.flush()


def receive(pipe: BinaryIO, *, most_bytes: int) -> tuple[bytes, bytes]:
    """Read one message.

    Raises
    ------
    EOFError
        When the other side is gone, or sends what is no message.
    """
    head = pipe.read(HEADER.size)
    if len(head) < HEADER.size:
        raise EOFError
    letter, length = HEADER.unpack(head)
    if length > most_bytes:
        raise EOFError
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return letter, content
