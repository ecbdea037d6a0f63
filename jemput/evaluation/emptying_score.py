"""Detected emptyings against recorded ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from jemput.evaluation.matching import Matching, Window, match
from jemput.evaluation.ratio import ratio
from jemput.evaluation.recording import Emptying, Row
from jemput.evaluation.series import Series, by_bin, moments_by_bin
from jemput.evaluation.truth import TruthSettings


@dataclass(frozen=True, slots=True)
class EmptyingScore:
    """How the detections of one waste fit its emptyings, in the test part of each bin.

    A detection is *right* when it lies from `early_h` before to `late_h` after an emptying that has
    no other, else *false*; one within `apart_h` of the last that counted does not count at all.
    """

    bins: int
    emptyings: int
    right: int
    false: int
    bin_months: float
    median_delay_s: float | None

    @property
    def detections(self) -> int:
        """All detections that are scored."""
        return self.right + self.false

    @property
    def missed(self) -> int:
        """Emptyings nobody saw."""
        return self.emptyings - self.right

    @property
    def precision(self) -> float | None:
        """Share of the detections that are right; None without detections."""
        return ratio(self.right, self.detections)

    @property
    def recall(self) -> float | None:
        """Share of the emptyings that were detected; None without emptyings."""
        return ratio(self.right, self.emptyings)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without detections and emptyings."""
        return ratio(2 * self.right, self.detections + self.emptyings)

    @property
    def false_per_bin_month(self) -> float | None:
        """False detections per bin and month."""
        return ratio(self.false, self.bin_months)


def score_emptyings(
    rows: Iterable[Row],
    emptyings: Iterable[Emptying],
    detections: Iterable[tuple[str, int]],
    settings: TruthSettings,
) -> dict[str, EmptyingScore]:
    """Score detections (bin, Unix seconds) per waste type.

    Emptyings of bins without readings are left out; a detection of one raises ValueError.
    """
    all_series = by_bin(rows)
    detected = moments_by_bin("emptying", detections, all_series)
    known = ((e.bin, e.at_s) for e in emptyings if e.bin in all_series)
    emptied = moments_by_bin("emptying", known, all_series)
    tallies: dict[str, _Tally] = {}
    for bin_, series in all_series.items():
        tally = tallies.setdefault(series.waste, _Tally())
        tally.add(series, sorted(emptied[bin_]), detected[bin_], settings)
    return {waste: tallies[waste].score() for waste in sorted(tallies)}


class _Tally:
    """The counts of one waste, bin by bin."""

    def __init__(self) -> None:
        self._bins = self._emptyings = self._false = 0
        self._months = 0.0
        self._delays_s: list[int] = []

    def add(
        self,
        series: Series,
        emptied_s: Sequence[int],
        detected_s: Iterable[int],
        settings: TruthSettings,
    ) -> None:
        """Count one bin's detections. Matching sees the whole recording, counting the test part."""
        from_s = series.test_from_s(settings.test_share)
        matching = match(_windows(emptied_s, settings), _apart(detected_s, settings.apart_h))
        self._bins += 1
        self._months += series.test_months(settings.test_share)
        surplus_s = [at_s for at_s, _ in matching.again]
        self._false += sum(at_s >= from_s for at_s in (*surplus_s, *matching.stray))
        self._count_emptyings(emptied_s, matching, from_s)

    def _count_emptyings(self, emptied_s: Iterable[int], matching: Matching, from_s: int) -> None:
        for at_s, detected_s in zip(emptied_s, matching.met_at_s, strict=True):
            if at_s >= from_s:
                self._emptyings += 1
                if detected_s is not None:
                    self._delays_s.append(detected_s - at_s)

    def score(self) -> EmptyingScore:
        """Return what was counted."""
        return EmptyingScore(
            bins=self._bins,
            emptyings=self._emptyings,
            right=len(self._delays_s),
            false=self._false,
            bin_months=self._months,
            median_delay_s=median(self._delays_s) if self._delays_s else None,
        )


def _windows(emptied_s: Iterable[int], settings: TruthSettings) -> list[Window]:
    early_s, late_s = round(settings.early_h * 3600), round(settings.late_h * 3600)
    return [Window(at_s - early_s, at_s + late_s) for at_s in emptied_s]


def _apart(moments_s: Iterable[int], apart_h: float) -> list[int]:
    apart_s = round(apart_h * 3600)
    kept: list[int] = []
    for moment_s in sorted(moments_s):
        if not kept or moment_s - kept[-1] >= apart_s:
            kept.append(moment_s)
    return kept
