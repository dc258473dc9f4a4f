"""A provider that knows every thing, and takes every charge once for each key."""

from tests.defects.asgi import Answer, Asked, serve


async def answer(asked: Asked) -> Answer:
    """A thing by its id, or a charge for one."""
    parts = asked.path.strip("/").split("/")
    if parts == ["health", "live"]:
        return Answer(200, {})
    if parts[0] == "things" and len(parts) == 2:
        return Answer(200, {"id": parts[1], "name": f"The thing {parts[1]}"})
    if parts[0] == "charges" and asked.method == "POST":
        thing = asked.query.get("thing", "")
        return Answer(201, {"id": thing, "name": f"A charge for {thing}"})
    return Answer(404, {"status": 404})


if __name__ == "__main__":
    serve(answer)
