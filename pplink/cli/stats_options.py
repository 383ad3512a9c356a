"""Stats options: what `pplink unit propose` takes for protocols that count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pplink.cli import options
from pplink.errors import UsageError

OPTIONS = (
    click.option(
        "--table",
        "tables",
        multiple=True,
        metavar="FIELD[:year]=VALUE,...",
        help="paillier_stats: count by this field's values, such as category=arms,drugs or birth_date:year=1950-1999."
        " Repeat for a cross-table.",
    ),
    click.option(
        "--sum",
        "sums",
        multiple=True,
        metavar="FIELD",
        help="paillier_stats, or ecdh_psi with --reveal sums: add up these whole numbers. Repeat for more.",
    ),
    click.option(
        "--largest",
        type=click.IntRange(1, 1 << 32),
        metavar="N",
        help="With --sum: what a person adds at most.",
    ),
    click.option(
        "--least",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="Withhold cells with fewer persons, sums over fewer keys [default: 10].",
    ),
    click.option("--keeper", metavar="AUDITOR", help="paillier_stats: the auditor who has the secret key."),
    click.option(
        "--keeper-key",
        type=options.FILE,
        metavar="FILE",
        help="Its public half, from `pplink auditor keeper-key`; for --reveal sums, of `pplink unit keeper-key` at the"
        " unit whose numbers they are.",
    ),
    click.option(
        "--epsilon", type=float, metavar="E", help="paillier_stats: noise, and what a session costs a person."
    ),
    click.option(
        "--budget",
        type=float,
        metavar="E",
        help="With --epsilon: what all sessions may cost together [default: one session].",
    ),
    click.option(
        "--touches",
        type=click.IntRange(1, 1 << 16),
        metavar="N",
        help="With --epsilon: cells that a person is counted in at most [default: 1].",
    ),
)
NAMES = ("tables", "sums", "largest", "least", "keeper", "keeper_key", "epsilon", "budget", "touches")
"""What a command gets them as."""

stats_options = options.several(OPTIONS)
"""The command takes them among its arguments."""


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """What was given of them, as `presets.propose` takes it; taken out of `given`. Raises UsageError."""
    from pplink.agreement.stats_presets import parse_axis, read_key

    found = options.taken(given, NAMES)
    if "tables" in found:
        found["axes"] = [parse_axis(text) for text in found.pop("tables")]
    if "keeper_key" in found:
        name, found["modulus"] = read_key(_read(found.pop("keeper_key")))
        found.setdefault("keeper", name)
    return found


def summed(given: dict[str, Any]) -> Any:
    """What was given, as the terms of sums over common keys. Raises UsageError."""
    from pplink.agreement.exact import Sums

    missing = [f"--{name}" for name, key in (("sum", "sums"), ("keeper-key", "modulus")) if key not in given]
    if missing or "axes" in given or "epsilon" in given:
        raise UsageError(
            "--reveal sums goes with --sum and --keeper-key, and not with --table or --epsilon",
            f"give {' and '.join(missing)}" if missing else "leave those out",
        )
    return Sums(
        fields=tuple(given["sums"]),
        largest=given.get("largest", 1 << 32),
        least=given.get("least", 10),
        holder=given["keeper"],
        modulus=given["modulus"],
    )


def _read(path: Path) -> bytes:
    from pplink.files import read_bytes

    return read_bytes(path, "the keeper's public key", limit=1 << 16)
