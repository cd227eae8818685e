"""P6 and P7: a capture decoded beside tshark, and a tape reported on beside mitmdump reading its own flows."""

import os
import struct
import subprocess
import tempfile
import time

import load
from systems import Mitmdump, Regtape, Trouble, run, say


def timed(*command, environment=None):
    """(seconds, kB of memory at most, output) of a program that must succeed."""
    begun = time.monotonic()
    # A file, because a pipe that nobody reads meanwhile holds up whoever has much to say.
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment) as process:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        elapsed = time.monotonic() - begun
        if process.returncode != 0:
            errors.seek(0)
            words = errors.read().decode("utf-8", "replace")[-1_000:]
            raise Trouble(f"{' '.join(command)} failed with {process.returncode}: {words}")
    return elapsed, usage.ru_maxrss, output


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

    def __init__(self, path, exchanges, content):
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
            for number in range(exchanges):
                port = ports[number % 16]
                self.send(port, True, places[port], request)
                self.send(port, False, places[port], answer)
            for port in ports:
                self.segment(port, True, places[port], 0x11, b"")
                places[port][0] += 1
                self.segment(port, False, places[port], 0x11, b"")

    def send(self, port, is_client, places, octets):
        for start in range(0, len(octets), 1_448):
            piece = octets[start:start + 1_448]
            self.segment(port, is_client, places, 0x18, piece)
            places[0 if is_client else 1] = (places[0 if is_client else 1] + len(piece)) & 0xFFFFFFFF

    def segment(self, port, is_client, places, flags, octets):
        ends = (port, 80) if is_client else (80, port)
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


def has_capture():
    commands = subprocess.run([os.environ["REGTAPE_BINARY"], "--help"], capture_output=True, text=True, check=False).stdout
    return any(line.split()[:1] == ["capture"] for line in commands.splitlines())


def p6(measurement):
    """A capture of 20,000 exchanges, 40,000 messages."""
    bench, table = measurement.bench, measurement.table
    if not has_capture():
        return table.missing("P6", "decode an HTTP/1.1 pcap", "this regtape has no command `capture`")
    path = bench.path("bench.pcap")
    capture = Capture(path, 20_000, bench.MANIFEST)
    size = os.path.getsize(path) / 1e6
    ours, theirs = [], []
    for turn in range(measurement.rounds):
        say(f"P6 regtape, round {turn + 1} of {measurement.rounds}")
        tape = "/dev/shm/" + f"regtape-bench-{os.getpid()}-capture.tape"
        run("rm", "-rf", tape)
        seconds, _, _ = timed(os.environ["REGTAPE_BINARY"], "capture", "--read", path, "--tape", tape)
        system = Regtape(bench)
        system.tape, system.under_way = tape, 0
        try:
            system.verified(exchanges=capture.exchanges)
        finally:
            run("rm", "-rf", tape)
        ours.append(size / seconds)
        say(f"P6 tshark, round {turn + 1} of {measurement.rounds}")
        seconds, _, output = timed(
            "tshark", "-r", path, "-Y", "http", "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code")
        found = len(output.splitlines())
        if found != 2 * capture.exchanges:
            raise Trouble(f"tshark found {found} messages of {2 * capture.exchanges}")
        theirs.append(size / seconds)
    table.ratio(
        "P6", "decode an HTTP/1.1 pcap", measurement.median(ours), "MB/s", {"tshark": measurement.median(theirs)},
        {"tshark": 10})
    return table.missing("P6", "decode TLS with a key log", "this tool makes no capture of TLS yet")
