"""The samples of README and docs, outside the checkout, where only what they say is installed."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from .command import ROOT, ran
from .test_where_you_came_from import Provider

UV = str(Path(sys.executable).with_name("uv"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PACTS = ROOT / "contracts" / "pacts"
OWN = ("contract", "contracts-in-full", "where-you-came-from")
"""Pages that are about this repository, or whose blocks stand in a frame; they have tests."""


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


README = blocks(ROOT / "README.md")
PAGES = {
    page.stem: "\n".join(code)
    for page in sorted((ROOT / "docs" / "how-to").glob("*.md"))
    if page.stem not in OWN and (code := blocks(page))
}


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment with the built package, its extras and pytest-asyncio."""
    made = tmp_path_factory.mktemp("package")
    subprocess.run(
        [UV, "build", "--quiet", "--wheel", "--out-dir", str(made)], cwd=ROOT, check=True
    )
    (wheel,) = made.glob("*.whl")
    environment = made / "environment"
    subprocess.run(
        [UV, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True
    )
    interpreter = str(environment / "bin" / "python")
    install = [UV, "pip", "install", "--quiet", "--python", interpreter]
    named = f"seatrial[chaos,load,pact,virtual] @ file://{wheel}"
    subprocess.run([*install, named, "pytest-asyncio"], check=True)
    return interpreter


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of a provider that runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_the_code_of_a_page_needs_nothing_of_this_repository(
    python: str, tmp_path: Path, name: str
) -> None:
    (tmp_path / "page.py").write_text(PAGES[name], encoding="utf-8")
    shutil.copytree(PACTS, tmp_path / "contracts" / "pacts")  # the reader has pacts of their own
    done = ran([python, "page.py"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_readmes_load_profile_and_policies_do_too(python: str, tmp_path: Path) -> None:
    for number, code in enumerate(README[2:]):
        path = tmp_path / f"block_{number}.py"
        path.write_text(code, encoding="utf-8")
        done = ran([python, str(path)], cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_the_readmes_chaos_test_passes_on_a_provider_that_runs(
    python: str, tmp_path: Path, provider: str
) -> None:
    code = README[1].replace("http://127.0.0.1:3001", provider)
    (tmp_path / "test_users.py").write_text(code, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
    words = ("-m", "pytest", "-q", "--seatrial-engine", "embedded")
    done = ran([python, *words], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
