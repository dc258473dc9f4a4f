"""Routes whose prefix another file says."""

from pathlib import Path

import pytest

from seatrial.scaffold import look

FASTAPI = {
    "app/main.py": """
from fastapi import FastAPI
from app.api.main import api_router
app = FastAPI()
app.include_router(api_router, prefix="/api/v1")
""",
    "app/api/main.py": """
from fastapi import APIRouter
from app.api.routes import orders
api_router = APIRouter()
api_router.include_router(orders.router)
""",
    "app/api/routes/orders.py": """
from fastapi import APIRouter
router = APIRouter(prefix="/orders")
@router.get("/{order_id}")
async def order(order_id: str): ...
""",
}
FLASK = {
    "shop/__init__.py": """
from flask import Flask
from .orders import bp as orders_bp
app = Flask(__name__)
app.register_blueprint(orders_bp, url_prefix="/api/v1/orders")
""",
    "shop/orders.py": """
from flask import Blueprint
bp = Blueprint("orders", __name__)
@bp.route("/<int:number>")
def order(number): ...
""",
}
DJANGO = {
    "manage.py": "",
    "site/urls.py": """
from django.urls import include, path
urlpatterns = [path("api/v1/", include("orders.urls"))]
""",
    "orders/urls.py": """
from django.urls import path
urlpatterns = [path("orders/<int:number>", view)]
""",
}
EXPRESS = {
    "package.json": '{"scripts": {"start": "node src/app.js"}}',
    "src/app.js": """
const express = require('express')
const v1 = require('./api')
const app = express()
app.use('/api/v1', express.json(), v1)
""",
    "src/api/index.js": """
const router = require('express').Router()
router.use('/orders', require('./orders'))
module.exports = router
""",
    "src/api/orders.js": """
const router = require('express').Router()
router.get('/:id', async (req, res) => res.json({}))
module.exports = router
""",
}
FASTIFY = {
    "server.mjs": """
import Fastify from 'fastify'
import orders from './routes/orders.mjs'
const fastify = Fastify()
fastify.register(orders, { prefix: '/api/v1/orders' })
""",
    "routes/orders.mjs": """
export default async function (fastify) {
  fastify.get('/:id', { schema: {} }, async (request) => ({}))
}
""",
}
KOA = {
    "app.js": """
import Router from '@koa/router'
const router = new Router({ prefix: '/api/v1/orders' })
router.get('/:id', async ctx => { ctx.body = {} })
""",
}
NEST = {
    "src/main.ts": "app.setGlobalPrefix('api/v1')",
    "src/orders.controller.ts": """
@Controller('orders')
export class Orders { @Get(':id') one(@Param('id') id: string) { return {} } }
""",
}
GIN = {
    "main.go": """
v1 := r.Group("/api/v1")
orders := v1.Group("/orders")
orders.GET("/:id", show)
""",
}
CHI = {
    "main.go": """
r.Route("/api/v1", func(r chi.Router) {
	r.Route("/orders", func(r chi.Router) { r.Get("/{id}", show) })
})
r.Get("/other/{id}", other)
""",
}
FOLDERS = {
    "fastapi": FASTAPI,
    "flask": FLASK,
    "django": DJANGO,
    "express": EXPRESS,
    "fastify": FASTIFY,
    "koa": KOA,
    "nest": NEST,
    "gin": GIN,
    "chi": CHI,
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_route_has_the_prefix_that_it_is_mounted_at(tmp_path: Path, name: str) -> None:
    for path, text in FOLDERS[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert "/api/v1/orders/{id}" in look(tmp_path).routes


def test_what_is_outside_of_a_nested_router_has_no_prefix(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(CHI["main.go"])
    assert "/other/{id}" in look(tmp_path).routes


def test_a_compose_files_env_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "shop"}')
    (tmp_path / "compose.yml").write_text(
        "services: {shop: {build: ., env_file: [{path: config/shop.env}]}}"
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "shop.env").write_text("USERS_URL=http://users:8080/v1\n")
    assert look(tmp_path).variables["USERS_URL"].default == "http://users:8080/v1"


def test_springs_properties_are_read(tmp_path: Path) -> None:
    (tmp_path / "src/main/resources").mkdir(parents=True)
    (tmp_path / "src/main/resources/application.properties").write_text(
        "# a comment\nusers.base-url=http://users:8080\n"
    )
    assert look(tmp_path).variables["USERS_BASEURL"].default == "http://users:8080"


def written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_a_prefix_that_has_a_name_is_looked_up(tmp_path: Path) -> None:
    settings = "class Settings(BaseSettings):\n    api_prefix: str = '/api/v1'\n"
    main = FASTAPI["app/main.py"].replace('"/api/v1"', "settings.api_prefix")
    folder = written(tmp_path, {**FASTAPI, "app/main.py": main, "app/settings.py": settings})
    assert "/api/v1/orders/{id}" in look(folder).routes


@pytest.mark.parametrize(
    ("framework", "words"),
    [
        ("Flask", ["flask", "--app", "shop:create_app()", "run"]),
        ("FastAPI", ["uvicorn", "shop:create_app", "--host", "{host}"]),
    ],
)
def test_an_application_that_a_function_makes_is_started_by_it(
    tmp_path: Path, framework: str, words: list[str]
) -> None:
    code = f"def create_app():\n    app = {framework}(__name__)\n    return app\n"
    command = look(written(tmp_path, {"shop/__init__.py": code})).command
    assert command is not None
    assert list(command.words[2 : 2 + len(words)]) == words
    assert ("--factory" in command.words) is (framework == "FastAPI")


def test_the_fields_of_bodies_are_found_and_a_neighbour_in_another_folder(tmp_path: Path) -> None:
    files = {
        "compose.yml": "services: {shop: {build: ./shop}, users: {build: ./users}}",
        "shop/app.js": "const { userId, item: what } = req.body\nprocess.env.USERS_URL",
        "shop/package.json": '{"main": "app.js"}',
        "users/main.py": "http.server.HTTPServer(('', 1), H).serve_forever()",
    }
    found = look(written(tmp_path, files) / "shop")
    assert found.bodies == ("userId", "item")
    assert found.neighbours["users"].cwd == "../users"


def test_the_scripts_of_a_folder_are_services_and_who_calls_is_on_trial(tmp_path: Path) -> None:
    serving = "ThreadingHTTPServer(('', int(os.environ['PORT'])), H).serve_forever()\n"
    files = {"shop.py": f"BASE = os.environ['USER_SERVICE_URL']\n{serving}", "users.py": serving}
    found = look(written(tmp_path, files))
    assert found.name == "shop"
    assert found.command is not None
    assert found.command.words == ("python", "shop.py")
    assert list(found.neighbours) == ["users"]


def test_node_files_that_listen_are_services_too_and_no_other_language_is_guessed(
    tmp_path: Path,
) -> None:
    files = {
        "package.json": '{"name": "shop", "type": "module"}',
        "quotes.mjs": (
            "const rates = got.extend({ prefixUrl: process.env.RATES_URL });\n"
            "if (url.pathname.startsWith('/quotes/')) await rates.get(`rates/${id}`).json();\n"
            "createServer(handle).listen(process.env.PORT);\n"
        ),
        "rates.mjs": "createServer(handle).listen(process.env.PORT);\n",
        "lib.mjs": "export const nothing = 1;\n",
    }
    found = look(written(tmp_path, files))
    assert found.command is not None
    assert found.command.words == ("node", "quotes.mjs")
    assert (found.routes, found.calls) == (("/quotes/{id}",), ("/rates/{id}",))
    assert {name: one.command and one.command.words for name, one in found.neighbours.items()} == {
        "rates": ("node", "rates.mjs")
    }


def test_a_java_file_that_serves_runs_as_it_is(tmp_path: Path) -> None:
    serving = 'HttpServer server = HttpServer.create(at, 0); server.createContext("/items/", h);'
    found = look(written(tmp_path, {"Catalog.java": f'{serving} System.getenv("RATES_URL");'}))
    assert found.command is not None
    assert (found.command.words, found.command.builds) == (("java", "Catalog.java"), True)
    assert found.routes == ("/items/{id}",)


def test_a_pattern_of_net_http_that_ends_in_a_slash_takes_an_id(tmp_path: Path) -> None:
    code = 'http.HandleFunc("/", home)\nhttp.HandleFunc("/stock/", stock)\n'
    assert look(written(tmp_path, {"main.go": code, "go.mod": "module x"})).routes == (
        "/stock/{id}",
    )
