"""Exact options: what `pplink unit propose` takes for protocols that compare keys to the letter."""

from __future__ import annotations

from typing import Any

import click

from pplink.cli import options

OPTIONS = (
    click.option(
        "--key",
        "keys",
        multiple=True,
        metavar="FIELD[:FORM][+...]",
        help="ecdh_psi, oprf_hit: fields that make a key, such as document or name:sound+birth_date; forms are exact,"
        " sound, pairs, year, tolerant. Repeat for more keys, of which any makes a hit [default: the preset's].",
    ),
    click.option(
        "--reveal",
        type=click.Choice(["hits", "size", "sums"]),
        help="ecdh_psi: whether units learn which of their records, only how many keys are common, or so many and what"
        " the unit of --keeper-key has to them, added up.",
    ),
    click.option(
        "--step",
        type=click.IntRange(1),
        metavar="N",
        help="Numbers of keys are padded to a multiple of N.",
    ),
    click.option("--capacity", type=click.IntRange(1), metavar="N", help="Most keys that a unit may bring."),
    click.option(
        "--asked",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="oprf_hit: most keys of one person in a query.",
    ),
    click.option("--holder", metavar="UNIT", help="oprf_hit: the unit that has the list."),
    click.option(
        "--daily",
        type=click.IntRange(1),
        metavar="N",
        help="oprf_hit: most queries of a unit answered a day.",
    ),
)


NAMES = ("keys", "reveal", "step", "capacity", "holder", "daily", "asked")
"""What a command gets them as."""

exact_options = options.several(OPTIONS)
"""The command takes them among its arguments."""


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """What was given of them, as `presets.propose` takes it; taken out of `given`. Raises UsageError."""
    from pplink.agreement.exact_presets import parse_key

    found = options.taken(given, NAMES)
    if "keys" in found:
        found["keys"] = tuple(parse_key(text) for text in found["keys"])
    return found
