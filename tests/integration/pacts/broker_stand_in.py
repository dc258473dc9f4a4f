"""A stand-in for a Pact Broker: the HAL routes that are used here, kept in memory.

No real broker could be installed where this was written. The stand-in is held to two clients of
Pact's own, its command line tool and its verifier (test_broker_stand_in.py), so that what it
answers is what they expect.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_LINKS = {
    "pb:publish-contracts": "/contracts/publish",
    "pb:provider-pacts-for-verification": "/pacts/provider/{provider}/for-verification",
    "pb:pacticipant-version": "/pacticipants/{pacticipant}/versions/{version}",
    "pb:pacticipant-branch-version": (
        "/pacticipants/{pacticipant}/branches/{branch}/versions/{version}"
    ),
    "pb:environments": "/environments",
}


@dataclass
class StandIn:
    """The broker's knowledge, the requests to it, and how it shall fail."""

    url: str = ""
    token: str | None = None
    fails: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Beginning of a path → what is answered instead."""
    pacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Hash → the pact's JSON value."""
    versions: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """Hash → consumer, version and branch of those that have this pact, the newest last."""
    results: list[dict[str, Any]] = field(default_factory=list)
    branches: dict[tuple[str, str], str] = field(default_factory=dict)
    """Pacticipant and version → branch."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def put(self, document: dict[str, Any], version: str = "1", branch: str = "main") -> str:
        """Know a pact; returns its hash."""
        text = json.dumps(document, sort_keys=True)
        sha = hashlib.sha256(text.encode()).hexdigest()[:40]
        self.pacts[sha] = document
        consumer = document["consumer"]["name"]
        self.versions.setdefault(sha, []).append((consumer, version, branch))
        self.branches[consumer, version] = branch
        return sha

    def chosen(self, provider: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The pacts for verification."""
        branch = body.get("providerVersionBranch")
        found = []
        for sha, document in self.pacts.items():
            if document["provider"]["name"] != provider:
                continue
            if any(self._fits(sha, each, branch) for each in body["consumerVersionSelectors"]):
                pending = bool(body.get("includePendingStatus")) and not self._proved(sha, branch)
                found.append(self._entry(document, sha, {"pending": pending}))
            elif "includeWipPactsSince" in body and not self._proved(sha, branch):
                found.append(self._entry(document, sha, {"pending": True, "wip": True}))
        return found

    def _fits(self, sha: str, selector: dict[str, Any], branch: str | None) -> bool:
        branches = {each[2] for each in self.versions[sha]}
        if selector.get("mainBranch"):
            return "main" in branches
        if selector.get("matchingBranch"):
            return branch in branches
        return selector.get("branch") in branches

    def _proved(self, sha: str, branch: str | None) -> bool:
        return any(
            result["sha"] == sha
            and result["success"]
            and self.branches.get((result["provider"], result["version"])) == branch
            for result in self.results
        )

    def _entry(self, document: dict[str, Any], sha: str, properties: Any) -> dict[str, Any]:
        return {
            "shortDescription": "chosen",
            "verificationProperties": {**properties, "notices": []},
            "_links": {"self": {"href": self._pact_url(document, sha), "name": "a pact"}},
        }

    def _pact_url(self, document: dict[str, Any], sha: str) -> str:
        parties = f"provider/{document['provider']['name']}/consumer/{document['consumer']['name']}"
        return f"{self.url}/pacts/{parties}/pact-version/{sha}"

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """The JSON answer of a route; None for 404."""
        parts = [unquote(part) for part in path.strip("/").split("/") if part]
        match method, parts:
            case "GET", []:
                links = {
                    name: {"href": self.url + target, "templated": "{" in target}
                    for name, target in _LINKS.items()
                }
                return {"_links": {"self": {"href": self.url}, **links}}
            case "POST", ["contracts", "publish"]:
                return self._publish(body)
            case "POST", ["pacts", "provider", provider, "for-verification"]:
                return {"_embedded": {"pacts": self.chosen(provider, body)}, "_links": {}}
            case "GET", ["pacts", "provider", _, "for-verification"]:
                return {"_links": {"self": {"href": self.url + path}}}  # the verifier looks first
            case "GET", ["pacts", "provider", _, "consumer", _, "pact-version", sha]:
                return self._pact(sha)
            case "POST", [*_, "provider", provider, "consumer", _, "pact-version", sha, "results"]:
                version = body["providerApplicationVersion"]
                self.results.append({**body, "sha": sha, "provider": provider, "version": version})
                return {"_links": {}}
            case "GET", ["pacticipants", name]:
                branch = f"{self.url}{path}/branches/{{branch}}/versions/{{version}}"
                return {"_links": {"pb:branch-version": {"href": branch, "templated": True}}}
            case "PUT", ["pacticipants", name, "branches", branch, "versions", version]:
                self.branches[name, version] = branch
                return {"_links": {}}
            case "GET", ["matrix"]:
                return self._matrix(query["q[][pacticipant]"][0], query["q[][version]"][0])
            case _:
                return None

    def _publish(self, body: dict[str, Any]) -> dict[str, Any]:
        for contract in body["contracts"]:
            document = json.loads(base64.b64decode(contract["content"]))
            self.put(document, body["pacticipantVersionNumber"], body.get("branch", ""))
        told = f"published {len(body['contracts'])} contracts"
        links = {"pb:contracts": [], "pb:pacticipant": {"href": self.url}}
        return {"notices": [{"type": "success", "text": told}], "logs": [], "_links": links}

    def _pact(self, sha: str) -> dict[str, Any] | None:
        document = self.pacts.get(sha)
        if document is None:
            return None
        url, version = self._pact_url(document, sha), self.versions[sha][-1][1]
        provider = document["provider"]["name"]
        links = {
            "self": {"href": url},
            "pb:provider": {"href": f"{self.url}/pacticipants/{provider}"},
            "pb:consumer-version": {"name": version, "href": url},
            "pb:publish-verification-results": {"href": f"{url}/results"},
        }
        return {**document, "createdAt": "2026-01-01T00:00:00+00:00", "_links": links}

    def _matrix(self, name: str, version: str) -> dict[str, Any]:
        """Answer can-i-deploy: whether each pact of a consumer's version has a good result."""
        rows = []
        for sha, published in self.versions.items():
            if (name, version) in {each[:2] for each in published}:
                good = [each for each in self.results if each["sha"] == sha]
                last = good[-1] if good else None
                rows.append(_row(name, version, self.pacts[sha]["provider"]["name"], last))
        known = [row["verificationResult"] for row in rows]
        deployable = bool(rows) and all(each and each["success"] for each in known)
        summary = {
            "deployable": deployable,
            "reason": "all results are good" if deployable else "a result is bad, or missing",
            "success": sum(bool(each and each["success"]) for each in known),
            "failed": sum(bool(each and not each["success"]) for each in known),
            "unknown": sum(each is None for each in known),
        }
        return {"summary": summary, "matrix": rows, "notices": []}


def _row(consumer: str, version: str, provider: str, result: Any) -> dict[str, Any]:
    return {
        "consumer": {"name": consumer, "version": {"number": version}},
        "provider": {
            "name": provider,
            "version": {"number": result["version"]} if result else None,
        },
        "pact": {"createdAt": "2026-01-01T00:00:00+00:00"},
        "verificationResult": {"success": result["success"], "number": 1} if result else None,
    }


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Serve one within the block."""
    broker = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            body = json.loads(raw) if raw else None
            broker.asked.append((self.command, parts.path, body))
            for beginning, (status, payload) in broker.fails.items():
                if parts.path.startswith(beginning):
                    return self._send(status, payload)
            if broker.token and self.headers.get("authorization") != f"Bearer {broker.token}":
                return self._send(401, b"{}")
            value = broker.answer(self.command, parts.path, parse_qs(parts.query), body)
            if value is None:
                return self._send(404, b'{"error": {"message": "there is no such thing"}}')
            return self._send(200, json.dumps(value).encode())

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - as the base class calls them

        def _send(self, status: int, payload: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/hal+json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        broker.url = f"http://127.0.0.1:{server.server_port}"
        yield broker
        server.shutdown()
        thread.join()
