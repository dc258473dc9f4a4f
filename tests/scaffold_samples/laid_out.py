"""Applications as their frameworks' templates lay them out, with what has to be installed first."""

import json

from tests.scaffold_samples.samples import PACT, Sample, right

_PACT = {"pacts/shop-users.json": json.dumps(PACT)}

FASTAPI_MAIN = """
from fastapi import FastAPI
from .api import orders
from .settings import settings

app = FastAPI(title="shop")
app.include_router(orders.router, prefix=settings.api_prefix)

@app.get("/healthz")
def healthz():
    return {"ok": True}
"""

FASTAPI_SETTINGS = """
import os
from pydantic import BaseModel

class Settings(BaseModel):
    users_service_url: str = os.getenv("USERS_SERVICE_URL", "http://localhost:8001")
    api_prefix: str = "/api/v1"

settings = Settings()
"""

FASTAPI_ORDERS = """
import httpx
from fastapi import APIRouter, HTTPException
from tenacity import retry, stop_after_attempt, wait_exponential_jitter, retry_if_exception_type
from ..settings import settings

router = APIRouter(prefix="/orders", tags=["orders"])

@retry(
    stop=stop_after_attempt(3),
    wait=wait_exponential_jitter(initial=0.1, max=1, jitter=0.1),
    retry=retry_if_exception_type(httpx.TransportError),
    reraise=True,
)
async def get_user(user_id: str):
    async with httpx.AsyncClient(base_url=settings.users_service_url, timeout=1.0) as client:
        r = await client.get(f"/users/{user_id}")
        r.raise_for_status()
        return r.json()

@router.get("/{order_id}/buyer")
async def buyer(order_id: str):
    try:
        return await get_user(order_id)
    except httpx.HTTPStatusError as e:
        raise HTTPException(404 if e.response.status_code == 404 else 502)
    except httpx.TransportError:
        raise HTTPException(503, "users is down")
"""

FLASK_FACTORY = """
import os
from flask import Flask

def create_app():
    app = Flask(__name__)
    app.config["USERS_API_URL"] = os.environ.get("USERS_API_URL", "http://localhost:5001")
    from .profiles import bp
    app.register_blueprint(bp, url_prefix="/profiles")
    return app
"""

FLASK_PROFILES = """
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry
from flask import Blueprint, current_app, jsonify, abort

bp = Blueprint("profiles", __name__)
session = requests.Session()
retries = Retry(3, backoff_factor=0.1, status_forcelist=[502, 503], raise_on_status=False)
session.mount("http://", HTTPAdapter(max_retries=retries))

@bp.route("/<user_id>")
def show(user_id):
    try:
        answer = session.get(f"{current_app.config['USERS_API_URL']}/users/{user_id}", timeout=2)
    except requests.RequestException:
        abort(503)
    if answer.status_code != 200:
        abort(404 if answer.status_code == 404 else 503)
    return jsonify(answer.json())
"""

DJANGO_MANAGE = """
#!/usr/bin/env python
import os, sys
if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""

DJANGO_SETTINGS = """
import os
SECRET_KEY = "x"
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_.urls"
INSTALLED_APPS = ["orders"]
USERS_BASE_URL = os.environ.get("USERS_BASE_URL", "http://127.0.0.1:8001")
"""

DJANGO_URLS = """
from django.urls import include, path
urlpatterns = [path("api/", include("orders.urls"))]
"""

DJANGO_ORDERS = """
from django.urls import path
from . import views
urlpatterns = [path("orders/<str:order_id>/", views.order)]
"""

DJANGO_VIEWS = """
import requests
from django.conf import settings
from django.http import JsonResponse

def order(request, order_id):
    try:
        r = requests.get(f"{settings.USERS_BASE_URL}/users/{order_id}", timeout=2)
    except requests.RequestException:
        return JsonResponse({"error": "down"}, status=503)
    if r.status_code != 200:
        return JsonResponse({}, status=404 if r.status_code == 404 else 503)
    return JsonResponse(r.json())
"""

EXPRESS_INDEX = """
require('dotenv').config()
const express = require('express')
const routes = require('./routes')
const app = express()
app.use(express.json())
app.use('/api', routes)
app.listen(process.env.PORT || 3000, () => console.log('listening'))
"""

EXPRESS_ROUTES = """
const router = require('express').Router()
router.use('/orders', require('./orders'))
router.get('/health', (req, res) => res.json({ ok: true }))
module.exports = router
"""

EXPRESS_ORDERS = """
const { Router } = require('express')
const axios = require('axios')
const axiosRetry = require('axios-retry').default
const client = axios.create({ baseURL: process.env.USER_SERVICE_URL, timeout: 1000 })
axiosRetry(client, { retries: 3, retryDelay: axiosRetry.exponentialDelay })
const router = Router()
router.post('/', async (req, res) => {
  try {
    const { data } = await client.get(`/users/${req.body.userId}`)
    res.status(201).json({ buyer: data })
  } catch (error) {
    res.status(error.response && error.response.status === 404 ? 404 : 503).json({ error: 'users' })
  }
})
module.exports = router
"""

KOA = """
import Koa from 'koa'
import Router from '@koa/router'
import got from 'got'

