"""A consumer that can't be judged, in the way that ODD names."""

import asyncio
import os
import sys

import httpx

from tests.defects.asgi import Answer, Asked, serve

ODD = os.environ["ODD"]
asked_times = 0


async def answer(asked: Asked) -> Answer:
    """A thing, after whatever is odd."""
    global asked_times
    if asked.path.startswith("/health"):
        return Answer(200, {})
    asked_times += 1
    if ODD == "silent":
        await asyncio.sleep(3600)
    if ODD == "dies" and asked_times > 2:
        print("out of cheese", flush=True)  # noqa: T201 - its last words
        os._exit(7)
    name = asked.path.removeprefix("/thing/")
    if ODD == "deaf":
        return Answer(200, {"thing": {"id": name}, "source": "provider"})
    path = f"/other/{name}" if ODD == "elsewhere" else f"/things/{name}"
    async with httpx.AsyncClient(base_url=os.environ["THINGS_URL"], trust_env=False) as http:
        thing = (await http.get(path)).json()
    return Answer(200, {"thing": thing, "source": "nowhere" if ODD == "other" else "provider"})


if __name__ == "__main__":
    if ODD == "unstartable":
        sys.exit("no disk")
    serve(answer)
