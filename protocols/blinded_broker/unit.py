"""Unit: what Alice's and Bob's roles share from the first tile on: planes, counting hits, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from protocols.blinded_broker.filling import Filling, once, same_person
from protocols.blinded_broker.greeting import Greeting, Rows
from protocols.blinded_broker.hits import Hits, Ints, TileHits, joined, opened, parted, score_words, tile_hits
from protocols.blinded_broker.messages import Names, Scores
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER, PART, Parameters
from protocols.blinded_broker.progress import Progress
from protocols.errors import MisuseError, RefusedError
from protocols.primitives.planes import Planes
from protocols.role import DONE, Send
from protocols.wire import Words

NO_PLANES: Planes = np.zeros((0, 0), np.uint64)


class Unit(Greeting):
    """A unit's role, but for its tiles."""

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        rows: Rows,
        seed: bytes,
        spent: set[bytes],
        filling: Filling | None = None,
        earlier: Progress | None = None,
    ) -> None:
        """rows: (n, bits / 64) uint64, bit b of word w is bit 64 * w + b of the row; with v variants, row v * p + a
        is variant a of person p.

        seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good. filling: which
        rows are in which block, where blocks are paired. earlier: what a run that was broken off had, cut to
        first_tile; without it, the result lacks the hits of earlier tiles.
        Raises MisuseError if rows, filling or progress do not fit the parameters.
        """
        super().__init__(
            session=session, parameters=parameters, rows=rows, seed=seed, spent=spent, filling=filling
        )
        self._hits: list[TileHits] = _taken_up(earlier, parameters)
        self._dropped = 0 if earlier is None else earlier.dropped
        self._counted = self._dropped + sum(len(hits.tile) for hits in self._hits)
        self._done = self._reported = parameters.first_tile
        self._fresh: list[TileHits] = []
        self._parts: list[Words] = []
        self.result: Hits | None = None

    def checked_planes(self, planes: Planes, tile: int, count: int, step: str, extra: int = 0) -> Planes:
        """A message's planes, of which there must be so many for that tile: check C11.

        extra: how many planes of one bit a pair of persons must follow them.
        """
        size = self.plan.words(tile)
        if len(planes) != count * size + extra * size // self.parameters.pairings:
            sender = DEALER if step == "5" else self.PEER
            self.fail(sender, step, "C11", "planes of a wrong length")
        return planes[: count * size].reshape(count, size)

    def of_persons(self, planes: Planes, tile: int, count: int, step: str) -> Planes:
        """The same where all planes are of one bit a pair of persons."""
        self.checked_planes(planes, tile, 0, step, count)
        return planes.reshape(count, self.plan.words(tile) // self.parameters.pairings)

    def for_tables(self, tile: int, of: Callable[[int, int], Planes]) -> Planes:
        """A tile's planes from those of each of its tables, by Alice's block and Bob's."""
        found = [of(a, b) for a, b in self.plan.tables(tile)]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    def own(self, hits: TileHits) -> Ints:
        """(n,): our own persons of hits."""
        return hits.alice if self.NAME == ALICE else hits.bob

    def theirs(self, hits: TileHits) -> Ints:
        """(n,): the peer's; where blocks are paired, its places as long as it has not named them."""
        return hits.bob if self.NAME == ALICE else hits.alice

    def count(self, tile: int, result: Planes, total: Planes, own: Planes, step: str) -> None:
        """Take up a tile's hits. Raises PeerError for one that cannot be, RefusedError beyond the quota."""
        found = tile_hits(self.plan, tile, result, total, own)
        if not self.plan.paired and (found.bob >= self.plan.persons[BOB]).any():
            self.fail(self.PEER, step, "C12", "a hit on a row that does not exist")
        rows = self.own(found)
        if self.plan.paired:
            rows = self.places[rows]
            empty = (rows < 0) | (self._weights.reshape(-1)[rows] == 0)
            found = self._with_own(found, rows // self.parameters.variants(self.NAME))
        else:
            empty = self._weights[rows].max(axis=1, initial=0) == 0
        if empty.any():
            self.fail(self.PEER, step, "C13", "a hit on an empty row")
        self._counted += len(rows)
        if self._counted > (self.parameters.openings or self.parameters.quota):
            raise RefusedError(
                "more hits than the agreed quota", "nothing more was sent; ask the other unit why"
            )
        self._hits.append(found)
        self._fresh.append(found)

    def _with_own(self, hits: TileHits, persons: Ints) -> TileHits:
        """The hits with other numbers of our own persons."""
        columns = (persons, hits.bob) if self.NAME == ALICE else (hits.alice, persons)
        return TileHits(tile=hits.tile, alice=columns[0], bob=columns[1], masked=hits.masked, own=hits.own)

    @property
    def progress(self) -> Progress:
        """What a new run needs, if this one is broken off, so that no tile before is done again."""
        return Progress(tiles=self._done, hits=joined(self._hits), dropped=self._dropped)

    def news(self) -> Progress | None:
        """What was done since this was asked before: to be kept behind what was kept then. None if no tile was."""
        if self._reported == self._done:
            return None
        fresh, self._fresh, self._reported = self._fresh, [], self._done
        return Progress(tiles=self._done, hits=joined(fresh))

    def finish(self, tile: int) -> list[Send]:
        """This tile is done and counted."""
        self._done = tile + 1
        return self.close() if self._done == self.plan.tiles else []

    def close(self) -> list[Send]:
        """After the last tile: name hits, where blocks are paired; else go on to what is told of them."""
        hits = joined(self._hits)
        if not self.plan.paired:
            return self._conclude(hits)
        self.state = "names"
        names = self.own(hits).astype(np.uint64)
        return [Send(self.PEER, Names(words=part)) for part in parted(names, self.parameters.openings)]

    def _whole(self, part: Words, count: int, step: str) -> Words | None:
        """So many words, once the last part of them is here."""
        self._parts.append(part)
        had = sum(map(len, self._parts))
        if len(part) != min(PART, count - had + len(part)):
            self.fail(self.PEER, step, "C11", "names or scores of a wrong length")
        if had < count:
            return None
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def on_names(self, message: Names) -> list[Send]:
        """Step 9a, the peer's."""
        told = self._whole(message.words, self.parameters.openings, "9a")
        if told is None:
            return []
        hits = joined(self._hits)
        words = told[: len(hits.tile)]
        if (words >= self.plan.persons[self.PEER]).any() or told[len(words) :].any():
            self.fail(self.PEER, "9a", "C16", "a name of nobody, or of no hit")
        names = words.astype(np.int64)
        if not same_person(self.theirs(hits), names):
            self.fail(self.PEER, "9a", "C16", "two names for one place")
        own = self.own(hits)
        columns = (own, names) if self.NAME == ALICE else (names, own)
        named = TileHits(tile=hits.tile, alice=columns[0], bob=columns[1], masked=hits.masked, own=hits.own)
        found = once(named)
        if len(found.tile) > self.parameters.quota:
            raise RefusedError(
                "more hits than the agreed quota", "nothing more was sent; ask the other unit why"
            )
        return self._conclude(found)

    def _conclude(self, hits: TileHits) -> list[Send]:
        """Give the result, or open the scores first."""
        self._found = hits
        if self.parameters.scores:
            self.state = "scores"
            words = score_words(hits, self._weights[self.own(hits), 0])
            return [Send(self.PEER, Scores(words=part)) for part in parted(words, self.parameters.quota)]
        self.state = DONE
        if self.parameters.reveal in ("both", self.NAME):
            self.result = Hits(alice=hits.alice, bob=hits.bob)
        return []

    def on_scores(self, message: Scores) -> list[Send]:
        """Step 10, the peer's."""
        words = self._whole(message.words, self.parameters.quota, "10")
        if words is None:
            return []
        hits = self._found
        theirs = (words[: len(hits.own)] >> np.uint64(32)).astype(np.int64)
        ours = self._weights[self.own(hits), 0]
        weights = (ours, theirs) if self.NAME == ALICE else (theirs, ours)
        self.result = opened(
            self.parameters, hits, words, weights, lambda *why: self.fail(self.PEER, "10", *why)
        )
        self.state = DONE
        return []


def _taken_up(earlier: Progress | None, parameters: Parameters) -> list[TileHits]:
    """The hits to begin with."""
    if earlier is None:
        return []
    if earlier.tiles != parameters.first_tile:
        raise MisuseError(
            "the earlier run ended at another tile than this one begins with", "cut its progress"
        )
    if earlier.opened > (parameters.openings or parameters.quota):
        raise MisuseError("the earlier run had more hits than the quota")
    return [earlier.hits]
