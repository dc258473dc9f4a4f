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
REQUESTS = """[2026-11-29 18:40:07] ERROR in app: Exception on /orders [POST]
Traceback (most recent call last):
  File "/shop/.venv/lib/python3.12/site-packages/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/shop/orders.py", line 73, in create
    call(items)
  File "/shop/http.py", line 12, in call
    session.get(url, timeout=2)
  File "/shop/.venv/lib/python3.12/site-packages/requests/adapters.py", line 713, in send
    raise ReadTimeout(e, request=request)
requests.exceptions.ReadTimeout: Read timed out.
127.0.0.1 - - "POST /orders HTTP/1.1" 500 -
"""
FETCH = """TypeError: Cannot read properties of undefined (reading 'price')
    at file:///shop/node_modules/express/lib/router.js:5:4
    at async total (file:///shop/gateway.js:31:9)
    at async file:///shop/gateway.js:40:3
"""
JAVA = """Exception in thread "main" java.lang.IllegalStateException: no prices
\tat shop.Shop.main(Shop.java:7)
"""


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (NODE, "AxiosError: Request failed with status code 503"),
        (PYTHON, "KeyError: 'book' (shop.py:7)"),
        (REQUESTS, "requests.exceptions.ReadTimeout: Read timed out. (http.py:12)"),
        (FETCH, "TypeError: Cannot read properties of undefined (reading 'price') (gateway.js:31)"),
        (JAVA, 'Exception in thread "main" java.lang.IllegalStateException: no prices'),
        ("panic: no prices\n\ngoroutine 1 [running]:\n", "panic: no prices"),
        ("listening\nbye\n", ""),
    ],
)
def test_the_line_that_says_what_ended_it(said: str, error: str) -> None:
    assert error_in(said) == error
