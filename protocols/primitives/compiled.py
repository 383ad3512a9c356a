"""Compiled: the one place in this building that sets up Numba, typed so that kernels keep their signatures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import FunctionCache

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
Array = TypeVar("Array", bound="np.ndarray[Any, Any]")


def kernel(function: Kernel) -> Kernel:
    """Compile without the interpreter lock, and keep the machine code where that may be written."""
    made = numba.njit(nogil=True)(function)
    with suppress(RuntimeError):  # nowhere to keep it: compiled anew in each process
        made._cache = _Kept(function)
    return cast("Kernel", made)


def given(array: Array) -> Array:
    """A read-only view. Kernels get their inputs so, whoever made them, and are compiled once for all."""
    view = array.view()
    view.setflags(write=False)
    return view


class _Kept(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk; damage to it or a full disk costs a compilation, and never the work."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(Exception):
            return super().load_overload(sig, target_context)
        with suppress(Exception):
            self.flush()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):
            super().save_overload(sig, data)
