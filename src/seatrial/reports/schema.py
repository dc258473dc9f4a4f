"""The JSON Schema of a result, made from the model.

To renew what is committed, in the checkout:
`python -m seatrial.reports.schema > src/seatrial/schema/result.schema.json`
"""

import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from seatrial.results import VERSION, Result


class _Whole(GenerateJsonSchema):
    """Every field is required: a result that was written has its defaults in it."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True


def result_schema() -> str:
    """The schema as it is committed: indented JSON that ends with a line break."""
    schema = Result.model_json_schema(by_alias=True, mode="serialization", schema_generator=_Whole)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:seatrial:result:{VERSION}",
    }
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(result_schema())
