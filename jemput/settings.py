"""Settings of a process: `JEMPUT_*` variables, a settings file, familiar names; read once.

A variable outranks the file; `JEMPUT_X` outranks a familiar name such as `MQTT_HOST`. A
secret may stand in a file of its own that `JEMPUT_X_FILE` names. Nothing here touches the
network.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from pydantic import AliasChoices, AliasGenerator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "JEMPUT_"
NAMES_THE_FILE: Final = "JEMPUT_SETTINGS"
DEFAULT_FILE: Final = "jemput.env"
OTHERS: Final = frozenset({NAMES_THE_FILE, "JEMPUT_PYTHON"})
FOR_TESTS: Final = "JEMPUT_TEST_"
SECRETS: Final = ("mqtt_password", "influx_token", "grafana_token")
KEY_FILES: Final = ("broker_key_file", "api_key_file")
FAMILIAR: Final = frozenset(
    f"mqtt_{what}" for what in ("host", "port", "username", "password", "tls")
) | frozenset(f"influx_{what}" for what in ("url", "token", "org", "bucket"))
"""Fields that are also heard by the name that other programs use, without our prefix."""
_OURS_ALONE: Final = 0o600
_READABLE_BY_OTHERS: Final = 0o077


class SettingsError(ValueError):
    """Settings that cannot be used; the message names the variable and what to write."""


def variable(field: str) -> str:
    """The variable that sets a field."""
    return f"{PREFIX}{field.upper()}"


def _heard_as(field: str) -> AliasChoices:
    """Our own name first; it outranks the familiar one."""
    return AliasChoices(variable(field), *([field.upper()] if field in FAMILIAR else []))


class Settings(BaseSettings):
    """What a process is told. The description of a field is what `jemput settings` prints."""

    model_config = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=_heard_as),
        frozen=True,
        extra="ignore",
        case_sensitive=True,
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    database_url: str = Field(
        "sqlite:///jemput.db",
        description="The database: `sqlite:///path` or `postgresql+psycopg://user@host/name`.",
    )
    group: str = Field(
        "main",
        pattern=r"^[a-z0-9-]{1,32}$",
        description="The sites that share one journal and one ingester.",
    )
    journal_keep_days: int | None = Field(
        None,
        ge=1,
        description="The ingester deletes entries of the journal older than this; else none.",
    )
    mqtt_host: str = Field("127.0.0.1", description="The broker's host.")
    mqtt_port: int = Field(1883, ge=1, le=65535, description="The broker's port.")
    mqtt_username: str | None = Field(None, description="The ingester's account at the broker.")
    mqtt_password: SecretStr | None = Field(None, description="Its password.")
    mqtt_client_id: str | None = Field(
        None, description="Names our session at the broker; by default a secret of the database."
    )
    mqtt_tls: bool = Field(
        default=False, description="Whether to speak TLS; always so where a CA is given."
    )
    mqtt_ca_file: Path | None = Field(
        None, description="The CA that signed the broker's certificate; by default the system's."
    )
    broker_folder: Path | None = Field(
        None,
        description="Where `jemput broker` keeps the embedded broker's things; there is one MQTT "
        "broker for all groups of a database.",
    )
    broker_host: str = Field(
        "127.0.0.1",
        description="Where the embedded broker listens, on the port MQTT_PORT; 0.0.0.0 for devices "
        "elsewhere.",
    )
    broker_certificate_file: Path | None = Field(
        None, description="The embedded broker's certificate, with its chain; then it speaks TLS."
    )
    broker_key_file: Path | None = Field(None, description="That certificate's private key.")
    influx_url: str | None = Field(
        None,
        description="InfluxDB 1.6 or newer; without it readings are kept in the database itself.",
    )
    influx_token: SecretStr | None = Field(None, description="Its token; `user:password` for 1.x.")
    influx_org: str | None = Field(None, description="Its organisation, for 2.x.")
    influx_bucket: str = Field(
        "jemput", min_length=1, description="Its bucket, or database on 1.x."
    )
    grafana_url: str | None = Field(
        None, description="A Grafana for `jemput grafana push`, which the doctor then looks at."
    )
    grafana_token: SecretStr | None = Field(
        None, description="The token of a service account there, with the role Editor."
    )
    api_host: str = Field("127.0.0.1", description="Where the API listens.")
    api_port: int = Field(8000, ge=1, le=65535, description="On which port.")
    api_url: str = Field(
        "http://127.0.0.1:8000",
        description="How people reach the API: the links in alerts begin with it.",
    )
    api_certificate_file: Path | None = Field(
        None,
        description="The API's certificate, with its key in the same file or in the next; then it "
        "speaks TLS only.",
    )
    api_key_file: Path | None = Field(None, description="The key of the API's certificate.")
    webhooks_to_lan: bool = Field(
        default=False,
        description="Whether events may be sent to subscribers on a private network, or on this "
        "machine.",
    )
    users_file: Path | None = Field(
        None,
        description="A file of users, who may then move pickups while anybody reads, as in a "
        "demo; without it the API knows the accounts of the database, and reading needs one.",
    )


def read_settings() -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    file = _settings_file()
    in_file = {key: value for key, value in dotenv_values(file).items() if value} if file else {}
    told = {**in_file, **os.environ}
    _refuse_unknown(told)
    secrets = _secrets(told)
    try:
        settings = Settings(_env_file=file, **secrets)  # type: ignore[call-arg, arg-type] # theirs
    except ValidationError as error:
        raise SettingsError("; ".join(map(_sentence, error.errors()))) from None
    for name in KEY_FILES:
        refuse_read_by_others(getattr(settings, name))
    return settings


def write_settings_file(file: Path, told: Mapping[str, str]) -> Path:
    """Write variables, named without their prefix, into a file for our eyes only."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OURS_ALONE)
    with os.fdopen(handle, "w", encoding="utf-8") as lines:
        lines.writelines(f"{PREFIX}{name}={value}\n" for name, value in told.items())
    return file


