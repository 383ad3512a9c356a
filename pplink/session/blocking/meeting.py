"""Meeting: before roles begin, two units tell each other of their bins, and the broker how many blocks there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pplink.errors import PeerError
from pplink.keys.derive import Label, derive
from pplink.session.blocking.counts import from_bytes, noised, to_bytes, true_counts
from pplink.session.blocking.filling import Blocks
from pplink.session.blocking.keys import Bins, Keys, Rows, bins_of, year_bins
from pplink.session.blocking.layout import Layout
from pplink.session.blocking.shape import Shape, share
from pplink.session.envelope import Letter
from pplink.session.post import Post
from protocols.primitives.stream import Stream

BINS, BLOCKS = "bins", "blocks"
"""Steps of the session layer, before the protocol's own: unit to unit, unit to broker."""
COUNT = 8
"""Bytes of a number of blocks."""


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One session's; what all three know."""

    shape: Shape
    units: tuple[str, str]
    """The first and the second."""
    sizes: tuple[int, int]
    """Their rows: as many as a record may have variants, of each record."""

    def of_unit(
        self, post: Post, broker: str, rows: Rows, years: Bins, keys: Keys, digest: str
    ) -> tuple[int, Blocks | None]:
        """A unit's side: pairs of blocks, and how it fills them. 0 and None if blocks would cost more than all pairs.

        years: (n,), if bins are years. digest: of its list. The noise is a function of that and of the shape: who runs
        the same again tells the same again. Raises PeerError for counts that cannot be.
        """
        unit = self.units.index(post.name)
        seed = derive(keys.own, Label.BLOCKING_SEED, context=f"{digest} {self.shape} {self.sizes}")
        stream = Stream(seed)
        bins = year_bins(years, rows) if self.shape.years else bins_of(rows, keys, self.shape)
        own = noised(true_counts(bins, self.shape), self.shape, stream, self.sizes[unit])
        peer = self.units[1 - unit]
        post.send(peer, BINS, to_bytes(own))
        told = from_bytes(_expected(post, (peer,), BINS).content, self.shape, peer, self.sizes[1 - unit])
        counts = (own, told) if unit == 0 else (told, own)
        layout = Layout(shape=self.shape, counts=counts, sizes=self.sizes)
        pairs = layout.pairs if self._pays(layout.pairs) else 0
        post.send(broker, BLOCKS, pairs.to_bytes(COUNT, "little"))
        return pairs, Blocks(layout=layout, unit=unit, bins=bins, stream=stream) if pairs else None

    def of_broker(self, post: Post) -> int:
        """The broker's: pairs of blocks, as both units say, in either order: who waited for one alone would not hear
        that the other was broken off. Raises PeerError if they do not agree, or it cannot be."""
        told: dict[str, int] = {}
        while due := [unit for unit in self.units if unit not in told]:
            letter = _expected(post, due, BLOCKS)
            told[letter.sender] = self._told(letter)
        if len(set(told.values())) > 1:
            raise PeerError(f"{' and '.join(self.units)} tell of different numbers of blocks", HINT)
        return told[self.units[0]]

    def _told(self, letter: Letter) -> int:
        pairs = int.from_bytes(letter.content, "little")
        if len(letter.content) != COUNT or (pairs and not self._pays(pairs)):
            raise PeerError(
                f"{letter.sender} tells of more blocks than all pairs would cost, or of none", HINT
            )
        return pairs

    def _pays(self, pairs: int) -> bool:
        """Whether so many pairs of blocks cost less than all pairs of rows."""
        return share(pairs, self.shape.side, self.sizes) < 1


HINT = "its program is another than ours"


def _expected(post: Post, senders: Sequence[str], step: str) -> Letter:
    """The next letter from any of these, which must be of this step; others may be ahead, and wait."""
    letter = post.receive(senders)
    if letter.step != step:
        raise PeerError(f"{letter.sender} sent a message of step {letter.step}, where {step} was due")
    return letter
