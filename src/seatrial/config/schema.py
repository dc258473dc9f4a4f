"""The JSON Schema of `seatrial.toml`, made from the models: editors complete and check by it.

To renew what is committed, in the checkout:
`python -m seatrial.config.schema > src/seatrial/schema/seatrial.schema.json`
"""

import json
import sys
from pathlib import Path
from typing import Any

import seatrial
from seatrial.config.model import Config

SHIPPED_SCHEMA = Path(seatrial.__file__).parent / "schema" / "seatrial.schema.json"
"""The committed schema, as the package brings it."""


def config_schema() -> str:
    """The schema as it is committed: indented JSON that ends with a line break."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:seatrial:config:1",
        "title": "seatrial.toml",
        "description": "A system under test: its services, who calls whom, and what is promised.",
    }
    schema = _tidied(Config.model_json_schema(mode="validation"))
    # In the file both kinds stand in one table.
    properties, plain = schema["properties"], schema["properties"].pop("plain_edges")
    names = properties["edges"]["patternProperties"]
    properties["edges"]["patternProperties"] = {
        name: {"anyOf": [one, plain["patternProperties"][name]]} for name, one in names.items()
    }
    return json.dumps(head | schema | head, indent=2, ensure_ascii=False) + "\n"


def _tidied(schema: Any) -> Any:
    """Without titles that only repeat a name, and without the null that TOML doesn't have."""
    if isinstance(schema, list):
        return [_tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    options = schema.get("anyOf")
    if options is not None and {"type": "null"} in options:
        others = [option for option in options if option != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        schema = rest | (others[0] if len(others) == 1 else {"anyOf": others})
    return {
        key: _tidied(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


if __name__ == "__main__":
    sys.stdout.write(config_schema())
