#!/usr/bin/python3
"""A token server as docker-registry 2.8 wants one: GET with Basic or nobody, POST as OAuth2.

Signs ES256 JWTs whose `kid` is the fingerprint that libtrust computes, so that `rootcertbundle` finds the key. Writes
one JSON line per answered request to --log (never a secret), and every secret it gave out to --secrets (0600), so that
a test can look for them where they must not be.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import socket
import ssl
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

# A form of a token request is a few hundred octets; anything longer is a mistake.
LONGEST_FORM = 64 * 1024


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Signer:
    """Makes JWTs with one P-256 key."""

    def __init__(self, key_path):
        with open(key_path, "rb") as file:
            self.key = serialization.load_pem_private_key(file.read(), password=None)
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # libtrust: base32 of the first 240 bits of SHA-256 over the public key, in groups of four.
        text = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
        self.key_id = ":".join(text[i : i + 4] for i in range(0, len(text), 4))

    def token(self, claims):
        header = {"typ": "JWT", "alg": "ES256", "kid": self.key_id}
        signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return signed + "." + base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


class Realm:
    """Who may do what: admin everything, reader pull, anybody pull below public/."""

    def __init__(self, options):
        self.options = options
        self.signer = Signer(options.key)
        self.passwords = {"admin": options.admin_password, "reader": options.reader_password}
        self.refresh_tokens = {}
        self.lock = threading.Lock()

    def allowed(self, user, scope):
        """The part of one scope, `type:name:actions`, that `user` may have; None for nothing at all."""
        kind, _, rest = scope.partition(":")
        # A name may hold a host with a port, so the last colon ends it (REGISTRY-FACTS: scope grammar).
        name, _, actions = rest.rpartition(":")
        wanted = [action for action in actions.split(",") if action]
        if user == "admin":
            granted = wanted
        elif kind != "repository":
            granted = []
        elif user == "reader" or name.startswith("public/"):
            granted = [action for action in wanted if action == "pull"]
        else:
            granted = []
        return {"type": kind, "name": name, "actions": granted} if granted else None

    def answer(self, user, service, scopes, with_refresh_token):
        now = int(time.time())
        access = [entry for entry in (self.allowed(user, scope) for scope in scopes) if entry]
        token = self.signer.token(
            {
                "iss": self.options.issuer,
                "sub": user,
                "aud": service,
                "exp": now + self.options.life,
                "nbf": now - 10,
                "iat": now,
                "jti": secrets.token_hex(8),
                "access": access,
            }
        )
        body = {
            "token": token,
            "access_token": token,
            # With tokens that are born expired this server's clock is wrong, and it does not know.
            "expires_in": self.options.life if self.options.life > 0 else 300,
            "issued_at": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.remember("access-token", token)
        if with_refresh_token:
            refresh = "lab-refresh-" + secrets.token_urlsafe(32)
            with self.lock:
                self.refresh_tokens[refresh] = user
            self.remember("refresh-token", refresh)
            body["refresh_token"] = refresh
        return body

    def remember(self, kind, value):
        self.append(self.options.secrets, {"kind": kind, "value": value})

    def append(self, path, entry):
        line = (json.dumps(entry, separators=(",", ":")) + "\n").encode()
        with self.lock:
            # One write of O_APPEND per line: a reader never sees half of one.
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line)
            finally:
                os.close(file)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "regtape-lab-token"
    sys_version = ""
    timeout = 120

    def setup(self):
        # The handshake happens on the connection's own thread, so a silent client cannot stop the others.
        self.request.settimeout(30)
        self.request.do_handshake()
        super().setup()

    def log_message(self, format, *arguments):
        pass

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path != "/token":
            return self.refuse(404, "NOT_FOUND", "only /token is here")
        query = parse_qs(url.query, keep_blank_values=True)
        user = self.basic_user()
        if user is None:
            return self.refuse(401, "UNAUTHORIZED", "incorrect username or password")
        self.grant(user, "basic" if user else "anonymous", query, "true" in query.get("offline_token", []))

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= LONGEST_FORM:
            self.close_connection = True
            return self.refuse(411, "UNSUPPORTED", "a form with a Content-Length is needed")
        form = parse_qs(self.rfile.read(length).decode("utf-8", "replace"), keep_blank_values=True)
        if urlsplit(self.path).path != "/token":
            return self.refuse(404, "NOT_FOUND", "only /token is here")
        kind = form.get("grant_type", [""])[0]
        if kind == "password":
            user = self.checked(form.get("username", [""])[0], form.get("password", [""])[0])
        elif kind == "refresh_token":
            with self.realm.lock:
                user = self.realm.refresh_tokens.get(form.get("refresh_token", [""])[0])
        else:
            return self.refuse(400, "UNSUPPORTED", "grant_type must be password or refresh_token")
        if user is None:
            return self.refuse(401, "UNAUTHORIZED", "incorrect username or password")
        self.grant(user, kind, form, "offline" in form.get("access_type", []))

    def grant(self, user, kind, parameters, with_refresh_token):
        service = parameters.get("service", [""])[0]
        scopes = [scope for value in parameters.get("scope", []) for scope in value.split(" ") if scope]
        if service != self.realm.options.service:
            return self.refuse(400, "UNSUPPORTED", "unknown service")
        body = self.realm.answer(user, service, scopes, with_refresh_token)
        self.reply(200, body, {"grant": kind, "user": user, "scopes": scopes})

    def basic_user(self):
        """The user of a Basic Authorization field, "" for nobody, None for wrong credentials."""
        value = self.headers.get("Authorization")
        if value is None:
            return ""
        scheme, _, rest = value.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except ValueError:
            return None
        return self.checked(user, password)

    def checked(self, user, password):
        expected = self.realm.passwords.get(user)
        if expected is None or not secrets.compare_digest(expected.encode(), password.encode()):
            return None
        return user

    def refuse(self, status, code, message):
        self.reply(status, {"errors": [{"code": code, "message": message, "detail": None}]}, {})

    def reply(self, status, body, notes):
        octets = json.dumps(body).encode()
        # Logged before it is sent: who has the answer in hand finds the line in the log.
        entry = {
            "method": self.command,
            "path": urlsplit(self.path).path,
            "status": status,
            "bytes": len(octets),
            "version": self.request_version,
            "authorization": "Authorization" in self.headers,
        }
        entry.update(notes)
        self.realm.append(self.realm.options.log, entry)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(octets)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # A client that refuses our certificate or goes away is ordinary here.
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--certificate-key", required=True)
    parser.add_argument("--key", required=True, help="P-256 key that signs tokens")
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--life", type=int, default=300, help="seconds until a token expires")
    parser.add_argument("--log", required=True)
    parser.add_argument("--secrets", required=True)
    options = parser.parse_args()
    # Passwords come by the environment: a command line is for everybody to read.
    options.admin_password = os.environ["LAB_PASSWORD"]
    options.reader_password = os.environ["LAB_READER_PASSWORD"]

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.certificate_key)
    context.set_alpn_protocols(["http/1.1"])
    Handler.realm = Realm(options)
    server = Server(("127.0.0.1", options.port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
