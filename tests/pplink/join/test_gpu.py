"""The GPU's kernel on Numba's simulator, in a process of its own; a device, if there is one, has the other tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest

from pplink.errors import UnavailableError
from pplink.join.api import threshold_join
from pplink.join.backends import gpu

SIMULATED = """
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from conftest import _alike
from pplink.join import collect
from pplink.join.api import self_join, threshold_join
from pplink.join.backends import gpu, gpu_kernel, outline
from pplink.join.backends.slices import TILE
from pplink.errors import RefusedError

gpu_kernel.SIDE = 4  # each thread of the simulator is a thread of the system
told = []

def same(one, two):
    return all(getattr(one, c).tobytes() == getattr(two, c).tobytes() for c in ("left", "right", "score"))

def check(name, left, right, threshold, measure="dice"):
    wanted = threshold_join(left, right, threshold, measure=measure, backend="reference")
    found = threshold_join(left, right, threshold, measure=measure, backend="gpu")
    told.append([name, same(found, wanted), len(wanted)])

left, right = _alike(14, 2, seed=1), _alike(11, 2, seed=1)
left[3] = right[5] = 0
left[4] = right[6] = 2**64 - 1
for measure in ("dice", "jaccard", "cosine", "hamming", "minhash"):
    check(measure, left, right, 0.7, measure)
check("everything", left, right, 0)
for words in (1, 4, 5, 9):
    check(f"{words} words", _alike(9, words, seed=2), _alike(9, words, seed=2), 0.6)
check("no rows", left[:0], right, 0.5)
check("no bits", left * np.uint64(0), right, 0.5)
wanted = self_join(left, 0.5, backend="reference")
told.append(["self", same(self_join(left, 0.5, backend="gpu"), wanted), len(wanted)])
tabled = np.concatenate([_alike(9, 8, seed=3, fill=0.1), _alike(9, 8, seed=3, fill=0.5)])
for join in (threshold_join, self_join):
    sides = (tabled, tabled[:7]) if join is threshold_join else (tabled,)
    wanted, found = (join(*sides, 0.7, strategy="lsh", recall=0.9, backend=name) for name in ("cpu", "gpu"))
    told.append([f"tables of a {join.__name__}", same(found, wanted), len(wanted)])
gpu.ROOM = 13
check("little room", left, right, 0)
collect.SLACK = 20
hints = []
for backend in ("cpu", "gpu"):
    try:
        threshold_join(left, right, 0.1, max_pairs=10, backend=backend, strategy="exact")
    except RefusedError as error:
        hints.append(error.hint)
told.append(["refusal", len(hints) == 2 and hints[0] == hints[1], 1])
print(json.dumps(told))
"""


def test_the_kernel_gives_the_bytes_of_the_reference_on_the_simulator() -> None:
    folder = str(Path(__file__).parent)
    simulated = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SIMULATED, folder],
        capture_output=True,
        text=True,
        env=simulated,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [name for name, ok, _ in told if not ok] == []
    assert sum(size > 0 for _, _, size in told) >= len(told) - 2


def test_the_kernel_compiles_for_a_device() -> None:
    """What the simulator would let pass, types and shared memory above all, the compiler does not."""
    from numba import cuda
    from numba.cuda.cudadrv.error import NvvmSupportError

    from pplink.join.backends.gpu_kernel import meet

    rows, column, number = numba.uint64[:, ::1], numba.int64[::1], numba.int64
    side = (rows, column, number, number)
    signature = (*side, *side, column, column, column, numba.boolean, *[column] * 4)
    try:
        code, _ = cuda.compile_ptx(meet.py_func, signature, cc=(8, 0))
    except NvvmSupportError:
        pytest.skip("no NVVM, which comes with CUDA")
    assert "popc.b64" in code
    assert "bar.sync" in code


@pytest.mark.skipif(gpu.available(), reason="there is a device")
@pytest.mark.parametrize("strategy", ["auto", "exact", "lsh"])
def test_without_a_device_there_is_a_hint(alike: Callable[..., np.ndarray], strategy: str) -> None:
    """Also where only tables are made, which need none: who asks for a device should not wait for the cores."""
    rows = alike(3, 1, seed=1)
    with pytest.raises(UnavailableError, match="no CUDA device") as caught:
        threshold_join(rows, rows, 0.8, backend="gpu", strategy=strategy)
    assert "pplink[gpu]" in str(caught.value.hint)
