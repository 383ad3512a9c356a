"""`pplink unit propose | agree | merge`: from cards to an agreement that all units signed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pplink.cli import exact_options, options, output, stats_options
from pplink.cli.clkhash import preset_of
from pplink.errors import AgreementError, IntegrityError, RefusedError, UsageError

if TYPE_CHECKING:
    from pplink.agreement.model import Agreement

AGREEMENT = click.argument("agreement", type=options.FILE)
PRESETS = {"ecdh_psi": "documents-exact", "oprf_hit": "watchlist", "paillier_stats": "patterns"}
"""By protocol, where the preset is not the one for all others."""


class ProtocolWord(click.Choice[str]):
    """One of ours, or one that a package registered."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.choices:
            return str(value)
        from pplink.agreement.extensions import registered

        return str(value) if value in registered() else super().convert(value, param, ctx)


@click.command()
@click.option(
    "--preset",
    help="Named set of fields and parameters [default: persons; for ecdh_psi documents-exact, for oprf_hit watchlist,"
    " for paillier_stats patterns].",
)
@click.option(
    "--party",
    "cards",
    type=options.FILE,
    multiple=True,
    required=True,
    metavar="CARD",
    help="A party's card. Repeat for more.",
)
@click.option("--purpose", required=True, metavar="TEXT", help="What the matching is for.")
@click.option("--legal-basis", required=True, metavar="TEXT", help="Its legal basis.")
@click.option(
    "--legal-reference",
    default="",
    metavar="TEXT",
    help="Reference of the legal basis, e.g. a treaty article.",
)
@click.option("--days", type=click.IntRange(min=1), required=True, help="Days of validity, from today.")
@click.option(
    "--retention-days", type=click.IntRange(min=0), help="Days that data is kept [default: as --days]."
)
@click.option("--threshold", type=float, help="Lowest score of a hit [default: the preset's].")
@click.option("--possible", type=float, help="Also report possible hits, from this score [default: none].")
@click.option(
    "--score",
    type=click.Choice(["none", "rounded", "exact", "graded"]),
    help="What units learn of a score; graded: which class it is in, as by --grade.",
)
@click.option(
    "--grade", "grades", type=float, multiple=True, help="With --score graded: where another class begins."
)
@click.option(
    "--assignment",
    type=click.Choice(["one-to-one", "many-to-many"]),
    help="Whether a record may match several of another unit.",
)
@click.option(
    "--hits-to",
    multiple=True,
    metavar="UNIT",
    help="Only these units learn hits [default: all]. Repeat for more.",
)
@click.option(
    "--blocking-recall",
    type=float,
    metavar="R",
    help="Of long lists compare only records that share a keyed bin: a pair at the threshold is found with this chance,"
    " such as 0.99 [default: compare all pairs].",
)
@click.option(
    "--blocking-year",
    metavar="FIELD",
    help="Instead: compare only records whose dates in this field are at most one year apart, or of no single year;"
    " other pairs are missed.",
)
@click.option(
    "--blocking-epsilon",
    type=float,
    metavar="E",
    help="With either: what units tell each other of how full bins are has noise, the less the larger E [default: 1].",
)
@click.option("--quota", type=int, metavar="N", help="Most pairs that a session may find.")
@click.option(
    "--most-records",
    type=click.IntRange(1, 1 << 32),
    metavar="N",
    help="Where encodings are compared: records that a unit may bring, at most [default: 1,000,000].",
)
@click.option(
    "--dealer-proof",
    type=click.IntRange(2, 16),
    metavar="N",
    help="With blinded_broker: the broker deals N sets for each tile, of which units use one and do the others again; a"
    " wrong one is found with a chance of 1 - 1/N [default: nothing is proven].",
)
@click.option(
    "--count-to-broker", "count", is_flag=True, help="Units tell the broker how many hits they have."
)
@click.option(
    "--max-reidentification",
    "bound",
    type=float,
    metavar="SHARE",
    help="Units attack their encodings first, and release none if more persons than this may be re-identified.",
)
@click.option(
    "--protocol",
    type=ProtocolWord(["broker_clk", "blinded_broker", "ecdh_psi", "oprf_hit", "paillier_stats"]),
    help="Whether the broker sees encodings, units compare them masked, units compare keys to the letter, one unit"
    " answers whether a person is on its list, or units add up tables; or a protocol"
    " of another package, as `pplink unit protocols` shows it [default: the preset's].",
)
@click.option(
    "--clkhash-schema",
    "schema",
    type=options.FILE,
    metavar="FILE",
    help="Fields and encoding as a linkage schema of clkhash has them, in place of a preset; needs --threshold.",
)
@exact_options.exact_options
@stats_options.stats_options
@options.output("The agreement to be signed.")
def propose(
    preset: str | None,
    cards: tuple[Path, ...],
    legal_basis: str,
    days: int,
    retention_days: int | None,
    bound: float | None,
    protocol: str | None,
    schema: Path | None,
    target: Path,
    **given: Any,
) -> None:
    """Write an agreement for every unit to read and sign."""
    from pplink.agreement import presets
    from pplink.files import read_bytes
    from pplink.keys.ring import Card

    options.spare(target, *cards, schema, given["keeper_key"])
    exact, stats = exact_options.chosen(given), stats_options.chosen(given)
    if exact.get("reveal") == "sums":
        exact["sums"], stats = stats_options.summed(stats), {}
    held = [Card.from_bytes(read_bytes(path, "card", limit=1 << 16)) for path in cards]
    _check_roles([card.role for card in held])
    try:
        agreement = presets.propose(
            preset_of(schema, preset, given["threshold"]) or preset or PRESETS.get(protocol or "", "persons"),
            held,
            legal_text=legal_basis,
            days=days,
            retention_days=days if retention_days is None else retention_days,
            today=datetime.now(UTC).date(),
            max_reidentification=bound,
            protocol=protocol,
            exact=exact,
            stats=stats,
            **given,
        )
        _runs(agreement)
    except AgreementError as error:
        raise AgreementError(error.message, "change what was given to `pplink unit propose`") from None
    _warn(agreement)
    _write(target, agreement)


