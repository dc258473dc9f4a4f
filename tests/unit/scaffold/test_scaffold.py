"""`seatrial init`: what folders of several kinds tell, and that what is written can be read."""

import json
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from seatrial.config import Config, load_config
from seatrial.config.schema import config_schema
from seatrial.scaffold import look, sketch

NODE = {
    "package.json": json.dumps(
        {"name": "@shop/order-service", "scripts": {"start": "node src/server.js --quiet"}}
    ),
    "src/server.js": "const base = process.env.USER_SERVICE_URL;\n"
    "app.get('/orders/:orderId', show); app.get('/healthz', ok); process.env.DATABASE_URL",
    "node_modules/x/index.js": "process.env.NOT_OURS_URL",
}
PYTHON = {
    "pyproject.toml": '[project]\nname = "Shop API"\n[project.scripts]\nshop = "shop:main"\n',
    "shop/app.py": 'os.environ["PAYMENTS_BASE_URL"]\n'
    '@app.get("/orders/{order_id}")\ndef f(): ...\n',
}
GO = {
    "go.mod": "module example.com/acme/orders\n",
    "cmd/server/main.go": 'os.Getenv("STOCK_API_URL"); mux.HandleFunc("GET /orders/{id}", f)',
    "compose.yaml": "services:\n  orders:\n    environment:\n      MAIL_SERVICE_URL: http://mail\n",
}
PACT = {
    "consumer": {"name": "order-service"},
    "provider": {"name": "user-service"},
    "interactions": [
        {
            "request": {"method": "GET", "path": "/users/u-7"},
            "response": {"status": 200},
        }
    ],
    "metadata": {"pactSpecification": {"version": "4.0"}},
}
BROKEN = {
    "package.json": "{not json",
    "pyproject.toml": "[[[",
    "x.json": '{"interactions": 1}',
    "y.json": '{"interactions": [{}], "consumer": {}, "provider": []}',
    "main.py": "\x00\udc80 os.environ['_URL'] '/a/{' ':x' \"'",
    "Procfile": "web: FOO=1 python 'main.py",
}


def filled(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return folder


def written(folder: Path) -> tuple[Config, str]:
    """The file that is written for a folder, read again."""
    text = sketch(look(folder))
    path = folder / "seatrial.toml"
    path.write_text(text, encoding="utf-8")
    jsonschema_rs.validator_for(json.loads(config_schema())).validate(tomllib.loads(text))
    return load_config(path), text


def test_node_service_is_understood(tmp_path: Path) -> None:
    config, text = written(filled(tmp_path, NODE))
    service = config.services["order-service"]
    assert service.command == ("node", "src/server.js", "--quiet")
    assert service.health == "/healthz"
    edge = config.edges["user-service"]
    assert (edge.address_env, edge.trigger.path) == ("USER_SERVICE_URL", "/orders/{id}")
    assert set(config.edges) == {"user-service"}  # neither a database nor somebody's package
    assert "From package.json: scripts.start." in text
    assert "From src/server.js." in text


def test_python_service_is_understood(tmp_path: Path) -> None:
    config, _ = written(filled(tmp_path, PYTHON))
    assert config.services["shop-api"].command == ("shop",)
    edge = config.edges["payments"]
    assert (edge.address_env, edge.trigger.path) == ("PAYMENTS_BASE_URL", "/orders/{id}")


def test_go_service_and_its_compose_file_are_understood(tmp_path: Path) -> None:
    config, _ = written(filled(tmp_path, GO))
    assert config.services["orders"].command == ("go", "run", "./cmd/server")
    assert set(config.edges) == {"mail-service", "stock"}


def test_provider_is_played_from_a_pact_that_lies_there(tmp_path: Path) -> None:
    config, _ = written(filled(tmp_path, NODE | {"pacts/a.json": json.dumps(PACT)}))
    assert config.services["user-service"].pact == "pacts/a.json"
    edge = config.edges["user-service"]
    assert (edge.upstream.path, edge.entity.ids) == ("/users/{id}", "u-7-{n}")


def test_start_that_needs_a_shell_is_left_to_npm(tmp_path: Path) -> None:
    package = {"scripts": {"start": "NODE_ENV=production node a.js && echo"}}
    config, _ = written(filled(tmp_path, {"package.json": json.dumps(package)}))
    assert next(iter(config.services.values())).command == ("npm", "start")


@pytest.mark.parametrize("files", [{}, BROKEN], ids=["empty", "broken"])
def test_folder_that_tells_nothing_gets_a_file_to_fill_in(
    tmp_path: Path, files: dict[str, str]
) -> None:
    config, text = written(filled(tmp_path, files))
    assert config.edges["provider"].address_env == "PROVIDER_URL"
    assert text.count("CHECK") >= 5


def test_project_of_any_name_gets_a_name_that_is_allowed(tmp_path: Path) -> None:
    odd = tmp_path / "Ünsere Große_App!"
    odd.mkdir()
    config, _ = written(odd)
    assert len(config.services) == 2


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("a.js", r"/^\/cards\/([^/]+)$/.exec(path)"),
        ("a.js", r"/^\/cards\/([^/?]+)$/.exec(path)"),
        ("a.js", "router.get('/cards/:cardId', show)"),
        ("a.py", "@bp.get('/cards/<int:n>')\ndef f(n): ..."),
        ("a.py", "router = APIRouter(prefix='/cards')\n@router.get('/{n}')\nasync def f(n): ..."),
        ("a.py", "app.router.add_get('/cards/{n}', f)"),
        ("a.go", 'r.Get("/cards/{n}", f)'),
        ("a.java", '@RequestMapping("/cards") class A { @GetMapping("/{n}") B f() {} }'),
        ("a.java", 'server.createContext("/cards/", exchange -> show(exchange));'),
    ],
)
def test_routes_are_found_as_they_are_commonly_written(
    tmp_path: Path, file: str, code: str
) -> None:
    assert look(filled(tmp_path, {file: code})).routes == ("/cards/{id}",)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("a.py", "import httpx\nclient.get(f'/v1/users/{one}')"),
        ("a.py", "httpx.get(f'{base}/v1/users/{one}')"),
        ("a.py", "urlopen(base + '/v1/users/' + one)"),
        ("a.py", "client.request('GET', f'/v1/users/{one}')"),
        ("a.js", "client.get(`/v1/users/${one}`, { timeout: 1 })"),
        ("a.js", "await fetch(`${base}/v1/users/${one}`)"),
        ("a.go", 'http.Get(fmt.Sprintf("%s/v1/users/%s", base, one))'),
        ("a.java", 'client.get().uri("/v1/users/{one}", one)'),
        ("a.java", 'HttpRequest.newBuilder(URI.create(USERS + "/v1/users/" + one)).build()'),
    ],
)
def test_a_clients_calls_are_no_routes_of_the_service(tmp_path: Path, file: str, code: str) -> None:
    hints = look(filled(tmp_path, {file: code}))
    assert (hints.routes, hints.calls) == ((), ("/v1/users/{id}",))


