"""What deploy/compose.yaml promises, as laws: each lists what breaks it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

Service = dict[str, Any]
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")
_EXACT: Final = re.compile(r"[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)*")
_SECRET_WORDS: Final = re.compile(r"PASSWORD|TOKEN|SECRET|KEY|PGPASSFILE")
_LOOPBACK: Final = "127.0.0.1:"
TOWN: Final = "./town"


def read(file: Path) -> dict[str, Any]:
    """The file, with its anchors merged."""
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def filled(text: str, told: dict[str, str] | None = None) -> str:
    """The text as Compose fills it in where nothing but `told` is set."""
    known = told or {}
    return _VARIABLE.sub(lambda found: known.get(found[1], found[2] or ""), text)


def variables(text: str) -> dict[str, bool]:
    """Every variable of the file, and whether it has a default or is demanded."""
    return {
        found[1]: found[2] is not None or ":?" in found[0] for found in _VARIABLE.finditer(text)
    }


def breaches(said: dict[str, Any], folder: Path) -> list[str]:
    """What is wrong with any service; `folder` is where the file is."""
    services: dict[str, Service] = said["services"]
    found = [
        f"{name}: {wrong}"
        for name, service in services.items()
        for law in (_image, _ports, _files, _rights, _health, _told_secrets)
        for wrong in law(service, folder)
    ]
    found += _waits(services)
    found += _declared(said)
    return found


def _image(service: Service, _: Path) -> Iterator[str]:
    if not _EXACT.fullmatch(service["image"]):
        yield f"image {service['image']} is not exact"
    if "container_name" in service:
        yield "container_name allows only one town on a machine"


def _ports(service: Service, _: Path) -> Iterator[str]:
    for port in service.get("ports", []):
        if not filled(port).startswith(_LOOPBACK):
            yield f"port {port} is open beyond this machine"
    if service.get("network_mode") == "host":
        yield "it has the machine's own network"


def _files(service: Service, folder: Path) -> Iterator[str]:
    for volume in service.get("volumes", []):
        source = filled(volume).split(":")[0]
        if source.startswith(TOWN):
            continue
        if not source.startswith("."):
            yield f"{source} is not below the checkout"
        elif not (folder / source).exists():
            yield f"there is no {source}"
        elif not volume.endswith(":ro"):
            yield f"{source} is ours and may be written to"


def _rights(service: Service, _: Path) -> Iterator[str]:
    if not re.fullmatch(r"\$\{TOWN_UID:\?.*\}:\$\{TOWN_GID:\?.*\}", service.get("user", "")):
        yield "it runs as whoever its image likes"
    if service.get("cap_drop") != ["ALL"] or service.get("privileged"):
        yield "it has rights it does not need"
    if service.get("security_opt") != ["no-new-privileges:true"]:
        yield "it may gain rights"


def _health(service: Service, _: Path) -> Iterator[str]:
    if ("healthcheck" in service) == ("x-no-health-check" in service):
        yield "it has no health check and does not say why"


def _told_secrets(service: Service, _: Path) -> Iterator[str]:
    given = set(service.get("secrets", []))
    for name, value in service.get("environment", {}).items():
        path = re.fullmatch(r"/run/secrets/(\w+)", str(value))
        if path and path[1] not in given:
            yield f"{name} names the secret {path[1]}, which it does not get"
        if _SECRET_WORDS.search(name) and not path:
            yield f"{name} is a secret that stands in the file"


def _waits(services: dict[str, Service]) -> Iterator[str]:
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            waited = services.get(other, {})
            is_met = {
                "service_healthy": "healthcheck" in waited,
                "service_completed_successfully": waited.get("restart") == "no",
            }
            if not is_met.get(how.get("condition", ""), False):
                yield f"{name} waits for {other}, which never says that it is so far"


def _declared(said: dict[str, Any]) -> Iterator[str]:
    used = {one for service in said["services"].values() for one in service.get("secrets", [])}
    for name in used ^ set(said["secrets"]):
        yield f"the secret {name} is used or declared, not both"
    for name, secret in said["secrets"].items():
        if secret != {"file": f"{TOWN}/secrets/{name}"}:
            yield f"the secret {name} is not the file {TOWN}/secrets/{name}"
