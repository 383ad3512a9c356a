"""What phonetic keys of jellyfish would add to `person_name`: F1 across public lists, without them and with.

    python -m benchmarks.phonetic_keys --data DIR

As benchmarks.crosslist, whose data and draws these are. Each word gets one more token, its key, of 1 or 3 units where a
pair of letters has 1 and a whole word 3. F1 of half 1 at half 0's threshold and with the halves exchanged, mean.
The pieces by sound and by consonants already do what the keys do, so no key is built in: the best mean gains less than
another draw of the same lists changes.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import jellyfish
import numpy as np

from benchmarks.crosslist import KEYS, PRESET, TASKS, Curves, curve, draws, figures
from benchmarks.encoding import terms_of
from benchmarks.report import write
from pplink.fields import persons

WAYS: dict[str, tuple[Callable[[str], str] | None, int]] = {
    "none": (None, 0),
    "metaphone, 1": (jellyfish.metaphone, 1),
    "metaphone, 3": (jellyfish.metaphone, 3),
    "nysiis, 3": (jellyfish.nysiis, 3),
    "soundex, 1": (jellyfish.soundex, 1),
    "soundex, 3": (jellyfish.soundex, 3),
}
"""Key, units."""


@contextmanager
def keyed(key: Callable[[str], str] | None, unit: int) -> Iterator[None]:
    """Meanwhile each word has one more token."""
    plain = persons.pieces

    @lru_cache(1 << 17)
    def pieces(word: str) -> tuple[tuple[bytes, int], ...]:
        own = plain(word)
        return own if key is None else (*own, (b"p:" + (key(word) or word).encode(), unit))

    persons.pieces = pieces
    try:
        yield
    finally:
        persons.pieces = plain


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with tasks_*.csv.gz")
    wanted = parser.parse_args()
    every, terms = list(draws(min(wanted.data.glob("tasks_*.csv.gz")), TASKS)), terms_of(PRESET)
    rows = []
    for name, (key, unit) in WAYS.items():
        curves: Curves = defaultdict(list)
        with keyed(key, unit):
            for draw in every:
                curves[draw.task, draw.pair, draw.half].append(curve(draw, terms))
        means = [figures(curves)[each][1] for each in KEYS]
        rows.append([name, *(f"{mean:.3f}" for mean in means), f"{np.mean(means):.4f}"])
    headers = ("key", *(f"{task} {pair}" for task, pair in KEYS), "mean")
    write("phonetic_keys", __doc__, {"F1": (headers, rows)})


if __name__ == "__main__":
    main()
