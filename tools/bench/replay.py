"""P5: a tape replayed over plain HTTP/1.1, beside nginx with the same files and docker-registry with a manifest of that size."""

import hashlib
import http.client
import json
import os
import subprocess

import load
from systems import Nginx, Regtape, System, Trouble, run, say

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Plain(System):
    """A server that is reached without TLS and without a proxy."""

    is_proxy = False

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def curl(self):
        return ["--noproxy", "*", "-H", f"Accept: {MANIFEST_TYPE}"]


class PlainNginx(Plain, Nginx):
    name = "nginx"
    port_offset = 5
    listen = "{port}"
    certificate = ""
    inside = "root {site};"


class DockerRegistry(Plain):
    """Debian's docker-registry over files, which logs nothing."""

    name = "docker-registry"
    port_offset = 6

    def command(self):
        configuration = self.bench.path("registry.yml")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(f"""
version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: {self.bench.path("registry")}
http:
  addr: 127.0.0.1:{self.port}
  secret: bench
""")
        return ["docker-registry", "serve", configuration]

    def check(self):
        """Pushes a manifest of the size of the others' at its first start, and asks for it."""
        self.expected = self.manifest()
        self.push(b"{}")
        answer, octets = self.ask("PUT", "/v2/app/manifests/1", self.expected, {"Content-Type": MANIFEST_TYPE})
        if answer.status != 201:
            self.give_up(f"did not take the manifest: {answer.status} {octets[:300]}")
        super().check()

    def push(self, blob):
        answer, _ = self.ask("POST", "/v2/app/blobs/uploads/")
        place = answer.getheader("Location")
        if answer.status != 202 or not place:
            self.give_up(f"began no upload: {answer.status}")
        path = place.split(f":{self.port}", 1)[-1]
        digest = "sha256:" + hashlib.sha256(blob).hexdigest()
        answer, octets = self.ask(
            "PUT", f"{path}{'&' if '?' in path else '?'}digest={digest}", blob, {"Content-Type": "application/octet-stream"})
        if answer.status != 201:
            self.give_up(f"did not take a blob: {answer.status} {octets[:300]}")

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        octets = answer.read()
        connection.close()
        return answer, octets

    def manifest(self):
        """It has to name blobs that are there: one small one, as often as makes up the size."""
        blob = {"digest": "sha256:" + hashlib.sha256(b"{}").hexdigest(), "size": 2}
        document = {
            "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob}, "layers": []}
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob}
        while len(json.dumps(document, separators=(",", ":"))) < len(self.bench.MANIFEST) - 80:
            document["layers"].append(layer)
        return json.dumps(document, separators=(",", ":")).encode()


class Replay(Plain):
    """regtape replaying a tape as its registry."""

    name = "regtape"
    port_offset = 7

    def __init__(self, bench, tape):
        super().__init__(bench)
        self.tape = tape
        self.log = bench.path("replay.log")

    def environment(self):
        return {**super().environment(), "REGTAPE_HOME": self.bench.path("home")}

    def command(self):
        return [os.environ["REGTAPE_BINARY"], "replay", self.tape, "--listen", f"127.0.0.1:{self.port}"]


def recorded(measurement, name, digest):
    """A tape with the manifest and the blob on it, checked."""
    bench = measurement.bench
    with measurement.running(Regtape(bench)) as system:
        # Its start has asked for the manifest already.
        load.blob(system, name, os.path.getsize(bench.site + name), "h1")
        system.stop()
        system.verified(exchanges=2, digest=digest)
        tape = bench.path("replay.tape")
        run("rm", "-rf", tape)
        os.rename(system.tape, tape)
    return tape


def p5(measurement):
    bench, table = measurement.bench, measurement.table
    name, digest = bench.blob(1)
    tape = recorded(measurement, name, digest)
    rates, speeds = {}, {}
    for turn in range(measurement.rounds):
        for system in (PlainNginx(bench), DockerRegistry(bench), Replay(bench, tape)):
            say(f"P5 {system.name}, round {turn + 1} of {measurement.rounds}")
            with system:
                figures = load.small_requests(system, 16, 4, {"Accept": MANIFEST_TYPE})
                rates.setdefault(system.name, []).append(figures["rate"])
                if not isinstance(system, DockerRegistry):
                    compare(system, name, digest)
                    speeds.setdefault(system.name, []).append(load.blob(system, name, 1 << 30, "h1"))
    rates = {key: measurement.median(values) for key, values in rates.items()}
    speeds = {key: measurement.median(values) for key, values in speeds.items()}
    table.ratio(
        "P5", "replay of a manifest, 16 connections", rates.pop("regtape"), "/s", rates, {"nginx": 0.4, "docker-registry": 20})
    table.ratio("P5", "replay of a blob, 1 GiB", speeds.pop("regtape"), "MB/s", speeds, {"nginx": 0.8})
    run("rm", "-rf", tape)


def compare(system, name, digest):
    """What is played back is what was recorded, octet for octet; it warms the page cache as well."""
    fetched = subprocess.run(
        ["bash", "-c", "set -o pipefail; curl -sSf --noproxy '*' \"$1\" | sha256sum", "-", system.url() + name],
        capture_output=True, text=True, check=False)
    if fetched.returncode or fetched.stdout.split()[0] != digest:
        raise Trouble(f"{system.name} did not give the blob as it is: {fetched.stdout}{fetched.stderr}")
