"""Tree: the entities of an XML file, one after the other, in memory that does not grow with the file.

By expat through defusedxml: a document type, with which come entities that expand without end and files that are
fetched, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from pplink.errors import DataError
from pplink.files import opened

DAMAGED = "the file is damaged"

MOST = 100_000
"""Elements in one entity."""

DEEPEST = 100
"""Elements in each other."""


LONGEST = 1 << 22
"""Bytes between the ends of two elements: expat's time grows with the square of an attribute's length."""


class Entity(NamedTuple):
    """One of a list."""

    where: str
    """In words: `entity 7`."""
    element: Element

    def texts(self, path: str) -> list[str]:
        """The texts at a path such as `akaList/aka/uid`, whatever the namespace."""
        return [element.text or "" for element in self.all(path)]

    def text(self, path: str) -> str:
        """The first of them; empty if there is none."""
        return next((text.strip() for text in self.texts(path)), "")

    def all(self, path: str) -> list[Element]:
        """The elements at a path."""
        found = [self.element]
        for name in path.split("/"):
            found = [child for each in found for child in each if local(child) == name]
        return found


def local(element: Element) -> str:
    """An element's name without namespace."""
    return str(element.tag).rpartition("}")[2]


def entities(path: Path, root: str, name: str) -> Iterator[Entity]:
    """Every element `name` of a file whose first element is `root`.

    Raises UsageError for no file, UnavailableError, and DataError for what is no such XML: the line, never what
    stands in it.
    """
    try:
        with opened(path) as stream:
            metered = _Metered(stream)
            events = iterparse(metered, ("start", "end"), forbid_dtd=True)
            yield from _entities(path, metered.marking(events), root, name)
    except ParseError as error:
        line, _ = error.position
        raise DataError(
            f"{path.name}, line {line}: is not well-formed XML",
            "is the file whole, and in the encoding that it says?",
        ) from None
    except DefusedXmlException:
        raise DataError(f"{path.name} declares a document type or entities", "no public list does") from None
    except (LookupError, ValueError):
        raise DataError(f"{path.name} is in an encoding that is not known", "write it as UTF-8") from None


class _Metered:
    """A stream that breaks off where too much is read without an element."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._held = 0

    def read(self, size: int = -1) -> bytes:
        """As the stream. Raises DataError."""
        self._held += size
        if self._held > LONGEST:
            raise DataError(
                f"after byte {self._stream.tell() - LONGEST:,} there is a text of more than 4 MiB", DAMAGED
            )
        return self._stream.read(size)

    def marking(self, events: Iterator[Any]) -> Iterator[Any]:
        """The events, each of which ends a text."""
        for event in events:
            self._held = 0
            yield event


def _entities(path: Path, events: Any, root: str, name: str) -> Iterator[Entity]:
    reading = _Reading(path, root, name)
    for event, element in events:
        if event == "start":
            reading.start(element)
            continue
        found = reading.end(element)
        if found is not None:
            yield found
        reading.forget()


class _Reading:
    """The elements that are open, and of the entity that is, how many there have been."""

    def __init__(self, path: Path, root: str, name: str) -> None:
        self._path, self._root, self._name = path, root, name
        self._above: list[Element] = []
        self._number = self._inside = 0

    def start(self, element: Element) -> None:
        """Raises DataError for another root, and for more than anyone reads."""
        if not self._above and local(element) != self._root:
            raise DataError(
                f"{self._path.name} does not begin with <{self._root}>",
                "is it the list that `--format` says?",
            )
        self._above.append(element)
        if len(self._above) > DEEPEST:
            raise DataError(f"entity {self._number + 1} has elements too deep in each other", DAMAGED)
        if self._inside or local(element) == self._name:
            self._inside += 1
        if self._inside > MOST:
            raise DataError(f"entity {self._number + 1} has more than {MOST:,} elements", DAMAGED)

    def end(self, element: Element) -> Entity | None:
        """The entity that ends with it, if it is one, and is in no other."""
        self._above.pop()
        if local(element) != self._name or any(local(each) == self._name for each in self._above):
            return None
        self._number, self._inside = self._number + 1, 0
        return Entity(f"entity {self._number}", element)

    def forget(self) -> None:
        """Frees what was read, unless an entity is open, which needs it."""
        if self._above and not self._inside:
            self._above[-1].clear()
