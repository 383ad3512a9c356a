"""Foreign: calls of C functions inside kernels, by address, so that a loop over rows holds no interpreter lock.

A function's address is an argument and no constant: machine code that Numba keeps serves the next process,
where the library lies elsewhere. After a change here, touch ristretto.py, or old machine code runs on.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

INT = ir.IntType(32)
ADDRESS = ir.IntType(64)


def _call(function: Any, *places: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(INT, [ADDRESS] * len(places))
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return types.int32(function, *places), generate


call2 = intrinsic(lambda _, function, a, b: _call(function, a, b))
"""call2(function, a, b) -> int32: function and what it takes are addresses, as 64-bit integers."""
call3 = intrinsic(lambda _, function, a, b, c: _call(function, a, b, c))
"""call3(function, a, b, c) -> int32, likewise."""
