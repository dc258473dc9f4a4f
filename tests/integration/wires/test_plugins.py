"""A team's own faults, as docs/how-to/fault.md shows them, on a wire of the installed package."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "fault.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# In a process of its own: what a plugin registers stays registered.
PROGRAM = """
import asyncio, sys, time
from pathlib import Path
import httpx
from seatrial.faults.catalogue import faults
from seatrial.plugins import load_plugins
from seatrial.tap import ACTIONS
from seatrial.wires import open_wires

load_plugins(["our_faults"], Path(sys.argv[1]))

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with open_wires("embedded") as wires:
        async with wires.edge(f"http://127.0.0.1:{port}") as wire, httpx.AsyncClient() as client:
            async with wire.fault(ACTIONS["teapot"](colour="blue")):
                answer = await client.get(wire.url)
                print(answer.status_code, answer.headers["x-colour"], answer.text)
            async with wire.fault(faults()["molasses"](rate_kb_s=10)):
                began_s = time.monotonic()
                answer = await client.get(wire.url)
                print(answer.status_code, time.monotonic() - began_s > 0.3)
            print((await wire.journal())[0].fault)

async def serve(reader, writer):
    while await reader.readuntil(b"\\r\\n\\r\\n"):
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 5000\\r\\n\\r\\n" + b"x" * 5000)

asyncio.run(main())
"""


def test_a_teams_own_faults_work_on_the_wire_as_the_page_shows_them(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    _write_faults(project)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(project)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=elsewhere,
    )
    assert done.stdout.splitlines() == ["418 blue short and stout", "200 True", "teapot"], (
        done.stderr
    )


def test_a_teams_own_faults_are_listed(tmp_path: Path) -> None:
    _write_faults(tmp_path)
    config = 'plugins = ["our_faults"]\n[services.shop]\nurl = "http://127.0.0.1:1"\nhealth = "/"\n'
    (tmp_path / "seatrial.toml").write_text(config, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from seatrial.cli import main; main()",
            "chaos",
            "list",
            "--faults",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert {"molasses", "teapot"} <= set(done.stdout.split()), done.stdout + done.stderr


def _write_faults(folder: Path) -> None:
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    own = [block for block in blocks if "class Molasses" in block or "class Teapot" in block]
    assert len(own) == 2
    (folder / "our_faults.py").write_text("\n".join(own), encoding="utf-8")


def test_a_plugin_that_the_tap_cannot_import_is_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "seatrial.tap", "--upstream", "http://h:1", "--plugin", "not_there"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("the plugin 'not_there' can't be imported: ModuleNotFoundError")
    assert "Traceback" not in done.stderr
