"""The systems that are measured: the origin, its peers between it and the client, and regtape.

Each is started on a port of its own, is asked once for the manifest and must answer with its octets, and is ended by its
pid. What does not start or answers wrongly ends the run: a figure of a broken peer is worse than none.
"""

import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time

HOST = "origin.regtape.test"
TICKS = os.sysconf("SC_CLK_TCK")


class Trouble(Exception):
    """A sentence for the person who waits."""


def say(sentence):
    print(f"tools/bench: {sentence}", file=sys.stderr, flush=True)


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        raise Trouble(f"{' '.join(command)} failed with {result.returncode}: {result.stdout}{result.stderr}")
    return result.stdout


class Bench:
    """The place where everything of one run lies, and what the origin serves."""

    MANIFEST = b'{"schemaVersion":2,"layers":[' + b",".join(
        b'{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%064x","size":%d}' % (n, n)
        for n in range(17)
    ) + b"]}"

    def __init__(self, directory):
        self.directory = directory
        self.port = int(os.environ.get("BENCH_PORT_BASE", "9443"))
        self.ca = self.path("ca.crt")
        self.blobs = {}
        self.site = self.path("site")
        os.makedirs(self.path("site/v2/app/manifests"))
        os.makedirs(self.path("site/v2/app/blobs"))
        with open(self.path("site/v2/app/manifests/1"), "wb") as file:
            file.write(self.MANIFEST)
        self.make_certificates()

    def path(self, name):
        return os.path.join(self.directory, name)

    def url(self, port=None):
        return f"https://{HOST}:{port or self.port}"

    def make_certificates(self):
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
        run("openssl", "req", "-x509", *curve, "-subj", "/CN=bench CA", "-keyout", self.path("ca.key"), "-out", self.ca,
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        run("openssl", "req", *curve[:-2], "-subj", f"/CN={HOST}", "-keyout", self.path("origin.key"),
            "-out", self.path("origin.csr"))
        with open(self.path("origin.ext"), "w", encoding="utf-8") as file:
            file.write(f"subjectAltName=DNS:{HOST},IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        run("openssl", "x509", "-req", "-in", self.path("origin.csr"), "-CA", self.ca, "-CAkey", self.path("ca.key"),
            "-CAcreateserial", "-days", "30", "-out", self.path("origin.crt"), "-extfile", self.path("origin.ext"))
        with open(self.path("squid.pem"), "w", encoding="utf-8") as out:
            for name in (self.path("ca.key"), self.ca):
                with open(name, encoding="utf-8") as file:
                    out.write(file.read())

    def blob(self, gibibytes):
        """(path below the site, digest) of a blob, made at its first use.

        Up to 1 GiB it is a stream cipher's output; 10 GiB are a hole, because a disk need not hold them to be served.
        """
        return self.blob_of(gibibytes << 30)

    def blob_of(self, size):
        """The same for any number of octets."""
        if size not in self.blobs:
            say(f"making a blob of {size >> 20} MiB")
            temporary = self.path("blob")
            if size > 1 << 30:
                run("truncate", "-s", str(size), temporary)
            else:
                subprocess.run(
                    f"openssl enc -aes-128-ctr -pbkdf2 -nosalt -pass pass:bench -in /dev/zero 2>/dev/null"
                    f" | head -c {size} >'{temporary}'", shell=True, check=True)
            digest = run("sha256sum", temporary).split()[0]
            name = f"/v2/app/blobs/sha256:{digest}"
            os.rename(temporary, self.site + name)
            self.blobs[size] = (name, digest)
        return self.blobs[size]


class System:
    """A program on a port. Subclasses say how it is started and how a client reaches the origin through it."""

    name = ""
    port_offset = 0
    is_proxy = True
    patience = 20
    # What it must answer when it is asked for the manifest.
    expected = Bench.MANIFEST

    def __init__(self, bench):
        self.bench = bench
        self.port = bench.port + self.port_offset
        self.process = None
        self.log = bench.path(f"{self.name}.log")
        self.ca = bench.ca

    def command(self):
        raise NotImplementedError

    def start(self):
        """Seconds until the port accepts a connection."""
        if self.listens():
            raise Trouble(f"port {self.port} is taken; set BENCH_PORT_BASE to nine free ports' first")
        command = self.command()
        begun = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=self.environment())
        while not self.listens():
            if self.process.poll() is not None or time.monotonic() - begun > self.patience:
                self.give_up("did not start")
            time.sleep(0.001)
        elapsed = time.monotonic() - begun
        self.check()
        return elapsed

    def environment(self):
        return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def give_up(self, what):
        with open(self.log, "rb") as log:
            tail = log.read()[-2_000:].decode("utf-8", "replace")
        self.stop()
        raise Trouble(f"{self.name} {what}; the end of its log:\n{tail}")

    def check(self):
        answer = subprocess.run(
            ["curl", "-sS", "--max-time", "10", *self.curl(), self.url() + "/v2/app/manifests/1"], capture_output=True,
            check=False)
        if answer.stdout != self.expected:
            self.give_up(f"answered wrongly ({answer.stderr.decode()}{answer.stdout[:200]})")

    def url(self):
        return self.bench.url() if self.is_proxy else self.bench.url(self.port)

    def curl(self):
        proxy = ["-x", f"http://127.0.0.1:{self.port}"] if self.is_proxy else []
        return ["--noproxy", "" if self.is_proxy else "*", "--cacert", self.ca, *proxy]

    def memory(self, field="VmRSS"):
        """kB of resident memory of the process and its children, or its peak with VmHWM."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    total += int(re.search(rf"^{field}:\s+(\d+)", file.read(), re.M).group(1))
            except (FileNotFoundError, AttributeError):
                pass
        return total

    def forget_peak(self):
        for pid in self.pids():
            with open(f"/proc/{pid}/clear_refs", "w", encoding="utf-8") as file:
                file.write("5")

    def pids(self):
        pids = [self.process.pid]
        for pid in pids:
            try:
                with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
                    pids += map(int, file.read().split())
            except FileNotFoundError:
                pass
        return pids

    def processor_time(self):
        """{name of a thread: (seconds of its own, seconds of the kernel for it)} of the process and its children."""
        times = {}
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                try:
                    with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as file:
                        text = file.read()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                # Threads of a pool are told apart by their numbers, which say nothing here.
                name = re.sub(r"[-#\d]+$", "", text[text.index("(") + 1:text.rindex(")")])
                fields = text.rsplit(")", 1)[1].split()
                own, kernel = times.get(name, (0, 0))
                times[name] = (own + int(fields[11]) / TICKS, kernel + int(fields[12]) / TICKS)
        return times

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


NGINX = """
daemon off; worker_processes 1; pid {directory}/{name}.pid; error_log stderr error; {user}
worker_rlimit_nofile 20000;
events {{ worker_connections 8192; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 600s;
    default_type application/vnd.oci.image.manifest.v1+json;
    client_body_temp_path {directory}/{name}-body; proxy_temp_path {directory}/{name}-proxy;
    fastcgi_temp_path {directory}/{name}-f; uwsgi_temp_path {directory}/{name}-u; scgi_temp_path {directory}/{name}-s;
    {upstream}
    server {{
        listen 127.0.0.1:{listen};
        server_name origin.regtape.test;
        http2_max_requests 100000000;
        {certificate}
        {inside}
    }}
}}
"""


class Nginx(System):
    upstream = inside = ""
    listen = "{port} ssl http2"
    certificate = "ssl_certificate {directory}/origin.crt; ssl_certificate_key {directory}/origin.key;"

    def command(self):
        configuration = self.bench.path(f"{self.name}.conf")
        user = "user root;" if os.geteuid() == 0 else ""
        values = {"directory": self.bench.directory, "name": self.name, "port": self.port, "user": user}
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(NGINX.format(
                **values, upstream=self.upstream.format(origin=self.bench.port), listen=self.listen.format(**values),
                certificate=self.certificate.format(**values),
                inside=self.inside.format(site=self.bench.site, ca=self.bench.ca)))
        return ["nginx", "-c", configuration, "-p", self.bench.directory]


class Direct(Nginx):
    """The origin itself: the limit."""

    name = "direct"
    is_proxy = False
    inside = "root {site};"


class Reverse(Nginx):
    """nginx in front of the origin, TLS to TLS, recording nothing."""

    name = "nginx"
    port_offset = 1
    is_proxy = False
    upstream = "upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; }}"
    inside = (
        "location / {{ proxy_pass https://origin; proxy_http_version 1.1; proxy_set_header Connection ''; "
        "proxy_set_header Host $http_host; proxy_ssl_name origin.regtape.test; proxy_ssl_server_name on; "
        "proxy_ssl_verify on; proxy_ssl_trusted_certificate {ca}; proxy_max_temp_file_size 0; }}"
    )


class Squid(System):
    """squid with ssl-bump, recording nothing and logging nothing."""

    name = "squid"
    port_offset = 2

    def command(self):
        directory = self.bench.path("squid")
        os.makedirs(directory, exist_ok=True)
        database = directory + "/certificates"
        if not os.path.exists(database):
            run("/usr/lib/squid/security_file_certgen", "-c", "-s", database, "-M", "4MB")
        if os.geteuid() == 0:
            # squid gives root up for this user.
            user = pwd.getpwnam("proxy")
            os.chmod(self.bench.directory, 0o711)
            for parent, directories, files in os.walk(directory):
                for entry in [parent] + [os.path.join(parent, name) for name in directories + files]:
                    os.chown(entry, user.pw_uid, user.pw_gid)
            os.chown(self.bench.path("squid.pem"), user.pw_uid, user.pw_gid)
        configuration = self.bench.path("squid.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(f"""
