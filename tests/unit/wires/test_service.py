"""What a service's output says of its end."""

import pytest

from seatrial.wires.service import error_in

NODE = """node:internal/process/promises:394
      triggerUncaughtException(err, true /* fromPromise */);
      ^

AxiosError: Request failed with status code 503
    at settle (/shop/node_modules/axios/lib/core/settle.js:19:12) {
  code: 'ERR_BAD_RESPONSE',
  [cause]: Error: socket hang up
}

Node.js v20.20.2
"""
PYTHON = """Traceback (most recent call last):
  File "shop.py", line 7, in <module>
    prices["book"]
KeyError: 'book'
"""
JAVA = """Exception in thread "main" java.lang.IllegalStateException: no prices
\tat shop.Shop.main(Shop.java:7)
"""


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (NODE, "AxiosError: Request failed with status code 503"),
        (PYTHON, "KeyError: 'book'"),
        (JAVA, 'Exception in thread "main" java.lang.IllegalStateException: no prices'),
        ("panic: no prices\n\ngoroutine 1 [running]:\n", "panic: no prices"),
        ("listening\nbye\n", ""),
    ],
)
def test_the_line_that_says_what_ended_it(said: str, error: str) -> None:
    assert error_in(said) == error
