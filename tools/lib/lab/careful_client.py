#!/usr/bin/env python3
"""Pulls an image as a client does that believes nobody: every time that it is told is held against its own clock.

Asks for a challenge, then for a token, then for manifest and blobs, following redirects without the credentials. It refuses
a Date that is not now, a token that has expired or is not valid yet, by its answer as by its own claims, a signed URL
that is over, and content that is not what its digest says. Prints the digests, one a line.
"""
import argparse
import base64
import email.utils
import hashlib
import json
import re
import sys
import time
from datetime import datetime
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

# Seconds that two clocks may differ; a registry grants its clients about as much.
GRACE = 60
MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


class Refused(Exception):
    pass


def demand(condition, sentence):
    if not condition:
        raise Refused(sentence)


def instant(text):
    text = re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00")
    return datetime.fromisoformat(text).timestamp()


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Client:
    def __init__(self, options):
        self.options = options
        self.session = requests.Session()
        # Whatever proxy the environment names is not meant.
        self.session.trust_env = False
        self.session.verify = options.ca
        if options.proxy:
            self.session.proxies = {"http": options.proxy, "https": options.proxy}

    def get(self, url, **more):
        answer = self.session.get(url, allow_redirects=False, timeout=30, **more)
        if "Date" in answer.headers:
            date = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
            demand(abs(time.time() - date) < GRACE, f"Date of {url} is {answer.headers['Date']}, which is not now")
        return answer

    def token(self, challenge):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        user, _, password = self.options.user.partition(":")
        answer = self.get(
            fields["realm"], auth=(user, password), params={name: fields[name] for name in ("service", "scope")}
        )
        demand(answer.status_code == 200, f"{fields['realm']} answered {answer.status_code}")
        body, now = answer.json(), time.time()
        issued = instant(body["issued_at"])
        demand(issued < now + GRACE, f"the token was issued at {body['issued_at']}, which is to come")
        demand(now < issued + body["expires_in"], f"the token of {body['issued_at']} has expired")
        claim = claims(body["token"])
        demand(claim["nbf"] < now + GRACE, "the claims of the token are not valid yet")
        demand(now < claim["exp"], "the claims of the token have expired")
        return body["token"]

    def fetch(self, path, digest=None):
        url = f"{self.options.registry}/v2/{path}"
        headers = {"Accept": MANIFESTS, "Authorization": f"Bearer {self.bearer}"}
        for _ in range(5):
            answer = self.get(url, headers=headers)
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            url, headers = urljoin(url, answer.headers["Location"]), {}
            for until in parse_qs(urlsplit(url).query).get("se", []):
                demand(time.time() < instant(until), f"the signed URL was valid until {until}")
        demand(answer.status_code == 200, f"{url} answered {answer.status_code}")
        found = "sha256:" + hashlib.sha256(answer.content).hexdigest()
        demand(digest in (None, found), f"{url} is {found}")
        print(found)
        return answer.content

    def pull(self):
        name, _, tag = self.options.image.rpartition(":")
        answer = self.get(f"{self.options.registry}/v2/{name}/manifests/{tag}", headers={"Accept": MANIFESTS})
        demand(answer.status_code == 401, f"no challenge but {answer.status_code}")
        self.bearer = self.token(answer.headers["WWW-Authenticate"])
        manifest = json.loads(self.fetch(f"{name}/manifests/{tag}"))
        for part in [manifest["config"], *manifest["layers"]]:
            self.fetch(f"{name}/blobs/{part['digest']}", part["digest"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--registry", required=True, help="such as https://registry.example")
    parser.add_argument("--image", required=True, help="such as app/small:1")
    parser.add_argument("--user", required=True, help="user:password")
    parser.add_argument("--proxy")
    parser.add_argument("--ca", help="PEM file of the CA to trust")
    try:
        Client(parser.parse_args()).pull()
    except Refused as refusal:
        sys.exit(f"refused: {refusal}")


if __name__ == "__main__":
    main()
