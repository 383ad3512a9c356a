"""Schema: clkhash's linkage schema, version 3 (https://clkhash.readthedocs.io/en/stable/schema.html), as read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from pplink.canonical import MalformedError
from pplink.errors import DataError
from pplink.importers.lines import document_of
from pplink.keys.strict import read_strict

Count = Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How a value is cut into tokens."""

    type: Literal["ngram", "exact", "numeric"]
    n: Count = 2
    positional: bool = False
    """Whether a q-gram says its place."""
    distance: Annotated[float, msgspec.Meta(gt=0)] = msgspec.field(name="thresholdDistance", default=1.0)
    resolution: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    fractional_precision: Annotated[int, msgspec.Meta(ge=0, le=18)] = 0


class Strategy(msgspec.Struct, frozen=True, kw_only=True):
    """How many bits tokens get; one of the two, by either of clkhash's names for it."""

    bits_per_token: Count | None = msgspec.field(name="bitsPerToken", default=None)
    k: Count | None = None
    bits_per_feature: Count | None = msgspec.field(name="bitsPerFeature", default=None)
    num_bits: Count | None = msgspec.field(name="numBits", default=None)

    @property
    def token(self) -> int | None:
        """Bits of each token; None if they are by feature."""
        return self.bits_per_token or self.k

    @property
    def feature(self) -> int | None:
        """Bits of all of a value's tokens together."""
        return self.bits_per_feature or self.num_bits


class Hash(msgspec.Struct, frozen=True, kw_only=True):
    """Which positions a token gets."""

    type: Literal["blakeHash", "doubleHash"] = "blakeHash"


class MissingValue(msgspec.Struct, frozen=True, kw_only=True):
    """A text that stands for nothing, and what is hashed in its place."""

    sentinel: str
    replace: str | None = msgspec.field(name="replaceWith", default=None)


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """What values look like; clkhash refuses others."""

    type: Literal["string", "integer", "date", "enum"]
    case: Literal["upper", "lower", "mixed"] = "mixed"
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = msgspec.field(name="minLength", default=None)
    max_length: int | None = msgspec.field(name="maxLength", default=None)
    format: str = ""
    """Of a date, for strptime."""
    values: tuple[str, ...] = ()


class Hashing(msgspec.Struct, frozen=True, kw_only=True):
    """How a feature becomes bits."""

    comparison: Comparison
    strategy: Strategy
    hash: Hash = Hash()
    missing: MissingValue | None = msgspec.field(name="missingValue", default=None)


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One column."""

    identifier: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    ignored: bool = False
    format: Format | None = None
    hashing: Hashing | None = None


class Kdf(msgspec.Struct, frozen=True, kw_only=True):
    """How keys come from the secret."""

    type: Literal["HKDF"]
    hash: Literal["SHA256", "SHA512"] = "SHA256"


class ClkConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Of all features."""

    length: Count = msgspec.field(name="l")
    kdf: Kdf
    folds: Annotated[int, msgspec.Meta(ge=0, le=16)] = msgspec.field(name="xorFolds", default=0)


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """The whole."""

    config: ClkConfig = msgspec.field(name="clkConfig")
    features: Annotated[tuple[Feature, ...], msgspec.Meta(min_length=1, max_length=1024)]


def read_schema(path: Path) -> Schema:
    """A schema file. Raises UsageError for no file, DataError naming the path within it of the first thing wrong."""
    value: Any = document_of(path)
    if not isinstance(value, dict) or "clkConfig" not in value or "features" not in value:
        raise DataError(f"{path.name} is no linkage schema of clkhash", "is it the right file?")
    if value.get("version") != 3:
        raise DataError(
            f"{path.name} is not of version 3 of clkhash's linkage schema",
            "clkhash itself converts older ones: `clkhash.schema.convert_to_latest_version`",
        )
    try:
        schema = read_strict(value, Schema)
    except MalformedError as error:
        raise DataError(
            f"{path.name}: {error}", "clkhash's schema for version 3 says what it may hold"
        ) from None
    for i, feature in enumerate(schema.features):
        _check(f"{path.name}: $.features[{i}]", feature)
    return schema


def _check(where: str, feature: Feature) -> None:
    if feature.ignored:
        return
    if feature.format is None or feature.hashing is None:
        raise DataError(f"{where}: lacks format or hashing, and is not ignored", "say which")
    if (feature.hashing.strategy.token is None) == (feature.hashing.strategy.feature is None):
        raise DataError(
            f"{where}.hashing.strategy: has not one of bitsPerToken and bitsPerFeature", "say which"
        )
