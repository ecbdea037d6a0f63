"""Pickup calls against the times bins were truly full."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from jemput.evaluation.matching import Matching, Window, match
from jemput.evaluation.ratio import ratio
from jemput.evaluation.recording import Row
from jemput.evaluation.series import Series, by_bin, moments_by_bin
from jemput.evaluation.truth import Episode, TruthSettings, episodes


@dataclass(frozen=True, slots=True)
class PickupScore:
    """How the calls of one waste fit its episodes, in the test part of each bin.

    A call is *right* when it is the first one from `lead_h` before an episode's start to its end,
    *doubled* when the episode had one, else *false*. An episode without a call is *missed*.
    An episode that began before the test part is not scored, nor are the calls in it.
    """

    bins: int
    episodes: int
    right: int
    false: int
    doubled: int
    bin_months: float
    median_delay_s: float | None

    @property
    def calls(self) -> int:
        """All calls that are scored."""
        return self.right + self.false + self.doubled

    @property
    def missed(self) -> int:
        """Episodes nobody was called to."""
        return self.episodes - self.right

    @property
    def precision(self) -> float | None:
        """Share of the calls that are right; None without calls."""
        return ratio(self.right, self.calls)

    @property
    def missed_share(self) -> float | None:
        """Share of the episodes that are missed; None without episodes."""
        return ratio(self.missed, self.episodes)

    @property
    def false_per_bin_month(self) -> float | None:
        """False and doubled calls per bin and month."""
        return ratio(self.false + self.doubled, self.bin_months)


def score_pickups(
    rows: Iterable[Row], calls: Iterable[tuple[str, int]], settings: TruthSettings
) -> dict[str, PickupScore]:
    """Score calls (bin, Unix seconds) per waste type.

    A call is as late as it comes after the episode's start; before that its delay is 0.
    Raises ValueError for a call of a bin that was not recorded.
    """
    all_series = by_bin(rows)
    calls_of = moments_by_bin("call", calls, all_series)
    tallies: dict[str, _Tally] = {}
    for series in all_series.values():
        tally = tallies.setdefault(series.waste, _Tally())
        tally.add(series, calls_of[series.bin], settings)
    return {waste: tallies[waste].score() for waste in sorted(tallies)}


class _Tally:
    """The counts of one waste, bin by bin."""

    def __init__(self) -> None:
        self._bins = self._episodes = self._false = self._doubled = 0
        self._months = 0.0
        self._delays_s: list[int] = []

    def add(self, series: Series, calls_s: Iterable[int], settings: TruthSettings) -> None:
        """Count one bin's calls. Matching sees the whole recording, counting the test part."""
        from_s = series.test_from_s(settings.test_share)
        found = episodes(series, settings)
        matching = match(_windows(found, settings.lead_h), calls_s)
        self._bins += 1
        self._months += series.test_months(settings.test_share)
        self._false += sum(at_s >= from_s for at_s in matching.stray)
        self._doubled += sum(found[index].start_s >= from_s for _, index in matching.again)
        self._count_episodes(found, matching, from_s)

    def _count_episodes(self, found: Iterable[Episode], matching: Matching, from_s: int) -> None:
        for episode, call_s in zip(found, matching.met_at_s, strict=True):
            if episode.start_s >= from_s:
                self._episodes += 1
                if call_s is not None:
                    self._delays_s.append(max(0, call_s - episode.start_s))

    def score(self) -> PickupScore:
        """Return what was counted."""
        return PickupScore(
            bins=self._bins,
            episodes=self._episodes,
            right=len(self._delays_s),
            false=self._false,
            doubled=self._doubled,
            bin_months=self._months,
            median_delay_s=median(self._delays_s) if self._delays_s else None,
        )


def _windows(found: Iterable[Episode], lead_h: float) -> list[Window]:
    lead_s = round(lead_h * 3600)
    return [Window(episode.start_s - lead_s, episode.end_s) for episode in found]
