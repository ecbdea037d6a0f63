"""Settings: from variables, a file and familiar names; a mistake is a sentence."""

from pathlib import Path

import pytest

from jemput.settings import Settings, SettingsError, read_settings, variable


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine, and an empty folder to stand in."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    for name in ("MQTT_HOST", "MQTT_PORT", "MQTT_PASSWORD", "INFLUX_URL", "INFLUX_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JEMPUT_SETTINGS", raising=False)
    monkeypatch.chdir(tmp_path)


def settings_file(text: str, mode: int = 0o600) -> Path:
    """The settings file of the folder."""
    file = Path("jemput.env")
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_familiar_name_is_heard_and_ours_outranks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQTT_HOST", "familiar")
    assert read_settings().mqtt_host == "familiar"

    monkeypatch.setenv("JEMPUT_MQTT_HOST", "ours")
    assert read_settings().mqtt_host == "ours"


def test_a_variable_outranks_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    settings_file("JEMPUT_MQTT_HOST=in-file\nJEMPUT_MQTT_PORT=1884\n")
    monkeypatch.setenv("JEMPUT_MQTT_HOST", "in-environment")

    settings = read_settings()

    assert (settings.mqtt_host, settings.mqtt_port) == ("in-environment", 1884)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_name_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "file":
        settings_file("JEMPUT_MQTT_HSOT=there\n")
    else:
        monkeypatch.setenv("JEMPUT_MQTT_HSOT", "there")

    with pytest.raises(SettingsError, match="did you mean JEMPUT_MQTT_HOST"):
        read_settings()


def test_a_bad_value_names_its_variable_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMPUT_MQTT_PORT", "geheim")

    with pytest.raises(
        SettingsError, match="JEMPUT_MQTT_PORT: input should be a valid integer"
    ) as e:
        read_settings()

    assert "geheim" not in str(e.value)


def test_a_secret_in_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("rahasia\n")
    (tmp_path / "password").chmod(0o600)
    monkeypatch.setenv("JEMPUT_MQTT_PASSWORD_FILE", str(tmp_path / "password"))

    settings = read_settings()

    assert settings.mqtt_password is not None
    assert settings.mqtt_password.get_secret_value() == "rahasia"
    assert "rahasia" not in repr(settings)


def test_a_secret_said_twice_or_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMPUT_INFLUX_TOKEN_FILE", "nowhere")
    with pytest.raises(SettingsError, match="nowhere cannot be read"):
        read_settings()

    monkeypatch.setenv("JEMPUT_INFLUX_TOKEN", "token")
    with pytest.raises(SettingsError, match="both set"):
        read_settings()


@pytest.mark.parametrize("name", ["MQTT_PASSWORD_FILE", "BROKER_KEY_FILE", "API_KEY_FILE"])
def test_a_secrets_own_file_that_others_may_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("rahasia")
    secret.chmod(0o640)
    monkeypatch.setenv(f"JEMPUT_{name}", str(secret))

    with pytest.raises(SettingsError, match=f"chmod 600 {secret}"):
        read_settings()


def test_a_file_that_others_may_read_is_refused() -> None:
    settings_file("JEMPUT_GROUP=main\n", mode=0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        read_settings()


def test_a_named_file_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMPUT_SETTINGS", "elsewhere.env")

    with pytest.raises(SettingsError, match=r"no such file: name the jemput.env that") as error:
        read_settings()
    assert "or unset it" in str(error.value)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"# Jemput\n\nWaste bins say how full they are.\n", "sets nothing that Jemput knows"),
        (b"PATH=/bin\n", "sets nothing that Jemput knows"),
        (b"\xff\xfe\0", "is no text"),
        (None, "is a folder"),
    ],
)
def test_a_named_file_that_is_another_is_said_and_not_to_be_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, wrong: str
) -> None:
    named = tmp_path / "README.md"
    if content is None:
        named.mkdir()
    else:
        named.write_bytes(content)
        named.chmod(0o644)
    monkeypatch.setenv("JEMPUT_SETTINGS", str(named))

    with pytest.raises(SettingsError, match=wrong) as error:
        read_settings()
    assert "chmod" not in str(error.value)
    assert "name the jemput.env" in str(error.value)


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "export MQTT_HOST = broker\n"])
def test_a_named_file_of_settings_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    named = tmp_path / "town.env"
    named.write_text(content)
    named.chmod(0o600)
    monkeypatch.setenv("JEMPUT_SETTINGS", str(named))

    assert read_settings().mqtt_host == ("broker" if "broker" in content else "127.0.0.1")
