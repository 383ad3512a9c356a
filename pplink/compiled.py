"""Compiled: the one place that sets up Numba, typed so that kernels keep their signatures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile without the interpreter lock, and keep the machine code where the cache may be written."""
    compiled = numba.njit(nogil=True)(function)
    with suppress(RuntimeError):  # no folder for the cache is writable: compile anew in each process
        compiled._cache = _Cache(function)
    return cast("Kernel", compiled)


class _Cache(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk, but no work fails because of it.

    Numba's own raises from the kernel's first call when the disk is full, and from then on in every process
    when a crash has cut one of its files short.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  a damaged pickle raises anything
            with suppress(Exception):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):
            super().save_overload(sig, data)
