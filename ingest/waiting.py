"""Waiting for whatever comes first: something happens, or the time is over."""

import asyncio


async def first_of(*events: asyncio.Event, timeout_s: float) -> None:
    """Return when one of the events is set, or when the time is over."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
