"""Exact describe: what a signer must see of protocols that compare keys to the letter."""

from __future__ import annotations

from msgspec import UNSET

from pplink.agreement.exact import Exact, Keys, Part, Sums, Watchlist
from pplink.agreement.model import Agreement
from pplink.agreement.stats import Stats
from pplink.agreement.stats_describe import stats_rows

Row = tuple[str, str]
FORMS = {
    "exact": "as normalised",
    "sound": "by sound",
    "pairs": "each two words by sound",
    "year": "the year",
    "tolerant": "the day, swapped, a year off, or only its year",
}
RECORD = (
    "the session's record: who took part and when, how many keys each unit brings, filled up to the step, and a digest"
    " of each message that tells nothing of it; no key, no name, nor how many are common"
)
SEVERAL = (
    "Keys of one person show together: of a record that matched by one key a unit also learns which other keys match."
    " A unit that makes up keys learns whether the others have them; quota and log limit that, nothing else"
)
NOTHING = (
    "nothing of what is common: hits do not go to it, only a table of its names for its keys, to answer by"
)


def exact_rows(agreement: Agreement) -> list[Row]:
    """(what, value) from what is compared on."""
    terms = agreement.terms
    if isinstance(terms.exact, Exact):
        return [*_keys(terms.exact.keys), *_session(agreement, terms.exact)]
    if isinstance(terms.watchlist, Watchlist):
        return [*_keys(terms.watchlist.keys), *_list(agreement, terms.watchlist)]
    if isinstance(terms.stats, Stats):
        return stats_rows(agreement, terms.stats)
    return []


def _keys(keys: Keys) -> list[Row]:
    return [("key", " and ".join(_part(part) for part in key)) for key in keys]


def _part(part: Part) -> str:
    return f"{part.field} ({FORMS[part.form]})"


def _session(agreement: Agreement, exact: Exact) -> list[Row]:
    hits = "which of its records have a key that all the others have too, by which key, and the others' opaque handles"
    learned = hits if exact.reveal == "hits" else "only how many keys all of them have"
    if exact.sums is not UNSET:
        return _summed(agreement, exact, exact.sums)
    units, told = len(agreement.units), agreement.terms.learns.hits_to
    if len(told) < units:
        hits = "which of its records have a key that the other has too, by which key, and the other's name for it"
        learned = hits if exact.reveal == "hits" else learned
    many = (
        ""
        if units == 2
        else "; where more than two units run one session, how many keys each set of them has in"
        " common, and it must not share what it knows with a unit"
    )
    return [
        ("sizes", f"filled up to a multiple of {exact.step:,}, at most {exact.capacity:,} keys a unit"),
        ("quota", f"{exact.quota:,} common keys; a run with more stops and tells nothing"),
        *(
            (
                "learns",
                f"unit {unit}: {learned if unit in told else NOTHING}; the others' numbers of keys, filled up",
            )
            for unit in agreement.units
        ),
        ("learns", f"broker {agreement.broker.name}: when messages go, the numbers of keys, filled up{many}"),
        ("learns", f"auditors, and whoever is given the record: {RECORD}"),
        ("beware", SEVERAL),
    ]


def _summed(agreement: Agreement, exact: Exact, sums: Sums) -> list[Row]:
    (other,) = (unit for unit in agreement.units if unit != sums.holder)
    too = (
        f", and the sums of {sums.holder}'s numbers over them"
        if other in agreement.terms.learns.hits_to
        else ""
    )
    return [
        ("added up", f"{', '.join(sums.fields)} of {sums.holder}'s records with a common key, of each at most"
                     f" {sums.largest:,}"),
        ("withheld", f"of fewer than {sums.least:,} common keys nothing is added up"),
        ("sizes", f"filled up to a multiple of {exact.step:,}, at most {exact.capacity:,} keys a unit"),
        ("quota", f"{exact.quota:,} common keys; a run with more stops and tells nothing"),
        ("learns", f"unit {sums.holder}: unless they are too few, how many keys are common and the sums of its numbers"
                   f" over them; not which they are; {other}'s number of keys, filled up"),
        ("learns", f"unit {other}: how many keys are common{too}; not which they are; {sums.holder}'s number of keys,"
                   " filled up"),
        ("learns", f"broker {agreement.broker.name}: when messages go, the numbers of keys, filled up"),
        ("learns", f"auditors, and whoever is given the record: {RECORD}"),
        ("beware", "who chooses the numbers can choose them so that a sum tells which keys it is of; a person who has"
                   " several values of a key may count several times; one sum a purpose"),
    ]  # fmt: skip


def _list(agreement: Agreement, watchlist: Watchlist) -> list[Row]:
    askers = [unit for unit in agreement.units if unit != watchlist.holder]
    return [
        ("list", f"of unit {watchlist.holder}, at most {watchlist.capacity:,} keys, published as a keyed filter that"
                 f" tells no key to whoever has not asked; filled up to a multiple of {watchlist.step:,}"),
        ("query", f"{watchlist.asked} keys of one person, filled up; more keys take more queries; wrongly a hit"
                  f" with a chance of at most 2^-{watchlist.false_bits} a key; case and legal basis are signed"),
        ("quota", f"{watchlist.daily:,} queries a day and unit"),
        *(("learns", f"unit {unit}: of each person it asks about, whether the person is on the list, and by which key")
          for unit in askers),
        ("learns", f"unit {watchlist.holder}: who asked, when, for which case and on which legal basis; not about whom,"
                   " nor whether there was a hit"),
        ("learns", f"auditors, and whoever is given the list's log: the same as {watchlist.holder} of queries"),
        ("beware", "Whoever may ask may guess, as often as the quota allows; every query stands in the holder's log"),
    ]  # fmt: skip