const app = new Koa()
const router = new Router({ prefix: '/cards' })
const users = process.env.USERS_URL

router.get('/:id', async (ctx) => {
  try {
    ctx.body = await got(`${users}/users/${ctx.params.id}`, { timeout: { request: 2000 } }).json()
  } catch (error) {
    ctx.status = error.response?.statusCode === 404 ? 404 : 503
    ctx.body = { error: 'try again' }
  }
})
app.use(router.routes())
app.listen(process.env.PORT || 3000)
"""

CHI = """
package main

import (
	"io"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	client := retryablehttp.NewClient()
	client.RetryMax = 2
	r := chi.NewRouter()
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {})
	r.Route("/v1", func(r chi.Router) {
		r.Get("/cards/{id}", func(w http.ResponseWriter, req *http.Request) {
			resp, err := client.Get(os.Getenv("USERS_ADDR") + "/users/" + chi.URLParam(req, "id"))
			if err != nil {
				http.Error(w, "down", http.StatusServiceUnavailable)
				return
			}
			defer resp.Body.Close()
			w.WriteHeader(resp.StatusCode)
			io.Copy(w, resp.Body)
		})
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	http.ListenAndServe(":"+port, r)
}
"""


_NPM = ("npm", "install", "--no-audit", "--no-fund", "--silent")


def _own_environment(*packages: str) -> tuple[tuple[str, ...], ...]:
    """What makes a project's own environment."""
    return ("python", "-m", "venv", ".venv"), (".venv/bin/pip", "install", "-q", *packages)


def _node(start: str, **dependencies: str) -> str:
    named = {name.replace("_", "-"): version for name, version in dependencies.items()}
    return json.dumps({"name": "shop", "scripts": {"start": start}, "dependencies": named})


LAID_OUT = {
    "fastapi-routers": Sample(
        {
            "Dockerfile": 'CMD ["fastapi", "run", "app/main.py", "--port", "80"]\n',
            "app/__init__.py": "",
            "app/main.py": FASTAPI_MAIN,
            "app/settings.py": FASTAPI_SETTINGS,
            "app/api/__init__.py": "",
            "app/api/orders.py": FASTAPI_ORDERS,
            **_PACT,
        },
        right(
            ["uvicorn", "app.main:app", "--host", "{host}", "--port", "{port}"],
            "/api/v1/orders/{id}/buyer",
            "/users/{id}",
            "USERS_SERVICE_URL",
        ),
        runs=True,
        install=_own_environment("fastapi", "uvicorn", "httpx", "tenacity"),
    ),
    "flask-factory": Sample(
        {"shop/__init__.py": FLASK_FACTORY, "shop/profiles.py": FLASK_PROFILES, **_PACT},
        right(
            ["flask", "--app", "shop:create_app()", "run", "--host", "{host}", "--port", "{port}"],
            "/profiles/{id}",
            "/users/{id}",
            "USERS_API_URL",
        ),
        runs=True,
        install=_own_environment("flask", "requests"),
    ),
    "django-urls": Sample(
        {
            "manage.py": DJANGO_MANAGE,
            "site_/__init__.py": "",
            "site_/settings.py": DJANGO_SETTINGS,
            "site_/urls.py": DJANGO_URLS,
            "orders/__init__.py": "",
            "orders/urls.py": DJANGO_ORDERS,
            "orders/views.py": DJANGO_VIEWS,
            **_PACT,
        },
        right(
            [".venv/bin/python", "manage.py", "runserver", "--noreload", "{host}:{port}"],
            "/api/orders/{id}/",
            "/users/{id}",
            "USERS_BASE_URL",
        ),
        runs=True,
        install=_own_environment("django", "requests"),
    ),
    "express-post": Sample(
        {
            "package.json": _node(
                "node src/index.js", express="^4.19.2", axios="^1.7.0", axios_retry="^4.5.0"
            ),
            "src/index.js": EXPRESS_INDEX.replace("require('dotenv').config()\n", ""),
            "src/routes/index.js": EXPRESS_ROUTES,
            "src/routes/orders.js": EXPRESS_ORDERS,
            ".env": "USER_SERVICE_URL=http://localhost:4001\n",
            **_PACT,
        },
        right(["node", "src/index.js"], "/api/orders", "/users/{id}", "USER_SERVICE_URL")
        | {"edges.users.trigger.method": "POST"},
        runs=True,
        install=(_NPM,),
    ),
    "koa": Sample(
        {
            "package.json": json.dumps(
                json.loads(_node("node app.js", koa="^2.15.3", got="^14.4.2")) | {"type": "module"}
            ).replace('"koa":', '"@koa/router": "^13.0.0", "koa":'),
            "app.js": KOA,
            **_PACT,
        },
        right(["node", "app.js"], "/cards/{id}", "/users/{id}"),
        runs=True,
        install=(_NPM,),
    ),
    "chi": Sample(
        {"go.mod": "module example.com/cards\n\ngo 1.22\n", "main.go": CHI, **_PACT},
        right(["go", "run", "."], "/v1/cards/{id}", "/users/{id}", "USERS_ADDR"),
        runs=True,
        install=(("go", "mod", "tidy"),),
    ),
}
