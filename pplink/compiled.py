"""Compiled: the one place that sets up Numba, typed so that kernels keep their signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile without the interpreter lock, and keep the machine code where the cache may be written."""
    try:
        compiled = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder for the cache is writable: compile anew in each process
        compiled = numba.njit(nogil=True)(function)
    return cast("Kernel", compiled)