def _check_roles(roles: Sequence[str]) -> None:
    units, brokers = roles.count("unit"), roles.count("broker")
    if units < 2 or brokers != 1:
        given = " and ".join(
            f"{count} {role}{'' if count == 1 else 's'}"
            for count, role in ((units, "unit"), (brokers, "broker"))
        )
        raise UsageError(
            f"an agreement is made by two units or more and one broker, and given are {given}",
            "give each party's card: `--party north.json --party south.json --party hub.json`",
        )


def _runs(agreement: Agreement) -> None:
    """Raise AgreementError if these terms cannot be run."""
    from pplink.audit.session_checks import is_session

    if is_session(agreement.terms.protocol):
        from pplink.session.catalogue import check

        check(agreement.terms)
        _tell_costs(agreement)


def _tell_costs(agreement: Agreement) -> None:
    """Of lists that are blocked, and of records with variants that are not: what that costs."""
    from pplink.session.blinded_terms import blocking_costs

    _tell_memory(agreement)
    costs, terms = blocking_costs(agreement.terms), agreement.terms
    if not costs and terms.protocol == "blinded_broker" and terms.encoding.rows > 1:
        output.note(
            f"each pair of records is {terms.encoding.rows**2} comparisons: for more than a few thousand records,"
            " --blocking-recall saves most of them"
        )
    if costs:
        told = ", ".join(f"{share:.0%} with {rows:,} records each" for rows, share in costs)
        output.note(f"blocking costs about this share of comparing all pairs: {told}")
        if costs[-2][1] >= 1:
            output.note("pplink: warning: it pays for very long lists alone: a higher threshold costs less")
        output.note("where it would cost more than all pairs, all are compared")


def _tell_memory(agreement: Agreement) -> None:
    """Of lists as long as agreed: what sessions of all units with each other take."""
    if agreement.terms.protocol != "blinded_broker":
        return
    from pplink.session.blinded_broker import most_memory

    sizes = most_memory(agreement)
    if sizes is not None:
        unit, broker = (f"{ceil(size / 2**30 * 10) / 10:,.1f} GiB" for size in sizes)
        output.note(
            f"sessions of lists of {agreement.terms.most_records:,} records take up to {unit} of memory at a unit"
            f" beside its list, and {broker} at the broker; shorter ones less, and what does not fit is not begun"
        )