@pytest.mark.parametrize(
    ("name", "default", "found"),
    [
        ("USER_SERVICE", "http://localhost:5001", True),
        ("USERS_URL", "", True),
        ("USER_SERVICE", "users", False),
        ("ALLOWED_ORIGINS", "http://localhost:3000", False),
    ],
)
def test_a_variable_whose_default_is_a_url_is_an_address_whatever_its_name(
    tmp_path: Path, name: str, default: str, found: bool
) -> None:
    code = f"import os\nUSERS = os.environ.get({name!r}, {default!r})\n"
    assert (name in look(filled(tmp_path, {"a.py": code})).variables) is found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "gunicorn app:app -w 4 --bind 0.0.0.0:$PORT",
            "gunicorn app:app -w 4 --bind {host}:{port}",
        ),
        ("uvicorn app:app --reload --port 8000", "uvicorn app:app --port {port}"),
        ("uvicorn app:app --port ${PORT:-8000}", "uvicorn app:app --port {port}"),
        ("flask run", "flask run --port {port}"),
        ("fastapi run shop/main.py", "fastapi run shop/main.py --port {port}"),
    ],
)
def test_a_command_is_given_the_port_that_it_shall_listen_at(
    tmp_path: Path, line: str, words: str
) -> None:
    hints = look(filled(tmp_path, {"Procfile": f"web: {line}"}))
    assert hints.command is not None
    assert hints.command.words == ("python", "-m", *words.split())


def test_dockerfile_openapi_and_env_file_are_read(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM ruby\nEXPOSE 3000\nENTRYPOINT ["bundle", "exec"]\n'
        'CMD ["puma", "-p", "3000"]\n',
        "openapi.yaml": "openapi: 3.1.0\npaths:\n  /cards/{cardId}:\n    get: {}\n",
        ".env": "export USERS_HOST=localhost\nUSERS_PORT='3001'\nREDIS_URL=redis://x\n",
    }
    config, _ = written(filled(tmp_path, files))
    own, users = config.services.values()
    assert own.command == ("bundle", "exec", "puma", "-p", "{port}")
    assert users.url == "http://127.0.0.1:3001"
    edge = config.edges["users"]
    assert edge.address_at("http://h:1") == {"USERS_HOST": "h", "USERS_PORT": "1"}
    assert edge.trigger.path == "/cards/{id}"


def test_the_node_example_needs_no_change_but_its_policy(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "docs/examples/node-consumer"
    for path in example.iterdir():
        if path.name != "seatrial.toml":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    config, _ = written(tmp_path)
    edge = config.edges["user-service"]
    assert config.services["card-service"].health == "/healthz"
    assert config.services["user-service"].pact == "card-service-user-service.json"
    assert (edge.trigger.path, edge.upstream.path) == ("/cards/{id}", "/users/{id}")
    assert edge.entity.ids == "user-1-{n}"


def test_variables_that_are_taken_out_of_the_environment_together_are_found(tmp_path: Path) -> None:
    code = "const { USERS_URL, STOCK_API: stock = 'http://stock:3000', DEBUG } = process.env;"
    hints = look(filled(tmp_path, {"package.json": '{"name": "shop"}', "shop.js": code}))
    assert sorted(hints.variables) == ["STOCK_API", "USERS_URL"]