def refuse_read_by_others(file: Path | None) -> None:
    """Raise `SettingsError` for a file of secrets that is not for our eyes only."""
    if file is not None and file.is_file() and file.stat().st_mode & _READABLE_BY_OTHERS:
        raise SettingsError(f"others may read {file}, which holds secrets: run `chmod 600 {file}`")


def _settings_file() -> Path | None:
    named = os.environ.get(NAMES_THE_FILE)
    file = Path(named or DEFAULT_FILE)
    if named and (wrong := _wrong_with(file)):
        remedy = f"name the {DEFAULT_FILE} that `jemput init` or a demo made, or unset it"
        raise SettingsError(f"{NAMES_THE_FILE} names {file}, {wrong}: {remedy}")
    if not file.is_file():
        return None
    refuse_read_by_others(file)
    return file


def _wrong_with(file: Path) -> str | None:
    """Why a file that somebody named holds no settings; None where it may."""
    if not file.is_file():
        return "which is a folder" if file.is_dir() else "and there is no such file"
    try:
        lines = [one.strip() for one in file.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError:
        return "which is no text"
    told = [one for one in lines if one and not one.startswith("#")]
    known = {*_known(), *(name.upper() for name in FAMILIAR)}
    is_ours = any(one.removeprefix("export ").partition("=")[0].strip() in known for one in told)
    return None if is_ours or not told else "which sets nothing that Jemput knows"


def _known() -> set[str]:
    fields = {variable(name) for name in Settings.model_fields}
    return fields | {f"{variable(name)}_FILE" for name in SECRETS} | OTHERS


def _refuse_unknown(told: Iterable[str]) -> None:
    known = _known()
    for name in sorted(told):
        if name.startswith(PREFIX) and name not in known and not name.startswith(FOR_TESTS):
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
            raise SettingsError(f"no setting is called {name}: {hint}")


def _secrets(told: Mapping[str, str]) -> dict[str, str]:
    """Secrets that stand in files of their own."""
    found = {}
    for field in SECRETS:
        name = variable(field)
        path = told.get(f"{name}_FILE")
        if path is None:
            continue
        if name in told:
            raise SettingsError(f"{name} and {name}_FILE are both set: keep one")
        refuse_read_by_others(Path(path))
        try:
            found[field] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE: {path} cannot be read: {error.strerror}") from None
    return found


def _sentence(error: ErrorDetails) -> str:
    where = str(error["loc"][0])
    name = where if where.isupper() else variable(where)
    return f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}"
