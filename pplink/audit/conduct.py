"""Conduct: checks that what the parties say they did is what the agreement lets them do."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from msgspec import UNSET

from pplink import canonical
from pplink.agreement.shown import CONSENT
from pplink.audit import folder
from pplink.audit.events import Counts, Declared, HitsDelivered, LinkCount, read_time
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.header import SealedHeader, read_header
from pplink.audit.parameters import differences, parameters_of
from pplink.audit.provenance import check_agreed
from pplink.canonical import MalformedError
from pplink.dataset.keeping import check_kept
from pplink.dataset.manifest import Manifest, manifest_of
from pplink.keys.signing import Signed


def completion(evidence: Evidence) -> str:
    """The log begins with the signatures that stand in the agreement, and names its bytes."""
    acts = evidence.acts
    check_agreed(evidence, acts.signatures)
    if acts.completed.agreement != evidence.agreement.id:
        raise Wrong(f"agreement-completed names agreement {acts.completed.agreement[:12]}...")
    if list(acts.completed.signers) != [each.signer for each in acts.signatures]:
        raise Wrong("agreement-completed names other signers than the log has signatures of")
    if acts.completed.sha256 != _sha256(evidence.document(folder.AGREEMENT)):
        raise Wrong(f"agreement-completed names another digest than that of {folder.AGREEMENT}")
    return f"{len(acts.signatures)} signatures"


def datasets(evidence: Evidence) -> str:
    """One dataset of each unit, as that unit signed it, made for this agreement with one linkage secret."""
    manifests = tuple(_manifest(evidence, signed) for signed in evidence.acts.manifests)
    _check_units([manifest.unit for manifest in manifests], evidence)
    declared = [(signed.signer, canonical.digest(signed.to_json())) for signed in evidence.acts.manifests]
    _check_received(declared, evidence.acts.received.datasets)
    _check_secret(manifests)
    evidence.manifests = manifests
    return ", ".join(f"{unit} {digest[:12]}..." for unit, digest in declared)


def parameters(evidence: Evidence) -> str:
    """Those of the agreement, no more and no fewer; and that the broker saw encodings was consented to."""
    if evidence.agreement.terms.consent != CONSENT:
        raise Wrong(
            "encodings were matched, and the agreement does not say that the units consented to show them"
        )
    agreed = parameters_of(evidence.agreement.terms)
    wrong = differences(evidence.acts.started.parameters, agreed)
    for name in wrong:
        if name not in agreed:  # not repeated: it is whatever the broker wrote
            raise Wrong("the run has a parameter that the agreement does not know")
        raise Wrong(f"the run's {name} is not the agreement's")
    terms = evidence.agreement.terms
    return f"{terms.protocol}, {terms.measure} at or above {terms.threshold}, {terms.assignment}"


def dates(evidence: Evidence) -> str:
    """Datasets were made and matched while the agreement was in force; when units signed is not looked at."""
    terms = evidence.agreement.terms
    first, last = terms.valid_from, terms.valid_until
    moments = [(f"the dataset of {each.unit}", str(each.created)) for each in evidence.manifests]
    moments += [(str(type(each).__struct_config__.tag), each.at) for each in evidence.acts.events]
    for what, at in moments:
        if not first <= read_time(at).date() <= last:
            raise Wrong(f"{what} is dated {at}; the agreement is in force from {first} to {last}")
    return f"{first} to {last}"


def counts(evidence: Evidence) -> str:
    """The numbers fit the sizes of the datasets and each other."""
    names = [each.unit for each in evidence.manifests]
    sizes = {each.unit: each.records for each in evidence.manifests}
    found, couples = evidence.acts.finished.counts, list(combinations(names, 2))
    if [(each.left, each.right) for each in found.links] != couples:
        raise Wrong("links are not counted for each couple of datasets in their order")
    if found.comparisons != sum(sizes[left] * sizes[right] for left, right in couples):
        raise Wrong(f"{found.comparisons} comparisons are not all pairs of records")
    links = _check_links(evidence, sizes)
    told = f"{found.comparisons} comparisons, {found.found} pairs, {links} links, {found.clusters} clusters"
    _check_possible(evidence, couples)
    _check_recall(evidence)
    return told + ("" if found.recall == 1 else f"; each pair was found with a chance of {found.recall:g}")


def _check_links(evidence: Evidence, sizes: Mapping[str, int]) -> int:
    """How many there are: as many as pairs, clusters and the sizes of datasets allow."""
    found = evidence.acts.finished.counts
    links = sum(each.links for each in found.links)
    if not links <= found.found <= found.comparisons:
        raise Wrong(f"{links} links of {found.found} pairs of {found.comparisons} comparisons cannot be")
    if not (links > 0) <= found.clusters <= links:
        raise Wrong(f"{found.clusters} clusters of {links} links cannot be")
    if evidence.agreement.terms.assignment == "one-to-one":
        for each in found.links:
            if each.links > min(sizes[each.left], sizes[each.right]):
                raise Wrong(f"{each.left} and {each.right} have more links than records")
    return links


def _check_possible(evidence: Evidence, couples: list[tuple[str, str]]) -> None:
    """Possible hits are counted if the agreement has them, and only then."""
    possible = evidence.acts.finished.counts.possible
    agreed = evidence.agreement.terms.possible is not UNSET
    if agreed != (possible is not UNSET):
        raise Wrong(
            f"possible hits are {'not ' if agreed else ''}counted; the agreement has {'' if agreed else 'no '}such"
        )
    if possible is not UNSET and [(each.left, each.right) for each in possible] != couples:
        raise Wrong("possible hits are not counted for each couple of datasets in their order")


def _check_recall(evidence: Evidence) -> None:
    """Every pair was compared, or as many were found as was set out to."""
    found, chosen = evidence.acts.finished.counts, evidence.acts.started.chosen
    if found.cut and found.recall == 1:
        raise Wrong(f"{found.cut} comparisons were left out of a run that says it made all")
    if found.recall not in (1, chosen.recall) or (chosen.strategy == "exact" and found.recall < 1):
        raise Wrong(
            f"each pair was found with a chance of {found.recall:g} in a run that set out with strategy"
            f" {chosen.strategy} and recall {chosen.recall:g}"
        )


def recipients(evidence: Evidence) -> str:
    """Hits went to the units that may learn them, once each, as many as were counted for them."""
    allowed = sorted(evidence.agreement.terms.learns.hits_to)
    units = [each.unit for each in evidence.acts.delivered]
    for unit in units:
        if unit not in allowed:
            raise Wrong(f"hits were delivered to {unit}, whom the agreement does not let learn them")
    if units != allowed:
        raise Wrong(f"hits were delivered to {_list(units)}; due, in this order: {_list(allowed)}")
    _check_deliveries(evidence.acts.delivered, evidence.acts.finished.counts)
    return _list(units)


def _check_deliveries(delivered: Sequence[HitsDelivered], counted: Counts) -> None:
    due = _due(counted.links)
    review = None if counted.possible is UNSET else _due(counted.possible)
    for delivery in delivered:
        if delivery.possible != (UNSET if review is None else review[delivery.unit]):
            raise Wrong(f"{delivery.unit} was delivered another number of possible hits than was counted")
        if delivery.hits != due[delivery.unit]:
            raise Wrong(
                f"{delivery.unit} was delivered {delivery.hits} hits, and {due[delivery.unit]} were counted"
            )


def _due(links: tuple[LinkCount, ...]) -> Counter[str]:
    """How many each unit should have been told of."""
    due: Counter[str] = Counter()
    for each in links:
        due[each.left] += each.links
        due[each.right] += each.links
    return due


def hits(evidence: Evidence) -> str:
    """The sealed files are the delivered ones, each addressed to its unit's key in this run."""
    sealed = evidence.files.sealed
    delivered = {each.unit: each for each in evidence.acts.delivered}
    for unit in sorted(sealed.keys() | delivered.keys()):
        path = folder.sealed_path(unit)
        if unit not in sealed:
            raise Wrong(f"{path} is missing")
        if unit not in delivered:
            raise Wrong(f"{path} was never delivered")
        if (sealed[unit].sha256, sealed[unit].size) != (delivered[unit].sha256, delivered[unit].size):
            raise Wrong(f"{path} is not the file that was delivered")
        if _header(sealed[unit].header, path) != _due_header(evidence, unit):
            raise Wrong(f"{path} is addressed to another unit, key, agreement or run")
    return f"{len(sealed)} files"


