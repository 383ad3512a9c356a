"""Tail: rare names, made by chance from the letters of known ones. A short table alone would have too few names."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

SHORTEST, LONGEST = 3, 14
TRIES = 20
"""Words made for each that is wanted, at most."""
_END = "\n"


def rare(known: Sequence[str], count: int, label: str) -> list[str]:
    """Up to `count` distinct words that `known` has not, by a Markov chain of order 2 over its letters (1 where
    words are of two letters or so: Chinese). The same label gives the same words."""
    dice = random.Random(label)  # noqa: S311  made-up names are no secret
    order = 2 if sum(map(len, known)) > 3 * len(known) else 1
    follows: defaultdict[str, list[str]] = defaultdict(list)
    for word in known:
        padded = _END * order + word + _END
        for at in range(len(word) + 1):
            follows[padded[at : at + order]].append(padded[at + order])
    taken, found = set(known), dict[str, None]()
    for _ in range(TRIES * count):
        word = _walk(follows, order, dice)
        if word not in taken and _fits(word, order):
            found[word] = None
        if len(found) == count:
            break
    return list(found)


def _walk(follows: dict[str, list[str]], order: int, dice: random.Random) -> str:
    state, word = _END * order, ""
    while (letter := _drawn(follows[state], dice)) != _END and len(word) <= LONGEST:
        word += letter
        state = (state + letter)[-order:]
    return word


def _drawn(letters: Sequence[str], dice: random.Random) -> str:
    return letters[int(dice.random() * len(letters))]


def _fits(word: str, order: int) -> bool:
    if order == 1:
        return 1 <= len(word) <= 2
    return SHORTEST <= len(word) <= LONGEST and word[-1].isalpha() and word[0].isupper() == word[0].istitle()
