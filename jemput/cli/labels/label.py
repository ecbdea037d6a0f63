"""What a label says: of a device, and of a bin. It carries no secret, so anybody may see it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jemput.cli.labels.words import Words
from jemput.registry import Registry


@dataclass(frozen=True, slots=True)
class Label:
    """One label. Where no place is known yet, `place` is None and there is room to write it."""

    kind: str
    id: str
    place: str | None
    detail: str
    hint: str
    address: str


def of_devices(  # noqa: PLR0913 - what a label is made of
    registry: Registry,
    devices: Iterable[str],
    *,
    now_s: int,
    url: str,
    words: Words,
    site: str = "",
) -> Iterator[Label]:
    """Labels of devices: on which bin each hangs, else of which site it is."""
    for device in devices:
        bin_id = registry.bin_of(device, now_s)
        place = detail = None
        if bin_id is not None:
            place, detail = _place(registry, bin_id), _waste(registry, bin_id, words)
        elif site:
            detail = registry.sites[site].name if site in registry.sites else site
        yield Label(
            words.device, device, place, detail or "", words.scan_device, f"{url}/#device/{device}"
        )


def of_bins(registry: Registry, bins: Iterable[str], *, url: str, words: Words) -> Iterator[Label]:
    """Labels of bins."""
    for bin_id in bins:
        yield Label(
            words.bin,
            bin_id,
            _place(registry, bin_id),
            _waste(registry, bin_id, words),
            words.scan_bin,
            f"{url}/#bin/{bin_id}",
        )


def _place(registry: Registry, bin_id: str) -> str:
    return registry.haltes[registry.bins[bin_id].halte].name


def _waste(registry: Registry, bin_id: str, words: Words) -> str:
    waste = registry.bins[bin_id].waste
    return words.wastes.get(waste, waste)
