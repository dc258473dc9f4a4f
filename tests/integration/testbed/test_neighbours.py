"""A consumer with several providers: each of its variables is set, whichever edge is on trial."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from seatrial.config import Config
from seatrial.faults import open_engine
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

PLAIN = """
import http.server, json, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(dict(os.environ)).encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
SERVICE: dict[str, Any] = {"command": ["python", "-S", "-c", PLAIN], "health": "/"}


def edge(provider: str, address: object) -> dict[str, Any]:
    return {
        "consumer": "shop",
        "provider": provider,
        "address_env": address,
        "trigger": {"path": "/{id}"},
        "upstream": {"path": "/{id}"},
        "entity": {"ids": "x-{n}"},
        "good": {"status": [200]},
        "failed": {"status": [503]},
        "policy": {"answers_within_s": 1},
    }


def test_every_variable_is_set_and_said_whichever_edge_is_on_trial(tmp_path: Path) -> None:
    forms = {"USERS_URL": "{url}/v1", "USERS_HOST": "{host}", "USERS_PORT": "{port}"}
    config = Config.model_validate(
        {
            "services": {
                "shop": SERVICE
                | {"addresses": {"MAIL_URL": "{mail}/send", "REAL_URL": "real", "SELF": "shop"}},
                "users": SERVICE,
                "bank": SERVICE | {"addresses": {"SHOP_URL": "shop", "USERS": "{users.port}"}},
                "mail": SERVICE,
                "real": {"url": "http://127.0.0.1:9"},
            },
            "edges": {"users": edge("users", forms), "bank": edge("bank", "BANK_URL")},
        }
    )
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, config, tmp_path)
        testbed = WireTestbed(launcher, engine, "users")
        env = httpx.get(testbed.start_consumer({}).url, trust_env=False).json()
        again = httpx.get(testbed.start_consumer({}).url, trust_env=False).json()
        bank = json.loads(httpx.get(env["BANK_URL"], trust_env=False).text)
        proxy = testbed.proxy.url
        assert env["USERS_URL"] == f"{proxy}/v1"
        assert f"http://{env['USERS_HOST']}:{env['USERS_PORT']}" == proxy
        assert httpx.get(env["MAIL_URL"], trust_env=False).status_code == 200
        assert env["REAL_URL"] == "http://127.0.0.1:9"
        assert again["BANK_URL"] == env["BANK_URL"], "neighbours are started once"
        assert bank["USERS"] == testbed.provider.url.rpartition(":")[2]
        for nobody in (env["SELF"], bank["SHOP_URL"]):
            with pytest.raises(httpx.ConnectError):
                httpx.get(nobody, trust_env=False)
        said = "\n".join(launcher.neighbours.said)
    assert "shop is given BANK_URL, for bank: its own address" in said
    assert "bank is given SHOP_URL" in said