def _warn(agreement: Agreement) -> None:
    """Of a protocol that shows encodings, before anyone signs: what was measured."""
    from pplink.agreement.shown import SHOWING, measured_risk

    terms = agreement.terms
    if terms.protocol in SHOWING:
        output.note(
            f"pplink: warning: {terms.protocol} shows the broker every encoding: {measured_risk(terms.encoding)}"
        )
        output.note(
            "pplink: hint: blinded_broker shows nobody any; signing this agreement consents to showing them"
        )


def _confirmed(name: str) -> bool:
    """Whether somebody says yes. Raises UsageError where nobody is there to be asked, as under cron."""
    try:
        return click.confirm(f"Sign as unit {name}?", err=True)
    except click.Abort as error:
        if not isinstance(error.__context__, EOFError):
            raise
        output.note("")  # the question has no line end
        raise UsageError(
            "nobody answered whether to sign", "to sign without being asked, give `--yes`"
        ) from None


@click.command()
@AGREEMENT
@options.home
@click.option("--yes", is_flag=True, help="Sign without confirmation.")
def agree(agreement: Path, home: Path, yes: bool) -> None:
    """Show an agreement, sign it, and add a share of the linkage secret."""
    from pplink.agreement import signatures, text
    from pplink.agreement.describe import describe
    from pplink.files import alone
    from pplink.keys import ring

    proposed = text.load(agreement)
    keys = ring.load(home)
    output.table("What you are about to sign", ("", ""), describe(proposed))
    with suppress(AgreementError):  # of terms that cannot be run there is nothing to tell
        _tell_memory(proposed)
    if not yes and not _confirmed(keys.name):
        raise RefusedError(f"unit {keys.name} did not sign, as you said", "run it again to sign")
    signed = signatures.agree(proposed, keys, datetime.now(UTC))
    with alone(agreement):  # on a shared disk another unit may have signed meanwhile
        _put(agreement, signatures.merge(text.load(agreement), signed))


@click.command()
@click.argument("copies", type=options.FILE, nargs=-1, required=True)
@options.output("The one agreement with all signatures.")
def merge(copies: tuple[Path, ...], target: Path) -> None:
    """Merge copies of an agreement that were signed separately."""
    from pplink.agreement import signatures, text

    options.spare(target)
    first, *others = [text.load(path) for path in copies]
    _write(target, signatures.merge(first, *others))


def _write(path: Path, agreement: Agreement) -> None:
    """Nothing signed is dropped: with the signatures of the copy that is there, and never in place of another that is
    signed."""
    from pplink.files import alone

    with alone(path):
        there = _copy_at(path)
        _put(path, agreement if there is None else _with_signatures(agreement, there, path))


def _copy_at(path: Path) -> Agreement | None:
    """The agreement in that file; None if it is none, or not there. A pipe is not read: it might never end."""
    from pplink.agreement import text

    try:
        return text.load(path) if path.is_file() else None
    except (AgreementError, UsageError):
        return None


def _with_signatures(agreement: Agreement, there: Agreement, path: Path) -> Agreement:
    from pplink.agreement import signatures

    hint = "name another file for the output, or move that one away"
    if there.id != agreement.id and there.signatures:
        names = ", ".join(each.signer for each in there.signatures)
        raise UsageError(f"{path} is another agreement, and signed by {names}", hint)
    try:
        return signatures.merge(agreement, there) if there.id == agreement.id else agreement
    except (AgreementError, IntegrityError) as error:
        raise type(error)(f"{path} is there: {error.message}", hint) from None


def _put(path: Path, agreement: Agreement) -> None:
    from pplink.agreement import text
    from pplink.files import write_atomically

    write_atomically(path, text.write(agreement))
    missing = agreement.missing()
    state = f"still to sign: {', '.join(missing)}" if missing else "complete: every unit has signed"
    output.note(f"agreement {agreement.id} in {path}; {state}")
