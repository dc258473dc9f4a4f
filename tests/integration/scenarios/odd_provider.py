"""A provider that answers what isn't HTTP: only the tap can say so."""

import json
import socketserver
import sys


class Handler(socketserver.BaseRequestHandler):
    """Answers every connection with another protocol's greeting."""

    def handle(self) -> None:
        """Answer."""
        self.request.recv(65_536)
        self.request.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        sys.stdout.write(json.dumps({"event": "listening", "data": {"url": url}}) + "\n")
        sys.stdout.flush()
        server.serve_forever()
