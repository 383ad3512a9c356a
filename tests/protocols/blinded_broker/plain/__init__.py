"""A second implementation of blinded_broker, slow and plain, written from SPEC.md and FORMAT.md alone.

It knows nothing of the first one: numbers are Python integers, bits are lists, nothing is vectorised.
`frames` plays all three roles and gives what each link carries.
"""

from .run import Run

__all__ = ["Run"]
