"""P6 and P7: a capture decoded beside tshark, and a tape reported on beside mitmdump reading its own flows."""

import contextlib
import os
import re
import ssl
import struct
import subprocess
import tempfile
import threading
import time

import load
from systems import Mitmdump, Regtape, Trouble, run, say


class Peak:
    """The most memory that a process had, in kB.

    Asked of the process itself while it lives: what the kernel tells at its end begins with the peak of whoever started it.
    """

    def __init__(self, process):
        self.process = process
        self.kilobytes = 0
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.process.wait()
        self.thread.join()

    def watch(self):
        while self.process.poll() is None:
            # It has none left between its end and our hearing of that.
            with contextlib.suppress(OSError, AttributeError):
                with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
                    self.kilobytes = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))
            time.sleep(0.02)


def timed(*command, environment=None):
    """(seconds, kB of memory at most, output) of a program that must succeed."""
    begun = time.monotonic()
    # A file, because a pipe that nobody reads meanwhile holds up whoever has much to say.
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment) as process:
            with Peak(process) as peak:
                output = process.stdout.read()
                process.wait()
                elapsed = time.monotonic() - begun
        if process.returncode != 0:
            errors.seek(0)
            words = errors.read().decode("utf-8", "replace")[-1_000:]
            raise Trouble(f"{' '.join(command)} failed with {process.returncode}: {words}")
    return elapsed, peak.kilobytes, output


# P7

def tape_of(measurement, exchanges):
    """(directory, exchanges) of a tape of at least that many GETs of the manifest, recorded and checked."""
    with measurement.running(Regtape(measurement.bench)) as system:
        count = 0
        if exchanges <= 10_000:
            url = system.url() + "/v2/app/manifests/1"
            run("curl", "-sS", "-o", "/dev/null", *system.curl(), f"{url}?[1-{exchanges}]")
            count = exchanges
        while count < exchanges:
            # Bursts of a second: wrk counts time and not requests.
            count += load.small_requests(system, 16, 1)["count"]
            system.under_way += 16
        system.stop()
        found = system.verified(exchanges=count)
        directory = measurement.bench.path(f"{exchanges}.tape")
        run("rm", "-rf", directory)
        os.rename(system.tape, directory)
    return directory, found


