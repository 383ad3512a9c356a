"""Sodium: libsodium's ristretto255 (RFC 9496), of the system if it has one, else the copy that `rbcl` brings.

The copy costs something: `rbcl` writes its libsodium into the temporary folder whenever it is imported, and
leaves it there. We take it away again; where that folder allows no programs, there is no copy.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SYSTEM: dict[str, tuple[str, ...]] = {
    "linux": ("libsodium.so.26", "libsodium.so.23"),
    "darwin": ("libsodium.26.dylib", "libsodium.23.dylib"),
}
"""Names under which a system keeps libsodium 1.0.18 or newer, by platform."""
CORE, MULTIPLY = "crypto_core_ristretto255_", "crypto_scalarmult_ristretto255"
TELLS: dict[str, int] = {
    **dict.fromkeys((MULTIPLY, f"{CORE}add"), 3),
    **dict.fromkeys((f"{MULTIPLY}_base", f"{CORE}from_hash", f"{CORE}scalar_invert"), 2),
    f"{CORE}is_valid_point": 1,
}
"""Functions that say whether they could, and how many addresses of bytes each takes."""
ALWAYS: dict[str, int] = {
    **dict.fromkeys((f"{CORE}scalar_{act}" for act in ("add", "sub", "mul")), 3),
    f"{CORE}scalar_reduce": 2,
}
"""Functions that say nothing, as they cannot fail."""
TWICE_THE_BASE = bytes.fromhex("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919")
"""Two times the base point: RFC 9496, appendix A.1."""


def load(names: Iterable[str] = SYSTEM.get(sys.platform, ())) -> ctypes.CDLL:
    """The first of the names that is there and computes as RFC 9496 says, else the copy in `rbcl`.

    Raises ImportError if there is neither.
    """
    for name in names:
        with suppress(OSError, AttributeError):
            return checked(ctypes.CDLL(name))
    return checked(copied())


def copied() -> ctypes.CDLL:
    """The libsodium in `rbcl`, its file taken away once it is loaded."""
    try:
        import rbcl
    except OSError as error:
        message = "no libsodium: the system has none, and rbcl cannot put its own into the temporary folder"
        raise ImportError(
            f"{message}; install libsodium, or set TMPDIR to a folder without noexec"
        ) from error
    library: ctypes.CDLL = rbcl._sodium
    with suppress(OSError):  # Windows keeps a loaded file
        Path(library._name).unlink(missing_ok=True)
    return library


def checked(library: ctypes.CDLL) -> ctypes.CDLL:
    """The library, its functions typed. Raises OSError if it computes wrongly, AttributeError if one is missing."""
    for name, count in (TELLS | ALWAYS).items():
        function = getattr(library, name)
        function.argtypes = [ctypes.c_void_p] * count
        function.restype = ctypes.c_int if name in TELLS else None
    if library.sodium_init() < 0:
        raise OSError("libsodium does not start")
    found = ctypes.create_string_buffer(32)
    getattr(library, f"{MULTIPLY}_base")(found, (2).to_bytes(32, "little"))
    if found.raw != TWICE_THE_BASE:
        raise OSError("libsodium computes another ristretto255")
    return library
