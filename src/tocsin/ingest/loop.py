"""An event loop on a thread of its own, for receivers that the rest of the platform calls from threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any


class LoopThread:
    """Runs coroutines that other threads hand in."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.loop: asyncio.AbstractEventLoop

    def start(self) -> None:
        """Begin to run."""
        self.loop = asyncio.new_event_loop()
        self._thread.start()

    def is_running(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._thread.is_alive()

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end; raises what it raises."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        """Stop once what was handed in has ended, and free everything."""
        self.call(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _end(self) -> None:
        await self.loop.shutdown_default_executor()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