http_port 127.0.0.1:{self.port} ssl-bump tls-cert={self.bench.path("squid.pem")} generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
sslcrtd_program /usr/lib/squid/security_file_certgen -s {database} -M 4MB
sslcrtd_children 2 startup=1 idle=1
acl first at_step SslBump1
ssl_bump peek first
ssl_bump bump all
tls_outgoing_options cafile={self.bench.ca}
http_access allow all
cache deny all
access_log none
cache_log {directory}/cache.log
cache_store_log none
pid_filename none
coredump_dir {directory}
pinger_enable off
shutdown_lifetime 1 seconds
visible_hostname bench
max_filedescriptors 16384
""")
        return ["squid", "-N", "-f", configuration]


class Mitmdump(System):
    """mitmdump 11 writing its flows."""

    name = "mitmdump"
    port_offset = 3
    patience = 60

    def __init__(self, bench):
        super().__init__(bench)
        self.ca = bench.path("mitmproxy/mitmproxy-ca-cert.pem")
        self.flows = bench.path("flows")

    def command(self):
        return [
            os.environ["MITMDUMP"], "-q", "--listen-host", "127.0.0.1", "-p", str(self.port), "-w", self.flows,
            "--set", "confdir=" + self.bench.path("mitmproxy"),
            "--set", "ssl_verify_upstream_trusted_ca=" + self.bench.ca,
        ]

    def stop(self):
        super().stop()
        if os.path.exists(self.flows):
            os.remove(self.flows)


class Regtape(System):
    """regtape recording, redacting and hashing, with its line for each exchange going to a file."""

    name = "regtape"
    port_offset = 4
    # Connections of the load at most, and a few more.
    under_way = 20

    def __init__(self, bench, place=None):
        super().__init__(bench)
        self.home = bench.path("home")
        self.ca = self.home + "/ca/ca.crt"
        self.tape = os.path.join(place or bench.directory, f"regtape-bench-{os.getpid()}.tape")

    def environment(self):
        return {**super().environment(), "REGTAPE_HOME": self.home}

    def command(self):
        return [
            os.environ["REGTAPE_BINARY"], "record", "--listen", f"127.0.0.1:{self.port}", "--tape", self.tape,
            "--upstream-ca", self.bench.ca,
        ]

    def finish(self, digest=None, exchanges=None):
        """Ends the recording and checks what is on the tape: everything, octet for octet."""
        self.stop()
        self.verified(digest, exchanges)
        run("rm", "-rf", self.tape)

    def verified(self, digest=None, exchanges=None):
        """Checks the tape, and gives the number of exchanges on it."""
        answer = run(os.environ["REGTAPE_BINARY"], "verify", self.tape)
        if "no end record" in answer:
            raise Trouble(f"the tape was not ended in order: {answer}")
        found = int(re.search(r"(\d+) exchanges?", answer).group(1))
        if exchanges is not None:
            # Those under way when the load ended are on the tape as well, one for each connection at most; and the check.
            if not exchanges <= found <= exchanges + self.under_way:
                raise Trouble(f"{exchanges} exchanges were counted by the load, {found} are on the tape")
        if digest is not None:
            # verify has hashed the file of that name.
            if not os.path.exists(f"{self.tape}/bodies/sha256/{digest}"):
                raise Trouble(f"the blob sha256:{digest} is not on the tape")
        return found

    def __exit__(self, *_):
        self.stop()
        run("rm", "-rf", self.tape)
