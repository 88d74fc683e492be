#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small git server over HTTP, which wants a token.

    git_server.py ROOT TOKEN_FILE STATE_DIR

Serves the bare repositories below ROOT by git's own http-backend. STATE_DIR gets `port`, `requests` (a line for each) and,
when the token stands in any process's command line while it is asked for, `leaks`.
"""

import base64
import http.server
import os
import pathlib
import subprocess
import sys
import urllib.parse

root, token_file, state = (pathlib.Path(argument) for argument in sys.argv[1:4])
token = token_file.read_bytes().splitlines()[0]
wanted = "Basic " + base64.b64encode(b"x-access-token:" + token).decode()


def note(name, line):
    with (state / name).open("a") as stream:
        stream.write(line + "\n")


def look_for_leaks():
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                if token in (process / name).read_bytes():
                    note("leaks", f"{process.name} {name}")
            except OSError:
                pass


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        known = self.headers.get("Authorization") == wanted
        note("requests", f"{self.command} {url.path} {'known' if known else 'unknown'}")
        look_for_leaks()
        if url.path.startswith("/elsewhere/"):  # another server, as far as a client can tell
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/{url.path[11:]}?{url.query}")
            self.end_headers()
            return
        if not known:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": urllib.parse.unquote(url.path),
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        answer = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        lines = [line.decode().split(": ", 1) for line in head.split(b"\r\n") if line]
        status = next((value for name, value in lines if name == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for name, value in lines:
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
(state / "port.new").write_text(str(server.server_port))
(state / "port.new").rename(state / "port")
server.serve_forever()
