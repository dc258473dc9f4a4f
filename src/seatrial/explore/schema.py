"""Print the JSON Schema of a case file.

To renew what is committed, in the checkout:
`python -m seatrial.explore.schema > src/seatrial/schema/case.schema.json`
"""

import sys

from seatrial.explore.cases import case_schema

if __name__ == "__main__":
    sys.stdout.write(case_schema())