def _check_units(units: list[str], evidence: Evidence) -> None:
    agreed = list(evidence.agreement.units)
    missing = [unit for unit in agreed if unit not in units]
    if missing:
        raise Wrong(f"the dataset of {missing[0]} is missing: the agreement is among {_list(agreed)}")
    if units != agreed:
        raise Wrong(f"datasets are of {_list(units)}; due, in this order: {_list(agreed)}")


def _manifest(evidence: Evidence, signed: Signed) -> Manifest:
    """What a unit signed, of a dataset of its own, under this agreement."""
    manifest = manifest_of(signed)
    if manifest.unit != signed.signer:
        raise Wrong(f"the manifest that {signed.signer} signed is of unit {manifest.unit}")
    if manifest.agreement != evidence.agreement.id:
        raise Wrong(f"the dataset of {manifest.unit} was made for agreement {manifest.agreement[:12]}...")
    check_kept(manifest, evidence.agreement.terms)
    return manifest


def _check_received(declared: Sequence[tuple[str, str]], received: Sequence[Declared]) -> None:
    """declared: of each manifest who signed it, and its digest."""
    for (unit, digest), each in zip(declared, received, strict=False):
        if (unit, digest) != (each.unit, each.digest):
            raise Wrong(f"the dataset received as that of {each.unit} is not the one that {unit} declared")
    if len(declared) != len(received):
        raise Wrong(f"{len(received)} datasets were received, and {len(declared)} declared")


def _check_secret(manifests: tuple[Manifest, ...]) -> None:
    for manifest in manifests[1:]:
        if manifest.confirmation != manifests[0].confirmation:
            raise Wrong(f"{manifests[0].unit} and {manifest.unit} encoded with different linkage secrets")


def _header(line: bytes, path: str) -> SealedHeader:
    try:
        return read_header(line)
    except MalformedError as error:
        raise Wrong(f"the header of {path} {error}") from None


def _due_header(evidence: Evidence, unit: str) -> SealedHeader:
    return SealedHeader(
        agreement=evidence.agreement.id,
        run=evidence.acts.started.run,
        unit=unit,
        recipient=evidence.agreement.party(unit).fingerprint,
    )


def _list(names: list[str]) -> str:
    return ", ".join(names) or "nobody"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
