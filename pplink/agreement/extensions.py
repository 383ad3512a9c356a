"""Extensions: protocols of other packages, which register in an entry-point group, each under a word for agreements.

A package's code runs only where an agreement names its protocol, or where all protocols are shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from pplink.agreement.protocols import PROTOCOLS, Disclosure
from pplink.errors import AgreementError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "pplink.protocols"
WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
VERSION = re.compile(r"[a-z][a-z0-9_]{0,31}/[1-9][0-9]{0,3}")


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry point of the group is."""

    version: str
    """The protocol's name and version, as parties join with."""
    disclosure: Disclosure
    """What it does and tells whom, in its makers' words."""
    offer: Any
    """The `session.plan.Offer` by which sessions run it. Two units a session."""


def registered() -> dict[str, EntryPoint]:
    """By the agreement's word; no code of theirs is loaded.

    Raises RefusedError for a word that is taken, by pplink or by two packages, or that agreements cannot have: nobody
    could tell what such an agreement means.
    """
    from importlib.metadata import (
        entry_points,
    )  # 10 ms, which agreements on pplink's own protocols need not wait for

    found: dict[str, EntryPoint] = {}
    for each in entry_points(group=GROUP):
        if each.name in PROTOCOLS:
            raise RefusedError(
                f"{source(each)} registers a protocol {each.name}, which pplink has itself", "uninstall it"
            )
        if not WORD.fullmatch(each.name):
            raise RefusedError(f"{source(each)} registers a protocol under no word for one", "uninstall it")
        if each.name in found and found[each.name] != each:
            raise RefusedError(
                f"{source(found[each.name])} and {source(each)} both register a protocol {each.name}",
                "uninstall one of them",
            )
        found[each.name] = each
    return found


def source(entry: EntryPoint) -> str:
    """Whose it is."""
    return "a package" if entry.dist is None else f"package {entry.dist.name} {entry.dist.version}"


def known(word: str) -> bool:
    """Whether agreements may name this protocol here."""
    return word in PROTOCOLS or word in registered()


def extension(word: str) -> Extension:
    """A registered protocol. Raises AgreementError if there is none, UnavailableError if its package is broken."""
    entry = registered().get(word)
    if entry is None:
        raise AgreementError(
            f"protocol {word} is none of pplink's, nor of a package that is installed here",
            "ask whoever proposed it which package it is of",
        )
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  anything may go wrong in somebody else's package
        raise UnavailableError(
            f"protocol {word} of {source(entry)} does not load: {type(error).__name__}", "ask its makers"
        ) from None
    if not isinstance(found, Extension) or not VERSION.fullmatch(found.version):
        raise UnavailableError(
            f"protocol {word} of {source(entry)} is no extension of pplink", "ask its makers"
        )
    return found


def disclosures() -> Mapping[str, Disclosure]:
    """Of all protocols, the built-in ones first."""
    return {**PROTOCOLS, **{word: extension(word).disclosure for word in sorted(registered())}}


def disclosure(word: str) -> Disclosure:
    """Of one."""
    return PROTOCOLS[word] if word in PROTOCOLS else extension(word).disclosure
