"""Kind: what every kind of field can do, and the checks that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from typing import Any, ClassVar, NamedTuple, final

import numpy as np
import numpy.typing as npt

from pplink.fields.grams import grams, grams_all
from pplink.fields.problem import LONGEST, BadValueError, Problem
from pplink.fields.strings import Bools, Strings, from_arrow
from pplink.fields.transliteration import transliterate, transliterate_all
from pplink.fields.vocabulary import Tokens

Problems = npt.NDArray[np.uint8]


class Normalised(NamedTuple):
    """A column after normalisation."""

    texts: Strings
    """ASCII; empty where the value is missing or bad."""
    problems: Problems
    """(n,) a `Problem` each, 0 where the value is good or missing."""

    def doubted(self, kind: Kind, today: date) -> Normalised:
        """Without the values that `kind` doubts on that day."""
        if type(kind).doubt is Kind.doubt:
            return self
        doubts = kind.doubt_all(self.texts, today)
        return Normalised(self.texts.blanking(doubts != 0), np.maximum(self.problems, doubts))


class Kind(ABC):
    """A kind of field."""

    unlike: ClassVar[bool] = False
    """Whether tokens of one value have unlike shares."""

    @final
    def normalise(self, value: str) -> str:
        """One value in its normal form, ASCII; empty if it says nothing. Raises BadValueError."""
        if len(value) > LONGEST:
            raise BadValueError(Problem.TOO_LONG)
        if "\0" in value:
            raise BadValueError(Problem.NUL)
        return self.fold(transliterate(value))

    @final
    def normalise_all(self, values: Any) -> Normalised:
        """A pyarrow string column without nulls; as `normalise`, value by value."""
        raw = from_arrow(values)
        problems = common_problems(raw)
        texts, own = self.fold_all(transliterate_all(raw.blanking(~having(problems, Problem.NONE))))
        return Normalised(texts, np.maximum(problems, own))

    def tokens(self, text: str, q: int) -> list[bytes]:
        """The tokens of a normal form, each at most once a meaning; none if it is empty."""
        return grams(text, q)

    def shares(self, text: str, q: int) -> list[int]:
        """For each token, how many times the field's draws it gets: its importance among the tokens of the value."""
        return [1] * len(self.tokens(text, q))

    def tokenise_all(self, texts: Strings, q: int) -> Tokens:
        """As `tokens` and `shares`, over a column of normal forms."""
        return grams_all(texts, q)

    def names(self, text: str) -> bool:
        """Whether a normal form says more of a person than an initial or a title does."""
        return bool(text)

    def names_all(self, texts: Strings) -> Bools:
        """(n,): as `names`, over a column of normal forms."""
        return texts.lengths > 0

    def doubt(self, text: str, today: date) -> Problem:
        """What is wrong with a normal form on that day; most kinds know no day."""
        del text, today
        return Problem.NONE

    def doubt_all(self, texts: Strings, today: date) -> Problems:
        """As `doubt`, over a column of normal forms; of empty ones nothing."""
        values = (text.decode() for text in texts.to_list())
        return np.array([self.doubt(value, today) if value else 0 for value in values], np.uint8)

    @abstractmethod
    def fold(self, value: str) -> str:
        """ASCII in, normal form out. Raises BadValueError."""

    @abstractmethod
    def fold_all(self, values: Strings) -> Normalised:
        """As `fold`, over a column."""


def common_problems(values: Strings) -> Problems:
    """(n,): what no value may be, of whatever kind."""
    problems = np.zeros(len(values), np.uint8)
    problems[values.holds(values.data == 0)] = Problem.NUL
    if len(values.data) and values.lengths.max() > LONGEST:
        begins = (
            values.data & 0xC0
        ) != 0x80  # UTF-8: every byte but the continuation bytes begins a character
        problems[values.keeping(begins).lengths > LONGEST] = Problem.TOO_LONG
    return problems


def having(problems: Problems, problem: Problem) -> Bools:
    """(n,): which have this problem. numpy takes ten times as long to compare with a member of an enumeration."""
    found: Bools = problems == int(problem)
    return found
