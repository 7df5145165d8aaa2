"""HTTP by hand, for what answers so soon that the client of Python's library would hide it."""

from collections.abc import Mapping
from typing import BinaryIO


def request(path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """What asks for ``path``, or posts ``body`` to it, in one piece."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def read(answers: BinaryIO, path: str) -> bytes:
    """The body of the next answer. Raises on anything but 200."""
    status = answers.readline()
    length = -1
    while (line := answers.readline()) not in {b"\r\n", b""}:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = answers.read(max(length, 0))
    if b" 200 " not in status:
        raise RuntimeError(f"{path} answers {status!r} {body[:300]!r}")
    if len(body) != length:
        raise RuntimeError(f"{path} does not say how long its answer is, or does not send it whole")
    return body
