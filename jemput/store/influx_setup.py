"""Making what is missing in InfluxDB, and saying what was there and what was done."""

from http import HTTPStatus
from typing import Any, Final

from jemput.store.influx_link import FIRST_WITH_BUCKETS, InfluxTarget, Link, ReadFailedError
from jemput.store.influxql import name_of, seconds_of, shard_s

FIRST_WITH_DATABASES_AGAIN: Final = (3, 0)
DAY_S: Final = 86_400
_NO_RIGHT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
POLICY: Final = "autogen"
"""What 1.x calls the retention policy it makes by itself; 2.x has none, and maps this name."""


class SetupError(ValueError):
    """Something could not be made; the message holds the server's words and what to do."""


class MayNotError(SetupError):
    """The server refuses the right to make things, or even to see where."""


async def set_up(target: InfluxTarget, retention_s: int | None = None) -> list[str]:
    """Make what is missing; what was there and what was done, a sentence each.

    `retention_s`: how long readings are kept, 0 for ever; None leaves it as it is.
    Raises `SetupError`, and `WriteFailedError` where no InfluxDB is.
    """
    link = await Link.open(target)
    try:
        if link.version < FIRST_WITH_BUCKETS:
            return await _database(link, retention_s)
        if link.version < FIRST_WITH_DATABASES_AGAIN:
            return await _bucket(link, retention_s)
        return await _database_of_3(link, retention_s)
    except ReadFailedError as error:
        message = f"{error} (making things needs an administrator's token)"
        kind = MayNotError if error.status in _NO_RIGHT else SetupError
        raise kind(message) from error
    finally:
        await link.close()


async def _database(link: Link, retention_s: int | None) -> list[str]:
    bucket, name = link.target.bucket, name_of(link.target.bucket)
    there = [row[0] for row in await link.ask("SHOW DATABASES", database=False)]
    if bucket in there:
        done = [f"database {bucket} is there"]
    else:
        await link.ask(f"CREATE DATABASE {name}", changes=True, database=False)
        done = [f"made database {bucket}"]
    if retention_s is None:
        return done
    # Rows: name, duration, shard duration, replicas, whether it is the default.
    policies = await link.ask(f"SHOW RETENTION POLICIES ON {name}")
    policy, duration = next(((row[0], row[1]) for row in policies if row[4]), (POLICY, ""))
    if seconds_of(duration) == retention_s:
        return [*done, f"it keeps readings {_how_long(retention_s)}"]
    await link.ask(
        f"ALTER RETENTION POLICY {name_of(policy)} ON {name} "
        f"DURATION {retention_s}s SHARD DURATION {shard_s(retention_s)}s",
        changes=True,
        database=False,
    )
    return [*done, f"made it keep readings {_how_long(retention_s)}"]


async def _bucket(link: Link, retention_s: int | None) -> list[str]:
    target = link.target
    status, body = await link.call("GET", "/api/v2/buckets", name=target.bucket, org=target.org)
    found = body.get("buckets") or []
    if found:
        bucket, done = found[0], [f"bucket {target.bucket} is there"]
    elif status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
        rules = [_rule(retention_s)] if retention_s else []
        wanted = {"orgID": await _org_id(link), "name": target.bucket, "retentionRules": rules}
        bucket = _taken(*await link.call("POST", "/api/v2/buckets", wanted))
        done = [f"made bucket {target.bucket}"]
    else:
        raise _refusal(status, body)
    if retention_s is not None:
        done.append(await _keeping(link, bucket, retention_s))
    done.append(await _mapping(link, bucket))
    return done


async def _keeping(link: Link, bucket: dict[str, Any], retention_s: int) -> str:
    kept_s = sum(one.get("everySeconds", 0) for one in bucket.get("retentionRules") or [])
    if kept_s == retention_s:
        return f"it keeps readings {_how_long(retention_s)}"
    change = {"retentionRules": [_rule(retention_s)]}
    _taken(*await link.call("PATCH", f"/api/v2/buckets/{bucket['id']}", change))
    return f"made it keep readings {_how_long(retention_s)}"


async def _mapping(link: Link, bucket: dict[str, Any]) -> str:
    """InfluxQL finds a bucket by a mapping. Newer 2.x have one for each bucket by themselves."""
    name, org_id = link.target.bucket, bucket["orgID"]
    found = _taken(*await link.call("GET", "/api/v2/dbrps", orgID=org_id, db=name))
    if any(one.get("bucketID") == bucket["id"] for one in found.get("content") or []):
        return f"InfluxQL finds it as database {name}"
    mapping = {
        "bucketID": bucket["id"],
        "orgID": org_id,
        "database": name,
        "retention_policy": POLICY,
        "default": True,
    }
    _taken(*await link.call("POST", "/api/v2/dbrps", mapping))
    return f"made the mapping by which InfluxQL finds it as database {name}"


async def _database_of_3(link: Link, retention_s: int | None) -> list[str]:
    name = link.target.bucket
    wanted = {"db": name} | ({"retention_period": f"{retention_s}s"} if retention_s else {})
    status, body = await link.call("POST", "/api/v3/configure/database", wanted)
    if status == HTTPStatus.CONFLICT:
        there = f"database {name} is there"
        # Core cannot change it at all, and has no word to ask for it.
        return [there] if retention_s is None else [there, "its retention stays as it was made"]
    _taken(status, body)
    if retention_s is None:
        return [f"made database {name}"]
    return [f"made database {name}", f"it keeps readings {_how_long(retention_s)}"]


async def _org_id(link: Link) -> str:
    org = link.target.org
    if not org:
        raise SetupError("a bucket needs an organisation: set JEMPUT_INFLUX_ORG")
    status, body = await link.call("GET", "/api/v2/orgs", org=org)
    found = body.get("orgs") or []
    if not found and status == HTTPStatus.OK:
        raise MayNotError(
            f"the token may not see organisation {org!r}: making a bucket needs one that may"
        )
    if not found:
        raise SetupError(f"there is no organisation {org!r} (HTTP {status}): set JEMPUT_INFLUX_ORG")
    org_id: str = found[0]["id"]
    return org_id


def _taken(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """The body of a success."""
    if status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        return body
    raise _refusal(status, body)


def _refusal(status: int, body: dict[str, Any]) -> SetupError:
    words = body.get("message") or body.get("error") or "refused"
    kind = MayNotError if status in _NO_RIGHT else SetupError
    return kind(
        f"InfluxDB answered {status}: {words}: setting up needs a token that may make buckets"
    )


def _rule(retention_s: int) -> dict[str, Any]:
    return {"type": "expire", "everySeconds": retention_s}


def _how_long(retention_s: int) -> str:
    if not retention_s:
        return "for ever"
    days, rest = divmod(retention_s, DAY_S)
    return f"for {retention_s} s" if rest else f"for {days} days"