def flows_of(measurement, exchanges):
    """mitmdump's file of as many: a thousand are recorded, and their octets repeated, which is what such a file is."""
    path = measurement.bench.path("repeated.flows")
    system = Mitmdump(measurement.bench)
    url = system.url() + "/v2/app/manifests/1"
    with measurement.running(system):
        # That of the start makes a thousand.
        run("curl", "-sS", "-o", "/dev/null", *system.curl(), f"{url}?[2-1000]")
        process, system.process = system.process, None
        process.terminate()
        process.wait(30)
        with open(system.flows, "rb") as file:
            thousand = file.read()
        os.remove(system.flows)
    if thousand.count(b"/v2/app/manifests/1") < 1_000:
        raise Trouble("mitmdump did not write a thousand flows")
    with open(path, "wb") as file:
        for _ in range(exchanges // 1_000):
            file.write(thousand)
    return path, exchanges // 1_000 * 1_000


def report(tape):
    seconds, memory, output = timed(os.environ["REGTAPE_BINARY"], "report", tape)
    if not output.strip():
        raise Trouble("regtape report printed nothing")
    return seconds, memory


def p7(measurement):
    """Reporting on 100,000 exchanges, and with --large on ten times as many."""
    bench, table = measurement.bench, measurement.table
    tape, exchanges = tape_of(measurement, 100_000)
    flows, flow_count = flows_of(measurement, exchanges)
    ours, memory, theirs = [], [], []
    for turn in range(measurement.rounds):
        say(f"P7 regtape, round {turn + 1} of {measurement.rounds}")
        seconds, peak = report(tape)
        ours.append(seconds / exchanges * 1e6)
        memory.append(peak)
        say(f"P7 mitmdump, round {turn + 1} of {measurement.rounds}")
        seconds, peak, _ = timed(
            os.environ["MITMDUMP"], "-q", "-n", "-r", flows, "--set", "confdir=" + bench.path("mitmproxy"))
        theirs.append(seconds / flow_count * 1e6)
    each = measurement.median(ours)
    table.ratio(
        "P7", f"report of {exchanges:,} exchanges, each", each, "us", {"mitmdump": measurement.median(theirs)},
        {"mitmdump": 0.05}, at_least=False)
    table.bound("P7", f"memory for {exchanges:,} exchanges", max(memory) / 1024, "MiB", 200, f"mitmdump {peak / 1024:,.0f} MiB")
    os.remove(flows)
    run("rm", "-rf", tape)
    if not measurement.large:
        return table.note("P7", "1,000,000 exchanges", "not asked for: --large")
    tape, many = tape_of(measurement, 1_000_000)
    seconds, peak = report(tape)
    run("rm", "-rf", tape)
    table.ratio(
        "P7", f"report of {many:,} exchanges, each", seconds / many * 1e6, "us", {"100,000": each}, {"100,000": 1.1},
        at_least=False)
    return table.ratio(
        "P7", f"memory for {many:,} exchanges", peak / 1024, "MiB",
        {"proportion": max(memory) / 1024 * many / exchanges}, {"proportion": 1}, at_least=False)


# P6

class Capture:
    """A pcap file of whole connections, made here so that it is the same on every machine (tcpdump's format, link type 1)."""

    # Where the server listens: what is there is taken for HTTP by both readers.
    server_port = 80
    # Octets of content in a packet: those of Ethernet, less the timestamps that most systems send.
    segment_size = 1_448

    def __init__(self, path, exchanges, content):
        """`path` may be a descriptor as well, which is closed at the end."""
        self.path = path
        self.exchanges = exchanges
        self.time = 1_700_000_000_000_000
        request = b"GET /v2/app/manifests/1 HTTP/1.1\r\nHost: origin.regtape.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
        answer = (
            b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(content)) + content
        with open(path, "wb") as self.file:
            self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
            ports = [40_000 + number for number in range(16)]
            places = {port: [1_000, 9_000] for port in ports}
            for port in ports:
                self.segment(port, True, [999, 0], 0x02, b"")
                self.segment(port, False, [1_000, 8_999], 0x12, b"")
                self.segment(port, True, places[port], 0x10, b"")
                self.open(port, places[port])
            for number in range(exchanges):
                port = ports[number % 16]
                self.send(port, True, places[port], self.sealed(port, True, request))
                self.send(port, False, places[port], self.sealed(port, False, answer))
            for port in ports:
                self.segment(port, True, places[port], 0x11, b"")
                places[port][0] += 1
                self.segment(port, False, places[port], 0x11, b"")

    def open(self, port, places):
        """What comes before the first request."""

    def sealed(self, port, is_client, octets):
        """Octets as they are on the wire."""
        return octets

    def send(self, port, is_client, places, octets):
        for number, start in enumerate(range(0, len(octets), self.segment_size)):
            piece = octets[start:start + self.segment_size]
            self.segment(port, is_client, places, 0x18, piece)
            places[0 if is_client else 1] = (places[0 if is_client else 1] + len(piece)) & 0xFFFFFFFF
            # Every second full segment at least is acknowledged (RFC 5681 §4.2).
            if number % 2:
                self.segment(port, not is_client, places, 0x10, b"")

    def segment(self, port, is_client, places, flags, octets):
        ends = (port, self.server_port) if is_client else (self.server_port, port)
        numbers = places if is_client else places[::-1]
        tcp = struct.pack("!HHIIBBHHH", *ends, *numbers, 5 << 4, flags, 65_535, 0, 0)
        addresses = (b"\x7f\0\0\x02", b"\x7f\0\0\x03") if is_client else (b"\x7f\0\0\x03", b"\x7f\0\0\x02")
        ip = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(octets), 0, 0x4000, 64, 6, 0) + b"".join(addresses))
        total = sum(struct.unpack("!10H", ip))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        struct.pack_into("!H", ip, 10, ~total & 0xFFFF)
        frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x03\x08\0" + bytes(ip) + tcp + octets
        self.time += 7
        self.file.write(struct.pack("<IIII", self.time // 1_000_000, self.time % 1_000_000, len(frame), len(frame)))
        self.file.write(frame)


class OffloadedCapture(Capture):
    """One of packets as a loopback device shows them, before anybody cuts them up."""

    segment_size = 32_000


class EncryptedCapture(Capture):
    """The same within TLS 1.3, with a key log beside it: both ends are OpenSSL's, with memory between them."""

    server_port = 443

    def __init__(self, bench, path, exchanges, content):
        self.keys = path + ".keys"
        self.ends = {}
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(bench.path("origin.crt"), bench.path("origin.key"))
        self.client_context = ssl.create_default_context(cafile=bench.ca)
        self.client_context.keylog_filename = self.keys
        super().__init__(path, exchanges, content)

    def open(self, port, places):
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.client_context.wrap_bio(to_client, to_server, server_hostname="origin.regtape.test")
        server = self.server_context.wrap_bio(to_server, to_client, server_side=True)
        self.ends[port] = (client, server, to_client, to_server)
        done = set()
        while len(done) < 2:
            for end, is_client, out in ((client, True, to_server), (server, False, to_client)):
                # What one end writes is at once what the other reads: it is copied to the wire in between.
                before = out.pending
                try:
                    end.do_handshake()
                    done.add(is_client)
                except ssl.SSLWantReadError:
                    pass
                self.copy(port, is_client, places, out, before)

    def copy(self, port, is_client, places, bio, before):
        octets = bio.read()
        bio.write(octets)
        self.send(port, is_client, places, octets[before:])

    def sealed(self, port, is_client, octets):
        client, server, to_client, to_server = self.ends[port]
        writer, reader, bio = (client, server, to_server) if is_client else (server, client, to_client)
        before = bio.pending
        writer.write(octets)
        wire = bio.read()
        bio.write(wire)
        rest = len(octets)
        while rest:
            rest -= len(reader.read(rest))
        return wire[before:]


def has_capture():
    commands = subprocess.run([os.environ["REGTAPE_BINARY"], "--help"], capture_output=True, text=True, check=False).stdout
    return any(line.split()[:1] == ["capture"] for line in commands.splitlines())


def captured(measurement, capture, *keylog):
    """MB/s of a capture read onto a tape that has all of its exchanges."""
    tape = "/dev/shm/" + f"regtape-bench-{os.getpid()}-capture.tape"
    run("rm", "-rf", tape)
    seconds, _, _ = timed(os.environ["REGTAPE_BINARY"], "capture", "--read", capture.path, "--tape", tape, *keylog)
    system = Regtape(measurement.bench)
    system.tape, system.under_way = tape, 0
    try:
        system.verified(exchanges=capture.exchanges)
    finally:
        run("rm", "-rf", tape)
    return os.path.getsize(capture.path) / 1e6 / seconds


def piped(measurement, layers, content):
    """(seconds, kB of memory at most) for a capture of that many layers that comes through a pipe and is nowhere whole."""
    tape = measurement.bench.path("piped.tape")
    reading, writing = os.pipe()
    begun = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
                [os.environ["REGTAPE_BINARY"], "capture", "--read", "-", "--tape", tape], stdin=reading, stdout=errors,
                stderr=errors) as process:
            os.close(reading)
            writer = threading.Thread(target=write_layers, args=(writing, layers, content))
            with Peak(process) as peak:
                writer.start()
                process.wait()
                elapsed = time.monotonic() - begun
            writer.join()
        if process.returncode != 0:
            errors.seek(0)
            raise Trouble(f"the capture of {layers} layers failed: {errors.read()[-1_000:].decode('utf-8', 'replace')}")
    system = Regtape(measurement.bench)
    system.tape, system.under_way = tape, 0
    try:
        system.verified(exchanges=layers)
    finally:
        run("rm", "-rf", tape)
    return elapsed, peak.kilobytes


def write_layers(descriptor, layers, content):
    # A reader that has ended before the capture did says why by itself.
    with contextlib.suppress(BrokenPipeError):
        OffloadedCapture(descriptor, layers, content)


def large(measurement):
    """10 GiB, beside a twentieth of it."""
    table = measurement.table
    if not measurement.large:
        return table.note("P6", "a capture of 10 GiB", "not asked for: --large")
    # The same layer each time, which a tape stores once: what is measured is the reading and not a disk of this size.
    content = os.urandom(8_000_000)
    layers = (10 << 30) // len(content)
    say("P6 a capture of 0.5 GiB")
    _, least = piped(measurement, layers // 20, content)
    say("P6 a capture of 10 GiB")
    seconds, peak = piped(measurement, layers, content)
    return table.bound(
        "P6", "memory for a capture of 10 GiB", peak / 1024, "MiB", 64,
        f"0.5 GiB {least / 1024:.1f} MiB; read at {layers * len(content) / 1e6 / seconds:,.0f} MB/s")


def dissected(capture, *keylog):
    """MB/s of the same in tshark, which must see as many messages."""
    seconds, _, output = timed(
        "tshark", "-r", capture.path, *keylog, "-Y", "http", "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code")
    found = len(output.splitlines())
    if found != 2 * capture.exchanges:
        raise Trouble(f"tshark found {found} messages of {2 * capture.exchanges}")
    return os.path.getsize(capture.path) / 1e6 / seconds


def p6(measurement):
    """Captures of 20,000 small exchanges, 40,000 messages, and of 100 layers of 3 MB, in the clear and within TLS."""
    bench, table = measurement.bench, measurement.table
    if not has_capture():
        return table.missing("P6", "decode a capture", "this regtape has no command `capture`")
    for kind, exchanges, content in (("20,000 manifests", 20_000, bench.MANIFEST), ("100 layers of 3 MB", 100, os.urandom(3_000_000))):
        plain = Capture(bench.path("bench.pcap"), exchanges, content)
        encrypted = EncryptedCapture(bench, bench.path("bench-tls.pcap"), exchanges, content)
        compare(measurement, f"decode a pcap of {kind}", plain, [], [], 10)
        compare(
            measurement, f"the same within TLS 1.3, {kind}", encrypted, ["--keylog", encrypted.keys],
            ["-o", "tls.keylog_file:" + encrypted.keys], 5)
        for path in (plain.path, encrypted.path, encrypted.keys):
            os.remove(path)
    return large(measurement)


def compare(measurement, work, capture, our_keys, their_keys, target):
    ours, theirs = [], []
    for turn in range(measurement.rounds):
        say(f"P6 {work}, regtape, round {turn + 1} of {measurement.rounds}")
        ours.append(captured(measurement, capture, *our_keys))
        say(f"P6 {work}, tshark, round {turn + 1} of {measurement.rounds}")
        theirs.append(dissected(capture, *their_keys))
    measurement.table.ratio(
        "P6", work, measurement.median(ours), "MB/s", {"tshark": measurement.median(theirs)}, {"tshark": target})
