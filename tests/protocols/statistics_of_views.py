"""Statistics of views: how far apart two heaps of messages are, by their bits."""

from __future__ import annotations

import numpy as np

FAR = 5.0
"""Standard deviations. Seeds are fixed, so a passing test passes always."""
View = list[tuple[str, bytes]]


def distance(real: list[View], made: list[View]) -> float:
    """The largest difference of the means of bits, alone or with another, in standard deviations."""
    tables = [
        np.stack(
            [np.unpackbits(np.frombuffer(b"".join(body for _, body in view), np.uint8)) for view in views]
        )
        for views in (real, made)
    ]
    found, few = 0.0, 1 / len(real) + 1 / len(made)
    few *= (len(real) + len(made)) / (len(real) + len(made) - 1)  # the variance as of draws without return
    for step in (0, 1, 8, 128, 256):
        both = [(bits ^ np.roll(bits, step, 1) if step else bits).astype(float) for bits in tables]
        share = (both[0].mean(0) + both[1].mean(0)) / 2
        live = (share > 0.05) & (share < 0.95)
        spread = np.sqrt(share[live] * (1 - share[live]) * few)
        squares = ((both[0].mean(0) - both[1].mean(0))[live] / spread) ** 2
        found = max(found, abs(float((squares.sum() - live.sum()) / np.sqrt(2 * live.sum()))))
    return found
