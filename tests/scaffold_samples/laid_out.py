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

GIN = """
package main

import (
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
)

var client = &http.Client{Timeout: 2 * time.Second}

func card(c *gin.Context) {
	answer, err := client.Get(os.Getenv("USERS_URL") + "/users/" + c.Param("id"))
	if err != nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"error": "users"})
		return
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	c.Data(answer.StatusCode, "application/json", body)
}

func main() {
	r := gin.Default()
	r.GET("/health", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"ok": true}) })
	v1 := r.Group("/v1")
	v1.GET("/cards/:id", card)
	r.Run(":" + os.Getenv("PORT"))
}
"""

FASTIFY_APP = """
import Fastify from 'fastify'
import cards from './routes/cards.js'

const app = Fastify({ logger: false })
app.get('/health', async () => ({ ok: true }))
app.register(cards, { prefix: '/cards' })
await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
"""

FASTIFY_CARDS = """
const users = process.env.USERS_URL

export default async function (app) {
  app.get('/:id', async (request, reply) => {
    let answer
    try {
      const signal = AbortSignal.timeout(2000)
      answer = await fetch(`${users}/users/${request.params.id}`, { signal })
    } catch {
      return reply.code(503).send({ error: 'users' })
    }
    if (!answer.ok) return reply.code(answer.status === 404 ? 404 : 503).send({ error: 'users' })
    return answer.json()
  })
}
"""

NEST_MAIN = """
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
"""

NEST_MODULE = """
import { Module } from '@nestjs/common';
import { HttpModule } from '@nestjs/axios';
import { OrdersController } from './orders/orders.controller';
import { OrdersService } from './orders/orders.service';

@Module({
  imports: [HttpModule.register({ timeout: 2000 })],
  controllers: [OrdersController],
  providers: [OrdersService],
})
export class AppModule {}
"""

NEST_CONTROLLER = """
import { Controller, Get, HttpException, Param } from '@nestjs/common';
import { OrdersService } from './orders.service';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  async one(@Param('id') id: string) {
    try {
      return await this.orders.buyer(id);
    } catch (error) {
      throw new HttpException('users', error.response?.status === 404 ? 404 : 503);
    }
  }
}
"""

NEST_SERVICE = """
import { Injectable } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';

@Injectable()
export class OrdersService {
  constructor(private readonly http: HttpService) {}

  async buyer(id: string) {
    const { data } = await firstValueFrom(this.http.get(`${process.env.USERS_URL}/users/${id}`));
    return data;
  }
}
"""

NEST_PACKAGE = {
    "name": "shop",
    "scripts": {"build": "nest build", "start": "nest start", "start:dev": "nest start --watch"},
    "dependencies": {
        "@nestjs/axios": "^3.0.0",
        "@nestjs/common": "^10.0.0",
        "@nestjs/core": "^10.0.0",
        "@nestjs/platform-express": "^10.0.0",
        "axios": "^1.7.0",
        "reflect-metadata": "^0.2.0",
        "rxjs": "^7.8.1",
    },
    "devDependencies": {"@nestjs/cli": "^10.0.0", "@types/node": "^20.0.0", "typescript": "^5.4.0"},
}

NEST_TYPESCRIPT = {
    "compilerOptions": {
        "module": "commonjs",
        "target": "ES2022",
        "outDir": "./dist",
        "baseUrl": "./",
        "experimentalDecorators": True,
        "emitDecoratorMetadata": True,
        "skipLibCheck": True,
    }
}

SPRING_POM = """
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.4.0</version>
  </parent>
  <groupId>com.example</groupId>
  <artifactId>orders</artifactId>
  <version>1</version>
  <properties><java.version>17</java.version></properties>
  <dependencies>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-web</artifactId>
    </dependency>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-actuator</artifactId>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <groupId>org.springframework.boot</groupId>
        <artifactId>spring-boot-maven-plugin</artifactId>
      </plugin>
    </plugins>
  </build>
</project>
"""

SPRING_APP = """
package com.example.orders;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class OrdersApplication {
  public static void main(String[] args) {
    SpringApplication.run(OrdersApplication.class, args);
  }
}
"""

SPRING_CONTROLLER = """
package com.example.orders;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

@RestController
@RequestMapping("/api/orders")
public class OrderController {
  private final RestClient client;

  OrderController(@Value("${users.base-url}") String base) {
    this.client = RestClient.create(base);
  }

  @GetMapping("/{orderId}")
  public ResponseEntity<String> one(@PathVariable String orderId) {
    try {
      return ResponseEntity.ok(
          client.get().uri("/users/{id}", orderId).retrieve().body(String.class));
    } catch (HttpClientErrorException.NotFound missing) {
      return ResponseEntity.notFound().build();
    } catch (RestClientException down) {
      return ResponseEntity.status(503).build();
    }
  }
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
    "gin-groups": Sample(
        {"go.mod": "module example.com/cards\n\ngo 1.22\n", "main.go": GIN, **_PACT},
        right(["go", "run", "."], "/v1/cards/{id}", "/users/{id}"),
        runs=True,
        install=(("go", "mod", "tidy"),),
    ),
    "fastify-plugin": Sample(
        {
            "package.json": json.dumps(
                json.loads(_node("node app.js", fastify="^4.28.0")) | {"type": "module"}
            ),
            "app.js": FASTIFY_APP,
            "routes/cards.js": FASTIFY_CARDS,
            **_PACT,
        },
        right(["node", "app.js"], "/cards/{id}", "/users/{id}"),
        runs=True,
        install=(_NPM,),
    ),
    "nest-app": Sample(
        {
            "package.json": json.dumps(NEST_PACKAGE),
            "tsconfig.json": json.dumps(NEST_TYPESCRIPT),
            "nest-cli.json": '{"sourceRoot": "src"}',
            "src/main.ts": NEST_MAIN,
            "src/app.module.ts": NEST_MODULE,
            "src/orders/orders.controller.ts": NEST_CONTROLLER,
            "src/orders/orders.service.ts": NEST_SERVICE,
            **_PACT,
        },
        right(["nest", "start"], "/orders/{id}", "/users/{id}"),
        runs=True,
        install=(_NPM,),
    ),
    "spring-boot": Sample(
        {
            "pom.xml": SPRING_POM,
            "src/main/java/com/example/orders/OrdersApplication.java": SPRING_APP,
            "src/main/java/com/example/orders/OrderController.java": SPRING_CONTROLLER,
            "src/main/resources/application.yml": "server: {port: 8080}\n"
            "users: {base-url: 'http://localhost:8081'}\n",
            **_PACT,
        },
        right(["mvn", "spring-boot:run"], "/api/orders/{id}", "/users/{id}", "USERS_BASEURL")
        | {"services.*.port_env": "SERVER_PORT", "services.*.health": "/actuator/health"},
        runs=True,
        install=(("mvn", "-q", "compile", "dependency:go-offline"),),
    ),
}
