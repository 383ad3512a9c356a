"""Watchlist: the holder's list as outputs of the function, prepared once and used for many sessions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols.errors import MisuseError
from protocols.oprf_hit.oprf import OUTPUT, Outputs, evaluate
from protocols.primitives import ristretto
from protocols.primitives.ristretto import Spread

Texts = npt.NDArray[np.bytes_]


class Watchlist:
    """Keys of persons under one secret key; in the order of their outputs, so that it tells nothing. Never changes."""

    def __init__(self, outputs: Outputs, secret: bytes, verifiable: bool) -> None:
        """outputs: (n, 64), in any order; two of a kind are one. `prepared` makes a list from keys."""
        if not ristretto.is_scalar(secret) or not any(secret):
            raise MisuseError("a secret key is a scalar, and not zero")
        self.secret, self.verifiable = secret, verifiable
        self._texts: Texts = np.unique(_texts(outputs))

    def __repr__(self) -> str:
        return f"Watchlist({len(self)} entries)"

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def outputs(self) -> Outputs:
        """(n, 64): rising."""
        return _rows(self._texts)

    @property
    def public_key(self) -> bytes:
        """What askers verify answers against: 32 bytes."""
        return ristretto.base_times(self.secret)

    def changed(
        self, add: Sequence[bytes] = (), remove: Sequence[bytes] = (), spread: Spread = map
    ) -> Watchlist:
        """The list with keys more and keys less; a key in both is on it, and one may be on it, or not, already."""
        return self.swapped(add, remove, spread)[0]

    def swapped(
        self, add: Sequence[bytes], remove: Sequence[bytes], spread: Spread = map
    ) -> tuple[Watchlist, Outputs, Outputs]:
        """The list so changed, outputs that went, and outputs that came."""
        less, more = (
            np.unique(_texts(evaluate(keys, self.secret, self.verifiable, spread))) for keys in (remove, add)
        )
        gone, come = (less[self._has(less) & ~np.isin(less, more)], more[~self._has(more)])
        kept = np.delete(self._texts, np.searchsorted(self._texts, gone))
        found = Watchlist.__new__(Watchlist)
        found.secret, found.verifiable = self.secret, self.verifiable
        found._texts = np.insert(kept, np.searchsorted(kept, come), come)
        return found, _rows(gone), _rows(come)

    def since(self, older: Watchlist) -> tuple[Outputs, Outputs]:
        """Outputs that went since an older list, and outputs that came."""
        gone = np.setdiff1d(older._texts, self._texts, assume_unique=True)
        come = np.setdiff1d(self._texts, older._texts, assume_unique=True)
        return _rows(np.sort(gone)), _rows(np.sort(come))

    def _has(self, texts: Texts) -> npt.NDArray[np.bool_]:
        at = np.searchsorted(self._texts, texts)
        found: npt.NDArray[np.bool_] = np.zeros(len(texts), bool)
        inside = at < len(self._texts)
        found[inside] = self._texts[at[inside]] == texts[inside]
        return found


def prepared(
    keys: Sequence[bytes], secret: bytes, verifiable: bool = True, spread: Spread = map
) -> Watchlist:
    """A list from keys of persons, about 60 microseconds each on one core. spread: a pool's map shares the work.

    Raises MisuseError for a key that is too long, or a secret that is none.
    """
    return Watchlist(evaluate(keys, secret, verifiable, spread), secret, verifiable)


def _texts(outputs: Outputs) -> Texts:
    """(n,): each output as one text; texts of one length sort as bytes do, zeros at their end or not."""
    return np.ascontiguousarray(outputs).reshape(-1, OUTPUT).view(f"S{OUTPUT}").reshape(-1)


def _rows(texts: Texts) -> Outputs:
    return np.ascontiguousarray(texts).view(np.uint8).reshape(-1, OUTPUT)
