"""Small services as their frameworks' templates write them, and what is right to say of each.

`right` has the values that a file must have for a first true verdict, by their place. The policy
isn't among them: what a service promises stands in no file.
"""

import json
from dataclasses import dataclass
from typing import Any

USERS = """
import http.server, json, os

made = {}

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self):
        found = made.get(self.path.rpartition("/")[2])
        self.answer(200 if found or self.path == "/health" else 404, found or {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = f"u{len(made)}"
        made[key] = {"id": key, **body}
        self.answer(201, made[key])

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
PACT = {
    "consumer": {"name": "shop"},
    "provider": {"name": "users"},
    "interactions": [
        {
            "description": "a user",
            "request": {
                "method": "GET",
                "path": "/users/7",
                "matchingRules": {
                    "path": {"matchers": [{"match": "regex", "regex": r"/users/\d+"}]}
                },
            },
            "response": {"status": 200, "body": {"name": "Ada"}},
        }
    ],
    "metadata": {"pactSpecification": {"version": "3.0.0"}},
}


@dataclass(frozen=True)
class Sample:
    """A project's folder."""

    files: dict[str, str]
    right: dict[str, Any]
    """Values that the file must have, by place; a place's "*" is the project's own service."""
    runs: bool = False
    """Whether its runtime is among what this repository's environment has."""
    install: tuple[tuple[str, ...], ...] = ()
    """Commands that install what it needs; where one fails it isn't run."""


def right(
    command: list[str], route: str, upstream: str, variable: Any = "USERS_URL", **more: Any
) -> dict[str, Any]:
    """What must be said of a service that asks users about one."""
    return {
        "services.*.command": command,
        "edges.users.address_env": variable,
        "edges.users.trigger.path": route,
        "edges.users.upstream.path": upstream,
        **{key.replace("__", "."): value for key, value in more.items()},
    }


