"""Risk: what a unit found when it attacked its own encodings before handing them out; see FORMAT.md."""

from typing import Literal

import msgspec

from pplink import canonical
from pplink.canonical import Json, MalformedError
from pplink.dataset.manifest import Count, Digest, Share
from pplink.errors import DataError
from pplink.keys.strict import read_strict


class Attack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attack on encodings."""

    name: str
    known: Count
    """Persons whose encodings the attacker knew beforehand."""
    with_key: bool
    """Whether it begins with the units' secret, which no encoding withstands; such attacks do not count."""
    attacked: Count
    """Encodings of persons not known beforehand."""
    right: Count
    """Of them, whose person the attacker told."""
    low: Share
    high: Share
    """Interval of 95 % for the share told."""
    chance: Share
    """Share that guessing blindly tells."""

    @property
    def share(self) -> float:
        """Share of the attacked who were told."""
        return self.right / self.attacked if self.attacked else 0.0


class RiskReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All attacks on one list under one agreement."""

    format: Literal["pplink-risk/1"] = "pplink-risk/1"
    agreement: Digest
    """Its id."""
    list: Digest
    """Of the list attacked, see `encoders.risk.digest_of`."""
    records: Count
    population: Literal["own list", "given"]
    """What the attacker has: the very persons attacked, as the list has them; or a file that was given."""
    attacks: tuple[Attack, ...]

    @property
    def reidentified(self) -> float:
        """The bound that counts: the greatest upper end of all attacks without the key; 1 if there were none."""
        return max((attack.high for attack in self.attacks if not attack.with_key), default=1.0)

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return dict(msgspec.to_builtins(self))

    def to_bytes(self) -> bytes:
        """RFC 8785 form."""
        return canonical.to_bytes(self.to_json())

    @property
    def digest(self) -> str:
        """SHA-256 of `to_bytes`, 64 hex digits."""
        return canonical.sha256((self.to_bytes(),))


def read_report(data: bytes) -> RiskReport:
    """A report from a file. Raises DataError for anything that is none."""
    try:
        report = read_strict(canonical.exactly(data), RiskReport)
    except MalformedError as error:
        raise DataError(f"risk report: {error}", "make one with `pplink unit risk`") from None
    if any(
        not (each.right <= each.attacked and each.low <= each.share <= each.high) for each in report.attacks
    ):
        raise DataError("risk report: its figures contradict each other", "make one with `pplink unit risk`")
    return report
