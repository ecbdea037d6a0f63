"""`jemput registry`: 800 bins from a file with ten bad rows, twice, and back."""

import json
from pathlib import Path

import pytest

from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from tests import command
from tests.command import Said

HEADER = "bin,waste,halte,site,lat,lon,bin_type,device"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database with tables and nothing in them."""
    url = f"sqlite:///{tmp_path / 'jemput.db'}"
    create_tables(open_database(url))
    return url


def jemput(database: str, *arguments: str | Path) -> Said:
    """`jemput registry` on this database."""
    return command.jemput("registry", *arguments, "--database", database, "--group", "main")


def big_file(folder: Path, bins: int = 800, bad: int = 10) -> Path:
    """A regency's file; the last `bad` rows have no position."""
    rows = [
        f"b{n},organic,h{n // 4},pakam,3.{5000 + n // 4},98.87,wheelie-240,dev-{n}"
        for n in range(bins)
    ]
    rows += [f"bad-{n},organic,new-{n},pakam,,,wheelie-240," for n in range(bad)]
    file = folder / "bins.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    return file


def test_good_rows_are_taken_bad_ones_named_and_twice_changes_nothing(
    database: str, tmp_path: Path
) -> None:
    file = big_file(tmp_path)
    first = jemput(database, "import", file, "--json")

    assert first.returncode == 1
    said = json.loads(first.stdout)
    assert (said["changed"], said["unchanged"]) == (800, 0)
    assert [one["row"] for one in said["refused"]] == list(range(802, 812))
    assert len(RegistryStore(open_database(database), "main").read().bins) == 800

    again = json.loads(jemput(database, "import", file, "--json").stdout)
    assert (again["changed"], again["unchanged"]) == (0, 800)


def test_what_is_exported_is_taken_elsewhere(database: str, tmp_path: Path) -> None:
    jemput(database, "import", big_file(tmp_path, bins=20, bad=0))
    exported = tmp_path / "bins.geojson"
    assert jemput(database, "export", exported).returncode == 0

    assert "20 as they were" in jemput(database, "import", exported).stdout
    csv = jemput(database, "export").stdout
    assert len(csv.splitlines()) == 21


def test_a_dry_run_changes_nothing(database: str, tmp_path: Path) -> None:
    said = jemput(database, "import", big_file(tmp_path, bins=3, bad=1), "--dry-run")

    assert "3 bins would be changed" in said.stdout
    assert "row 5: halte new-0 is new and has no position; give lat and lon" in said.stderr
    assert not RegistryStore(open_database(database), "main").read().bins


def test_a_file_in_another_encoding_is_a_clear_error(database: str, tmp_path: Path) -> None:
    file = tmp_path / "bins.csv"
    file.write_bytes("bin,waste\nkafé".encode("latin-1"))

    said = jemput(database, "import", file)

    assert said.returncode == 2
    assert "UTF-8" in said.stderr
