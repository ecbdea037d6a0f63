"""`jemput evaluate`: recorded levels through the ingester's own writer and fold, and a score."""

import csv
import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, TextIO, cast

import typer

from firmware.payload import encode_message, reading_topic
from ingest import decoding
from ingest.writer import Batch, Writer
from jemput.cli.options import AsJson
from jemput.cli.pace import Pace
from jemput.cli.recorded import SHAPE, SITE, RecordedBin, registry_changes
from jemput.decisions import OpenPickup
from jemput.entry import Entry
from jemput.evaluation.emptying_score import score_emptyings
from jemput.evaluation.pickup_score import score_pickups
from jemput.evaluation.recording import Row, read_emptyings, read_recording
from jemput.evaluation.report import as_dict, table
from jemput.evaluation.truth import TruthSettings
from jemput.fold.admission import Heard
from jemput.registry import Change
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore

GROUP: Final = "evaluation"
SLOT_S: Final = 1800
BOOT: Final = 1


@dataclass
class Outcome:
    """What the fold said of a recording."""

    stored: int = 0
    duplicates: int = 0
    calls: list[tuple[str, int]] = field(default_factory=list)
    emptyings: list[tuple[str, int]] = field(default_factory=list)


def evaluate(
    recording: Annotated[Path, typer.Argument(help="CSV: bin,waste,at_utc,fill_percent")],
    emptyings: Annotated[Path | None, typer.Option(help="CSV of known emptyings.")] = None,
    calls: Annotated[Path | None, typer.Option(help="Write what the fold said here.")] = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Score the rules on recorded fill levels, through the ingester's own writer and fold."""
    raise typer.Exit(run_evaluation(recording, emptyings, calls, as_json=as_json))


def run_evaluation(
    recording: Path, emptyings: Path | None, calls_to: Path | None, *, as_json: bool
) -> int:
    """Fold the recording twice, print the scores, and return the exit status."""
    if calls_to is not None:
        calls_to.touch()  # before the long work, not after it
    with _open(recording) as lines:
        parsed = read_recording(Pace("lines read").along(lines))
    for error in parsed.errors:
        sys.stderr.write(f"row {error.row}: {error.wrong}; {error.remedy}\n")
    rows = sorted(parsed.rows, key=lambda row: (row.at_s, row.bin))
    with tempfile.TemporaryDirectory(prefix="jemput-evaluate-") as folder:
        writer = _writer(Path(folder), rows)
        first = fold_rows(writer, rows, "folding")
        again = fold_rows(writer, rows, "folding again")
    is_once = first.stored == len(rows) and not again.stored and not again.calls
    settings = TruthSettings()
    pickups = score_pickups(rows, first.calls, settings)
    emptied = {}
    if emptyings is not None:
        with _open(emptyings) as lines:
            known = read_emptyings(lines).rows
        emptied = score_emptyings(rows, known, first.emptyings, settings)
    if calls_to is not None:
        _write_calls(calls_to, first)
    if as_json:
        figures = {"rows": len(rows), "stored": first.stored, "stored_again": again.stored}
        figures["bad_rows"] = len(parsed.errors)
        sys.stdout.write(json.dumps(figures | as_dict(pickups, emptied)) + "\n")
    else:
        sys.stdout.write(table(pickups, emptied) + "\n")
        once = "each exactly once, and nothing new the second time" if is_once else "NOT ONCE EACH"
        sys.stdout.write(f"{first.stored} of {len(rows)} readings stored, {once}\n")
        share = f"{settings.test_share:.0%}"
        sys.stdout.write(f"scored: the last {share} of each bin's readings; ")
        sys.stdout.write(f"{len(first.calls)} calls in all, --calls FILE lists them\n")
    return 0 if is_once else 1


def fold_rows(writer: Writer, rows: list[Row], what: str) -> Outcome:
    """Write rows as a device would have sent them, at the time of the recording.

    A bin has at most one reading in an entry, since each bin is judged once an entry.
    """
    outcome, seqs = Outcome(), dict.fromkeys((row.bin for row in rows), 0)
    pace = Pace(what, len(rows))
    for slot in _slots(rows):
        heard = []
        for row in slot:
            seqs[row.bin] += 1
            heard.append(_message(row, seqs[row.bin]))
        _note(outcome, writer.commit(Batch(heard=heard), slot[-1].at_s * 1000))
        pace.note(outcome.stored + outcome.duplicates)
    return outcome


def _note(outcome: Outcome, entry: Entry) -> None:
    outcome.stored += len(entry.intake.readings)
    outcome.duplicates += entry.intake.duplicates
    for decision in entry.decisions:
        if isinstance(decision, OpenPickup):
            pickup = decision.pickup
            outcome.calls.append((pickup.bin, pickup.why.evidence[-1].at_s))
    outcome.emptyings += [(one.bin, one.at_s) for one in entry.emptyings]


def _slots(rows: list[Row]) -> Iterator[list[Row]]:
    slot: list[Row] = []
    for row in rows:
        if slot and (row.at_s - slot[0].at_s > SLOT_S or any(row.bin == one.bin for one in slot)):
            yield slot
            slot = []
        slot.append(row)
    if slot:
        yield slot


def _message(row: Row, seq: int) -> Heard:
    reading = {
        "boot": BOOT,
        "seq": seq,
        "at": row.at_s,
        "clock": "ntp",
        "quality": "ok",
        "distance_mm": SHAPE.empty_mm - 10 * row.fill_percent,
        "echoes": 1,
        "spread_mm": 0,
    }
    payload = encode_message([reading], [(BOOT, seq)])
    read = decoding.read(reading_topic(SITE, row.bin), payload, retained=False)
    if not isinstance(read, Heard):
        raise ValueError(f"{row.bin} at {row.at_s}: {read.reason}: {read.detail}")  # noqa: TRY004 - not a type
    return read


def _writer(folder: Path, rows: list[Row]) -> Writer:
    engine = open_database(f"sqlite:///{folder / 'evaluation.db'}")
    create_tables(engine)
    writer = Writer(engine, GROUP)
    writer.take_over()
    now_ms = rows[0].at_s * 1000
    RegistryStore(engine, GROUP).change(_changes(rows), by="evaluate", now_ms=now_ms)
    while not {row.bin for row in rows} <= writer.fold.state.registry.bins.keys():
        writer.commit(Batch(), now_ms)
    return writer


def _changes(rows: list[Row]) -> list[Change]:
    wastes = {row.bin: row.waste for row in rows}
    return registry_changes(RecordedBin(one, waste, one) for one, waste in wastes.items())


def _open(path: Path) -> TextIO:
    """Open a recording. Raises `FileNotFoundError` in a sentence."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")


def _write_calls(path: Path, outcome: Outcome) -> None:
    said = [(at_s, bin_id, "call") for bin_id, at_s in outcome.calls]
    said += [(at_s, bin_id, "emptying") for bin_id, at_s in outcome.emptyings]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("bin", "kind", "at_utc"))
        for at_s, bin_id, kind in sorted(said):
            at = datetime.fromtimestamp(at_s, tz=UTC)
            out.writerow((bin_id, kind, f"{at:%Y-%m-%d %H:%M:%S}"))