FASTAPI = """
import os

import httpx
from fastapi import FastAPI, HTTPException

app = FastAPI()
users = httpx.AsyncClient(base_url=os.environ.get("USERS_URL", "http://localhost:8001"), timeout=2)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/orders/{order_id}")
async def order(order_id: str) -> dict[str, str]:
    try:
        answer = await users.get(f"/users/{order_id}")
    except httpx.HTTPError as error:
        raise HTTPException(503) from error
    if answer.status_code != 200:
        raise HTTPException(404 if answer.status_code == 404 else 503)
    return {"id": order_id, "user": answer.json()["name"]}
"""
FLASK = """
import json, os, urllib.error, urllib.request

from flask import Flask, abort

app = Flask(__name__)
USERS = os.environ["USERS_SERVICE_URL"]


@app.route("/healthz")
def healthz():
    return "ok"


@app.route("/profiles/<user_id>")
def profile(user_id):
    try:
        with urllib.request.urlopen(f"{USERS}/users/{user_id}", timeout=2) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        abort(404 if error.code == 404 else 502)
    except OSError:
        abort(502)
"""
STARLETTE = """
import os

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

base = f"http://{os.environ['USERS_HOST']}:{os.environ['USERS_PORT']}"


async def card(request):
    async with httpx.AsyncClient(base_url=base, timeout=2) as client:
        try:
            answer = await client.get("/users/" + request.path_params["user_id"])
        except httpx.HTTPError:
            return JSONResponse({}, 503)
    return JSONResponse({}, answer.status_code)


application = Starlette(routes=[Route("/cards/{user_id}", card)])
"""
DJANGO = """
from django.urls import path
from . import views

urlpatterns = [path("health/", views.health), path("orders/<int:order_id>/", views.order)]
"""
NODE = """
const http = require("node:http");
const base = process.env.USERS_URL || "http://localhost:3001";

http
  .createServer(async (request, response) => {
    const card = /^\\/cards\\/([^/]+)$/.exec(request.url);
    if (request.url === "/healthz") return response.end("ok");
    if (!card) return response.writeHead(404).end();
    try {
      const answer = await fetch(`${base}/users/${card[1]}`, { signal: AbortSignal.timeout(2000) });
      const status = answer.ok ? 200 : answer.status === 404 ? 404 : 503;
      response.writeHead(status, { "content-type": "application/json" }).end(await answer.text());
    } catch {
      response.writeHead(503).end();
    }
  })
  .listen(process.env.PORT || 3000, "127.0.0.1");
"""
EXPRESS = """
import express from "express";
import axios from "axios";
const app = express();
const client = axios.create({ baseURL: process.env.USERS_API_URL });
app.get("/health", (req, res) => res.send("ok"));
app.get("/orders/:orderId", async (req, res) => {
  const { data } = await client.get(`/v1/users/${req.params.orderId}`);
  await client.get("/v1/flags", { timeout: 10 });
  res.json(data);
});
app.listen(process.env.PORT ?? 3000);
"""
FASTIFY = """
const app = require("fastify")();
const { request } = require("undici");
app.get("/ready", async () => "ok");
const user = (id) => request(`${process.env.USERS_URL}/users/${id}`);
app.get("/carts/:id", async (req) => (await user(req.params.id)).body.json());
app.listen({ port: Number(process.env.PORT), host: "0.0.0.0" });
"""
NEST_CONTROLLER = """
@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}
  @Get()
  all() { return []; }
  @Get(':id')
  one(@Param('id') id: string) { return this.orders.one(id); }
}
"""
NEST_SERVICE = """
@Injectable()
export class OrdersService {
  constructor(private http: HttpService, private configService: ConfigService) {}
  async one(id: string) {
    const base = this.configService.get<string>('USERS_URL');
    return (await firstValueFrom(this.http.get(`${base}/users/${id}`))).data;
  }
}
"""
SPRING_POM = """
<project><modelVersion>4.0.0</modelVersion>
<parent><groupId>org.springframework.boot</groupId>
<artifactId>spring-boot-starter-parent</artifactId><version>3.4.0</version></parent>
<groupId>com.example</groupId><artifactId>orders</artifactId>
<dependencies><dependency><groupId>org.springframework.boot</groupId>
<artifactId>spring-boot-starter-actuator</artifactId></dependency></dependencies></project>
"""
SPRING = """
@RestController
@RequestMapping("/api/orders")
class OrderController {
  @Value("${users.base-url}") String base;
  @GetMapping("/{orderId}")
  Order one(@PathVariable String orderId) {
    return client.get().uri("/users/{id}", orderId).retrieve().body(Order.class);
  }
}
"""
GIN = """
package main

func main() {
	r := gin.Default()
	r.GET("/health", ok)
	r.GET("/orders/:id", func(c *gin.Context) {
		resp, err := http.Get(fmt.Sprintf("%s/users/%s", os.Getenv("USERS_URL"), c.Param("id")))
	})
	r.Run(":" + os.Getenv("PORT"))
}
"""
GO = """
package main

import (
	"io"
	"net/http"
	"os"
	"time"
)

var client = &http.Client{Timeout: 2 * time.Second}

func main() {
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {})
	http.HandleFunc("GET /cards/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer, err := client.Get(os.Getenv("USERS_URL") + "/users/" + r.PathValue("id"))
		if err != nil {
			w.WriteHeader(503)
			return
		}
		defer answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		io.Copy(w, answer.Body)
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("HTTP_PORT"), nil)
}
"""
COMPOSE = """
services:
  web:
    build: ./web
    environment: {CATALOG_URL: "http://users:8000"}
    ports: ["8080:8080"]
  users:
    build: {context: ./users}
    environment: [PORT=8000]
"""
STDLIB = """
import http.server, os, urllib.error, urllib.request

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            status = 200
        else:
            try:
                url = os.environ["CATALOG_URL"] + "/users/" + self.path.rpartition("/")[2]
                status = urllib.request.urlopen(url, timeout=2).status
            except urllib.error.HTTPError as error:
                status = 404 if error.code == 404 else 503
            except OSError:
                status = 503
        self.send_response(status)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
_UVICORN = ["python", "-m", "uvicorn", "shop.main:app", "--host", "{host}", "--port", "{port}"]
_FLASK = [
    "python",
    "-m",
    "flask",
    "--app",
    "app:app",
    "run",
    "--host",
    "{host}",
    "--port",
    "{port}",
]
_PACT = {"pacts/shop-users.json": json.dumps(PACT)}

SAMPLES = {
    "fastapi": Sample(
        {"src/shop/__init__.py": "", "src/shop/main.py": FASTAPI, **_PACT},
        right(
            _UVICORN, "/orders/{id}", "/users/{id}", services__users__pact="pacts/shop-users.json"
        ),
        runs=True,
    ),
    "flask": Sample(
        {
            "app.py": FLASK,
            "compose.yaml": "services:\n  shop: {build: ., environment: {USERS_SERVICE_URL: "
            "'http://users:8000'}}\n  users: {build: ./users}\n",
            "users/main.py": USERS,
        },
        right(
            _FLASK,
            "/profiles/{id}",
            "/users/{id}",
            "USERS_SERVICE_URL",
            services__users__command=["python", "main.py"],
            services__users__cwd="users",
            edges__users__entity__path="/users",
        ),
        runs=True,
    ),
    "starlette": Sample(
        {"Procfile": "web: uvicorn app:application --port $PORT\n", "app.py": STARLETTE, **_PACT},
        right(
            ["python", "-m", "uvicorn", "app:application", "--port", "{port}"],
            "/cards/{id}",
            "/users/{id}",
            {"USERS_HOST": "{host}", "USERS_PORT": "{port}"},
        ),
        runs=True,
    ),
    "django": Sample(
        {
            "manage.py": "import django",
            "shop/urls.py": DJANGO,
            "shop/views.py": "import requests\ndef order(r, order_id):\n"
            "    requests.get(f'{settings.USERS_URL}/users/{order_id}/')\n",
            "shop/settings.py": "import os\nUSERS_URL = os.getenv('USERS_URL', "
            "'http://localhost:8001/api')\n",
        },
        right(
            ["python", "manage.py", "runserver", "--noreload", "{host}:{port}"],
            "/orders/{id}/",
            "/users/{id}/",
            {"USERS_URL": "{url}/api"},
            services__users__url="http://127.0.0.1:8001",
        ),
    ),
    "node": Sample(
        {"package.json": '{"name": "cards", "main": "server.js"}', "server.js": NODE, **_PACT},
        right(["node", "server.js"], "/cards/{id}", "/users/{id}"),
        runs=True,
    ),
    "express": Sample(
        {
            "package.json": json.dumps(
                {"name": "orders", "scripts": {"start": "NODE_ENV=production node src/server.js"}}
            ),
            "src/server.js": EXPRESS,
            ".env": "PORT=3000\nUSERS_API_URL=http://localhost:4000\nDATABASE_URL=postgres://db\n",
        },
        right(
            ["node", "src/server.js"],
            "/orders/{id}",
            "/v1/users/{id}",
            "USERS_API_URL",
            services__users__url="http://127.0.0.1:4000",
        ),
    ),
    "fastify": Sample(
        {
            "Dockerfile": 'FROM node:22\nEXPOSE 3000\nCMD ["node", "server.js"]\n',
            "server.js": FASTIFY,
            **_PACT,
        },
        right(["node", "server.js"], "/carts/{id}", "/users/{id}"),
    ),
    "nest": Sample(
        {
            "package.json": '{"name": "orders", "scripts": {"start": "nest start"}}',
            "src/main.ts": "await app.listen(process.env.PORT ?? 3000);",
            "src/orders.controller.ts": NEST_CONTROLLER,
            "src/orders.service.ts": NEST_SERVICE,
            **_PACT,
        },
        right(["nest", "start"], "/orders/{id}", "/users/{id}"),
    ),
    "spring": Sample(
        {
            "pom.xml": SPRING_POM,
            "mvnw": "#!/bin/sh\n",
            "src/main/java/OrderController.java": SPRING,
            "src/main/resources/application.yml": "server: {port: 8080}\n"
            "users: {base-url: 'http://localhost:8081'}\n",
        },
        right(
            ["./mvnw", "spring-boot:run"],
            "/api/orders/{id}",
            "/users/{id}",
            "USERS_BASEURL",
            services__users__url="http://127.0.0.1:8081",
        )
        | {"services.*.port_env": "SERVER_PORT", "services.*.health": "/actuator/health"},
    ),
    "gin": Sample(
        {"go.mod": "module example.com/orders\n", "cmd/api/main.go": GIN, **_PACT},
        right(["go", "run", "./cmd/api"], "/orders/{id}", "/users/{id}"),
    ),
    "go": Sample(
        {"go.mod": "module example.com/cards\n\ngo 1.22\n", "main.go": GO, **_PACT},
        right(["go", "run", "."], "/cards/{id}", "/users/{id}")
        | {"services.*.port_env": "HTTP_PORT"},
        runs=True,
    ),
    "compose": Sample(
        {
            "compose.yaml": COMPOSE,
            "web/main.py": STDLIB,
            "users/main.py": USERS,
        },
        right(["python", "main.py"], "/profiles/{id}", "/users/{id}", "CATALOG_URL"),
        runs=True,
    ),
}
