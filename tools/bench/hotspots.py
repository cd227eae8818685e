"""What exhausts the machine in P1, P2 and P6: a profile of each, by thread and by function."""

import os
import re
import signal
import subprocess
import time

import load
import traces
from systems import Regtape, Trouble, run, say

# Of the whole machine's time; what is below does not explain anything.
LEAST_THREAD, LEAST_FUNCTION = 2.0, 0.7


class Profile:
    """Samples all processors while something runs."""

    def __init__(self, bench, what):
        self.path = bench.path("perf.data")
        self.what = what

    def __enter__(self):
        say(f"profile of {self.what}")
        self.recorder = subprocess.Popen(
            ["perf", "record", "-q", "-a", "-F", "1997", "-o", self.path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.5)
        if self.recorder.poll() is not None:
            raise Trouble(f"perf cannot record here: {self.recorder.stderr.read().decode('utf-8', 'replace').strip()}")
        return self

    def __exit__(self, *error):
        self.recorder.send_signal(signal.SIGINT)
        self.recorder.communicate()

    def shares(self, *columns):
        """[(share of the machine in %, columns)], the largest first."""
        output = subprocess.run(
            ["perf", "report", "-i", self.path, "--stdio", "--no-children", "-F", "overhead," + ",".join(columns), "-t", "|"],
            capture_output=True, text=True, check=True).stdout
        found = []
        for line in output.splitlines():
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) == len(columns) + 1 and re.fullmatch(r"[\d.]+%", cells[0]):
                found.append((float(cells[0][:-1]), *cells[1:]))
        return sorted(found, reverse=True)

    def text(self, figure):
        """A paragraph of who had the processors, and a table of what the program's threads did with theirs."""
        threads = {}
        for share, thread, place in self.shares("comm", "dso"):
            name = "nobody" if thread == "swapper" else re.sub(r"[-#\d]+$", "", thread)
            whole, kernel = threads.get(name, (0, 0))
            threads[name] = whole + share, kernel + (share if place.startswith("[") else 0)
        owners = ", ".join(
            f"{name} {whole:.0f} %" + ("" if name == "nobody" else f" ({kernel:.0f} in the kernel)")
            for name, (whole, kernel) in sorted(threads.items(), key=lambda item: -item[1][0]) if whole >= LEAST_THREAD)
        lines = [
            f"## {self.what}", "", f"{figure}. The processors belonged to {owners}.", "", "| share | thread | function |",
            "|---|---|---|"]
        functions = {}
        for share, thread, function in self.shares("comm", "sym"):
            name = re.sub(r"[-#\d]+$", "", thread)
            if name in OTHERS:
                continue
            functions[name, function] = functions.get((name, function), 0) + share
        for (name, function), share in sorted(functions.items(), key=lambda item: -item[1]):
            if share >= LEAST_FUNCTION:
                lines.append(f"| {share:.1f} % | {name} | `{readable(function)}` |")
        return "\n".join(lines) + "\n"


# Whose functions are not ours to explain.
OTHERS = {"swapper", "nginx", "wrk", "curl", "perf", "python3", "proxychains4"}


def readable(function):
    """The name in the source, without what the optimiser put before it; the kernel's are marked by perf."""
    kind, _, name = function.partition(" ")
    if name.startswith("$s"):
        name = run("swift", "demangle", "--compact", "--simplified", name).strip()
        name = re.sub(r"^(specialized |generic specialization <.*?> of |closure #\d+ .* in )+", "", name)
    return (name if len(name) <= 80 else name[:79] + "…") + (" (kernel)" if kind == "[k]" else "")


def profiles(measurement, rows):
    """The profiles of those rows among P1, P2 and P6, as text."""
    bench = measurement.bench
    texts = []
    if "P1" in rows:
        with measurement.running(Regtape(bench, "/dev/shm")) as system:
            with Profile(bench, "P1, small GETs") as profile:
                figures = load.small_requests(system, 16, 4)
            system.finish(exchanges=figures["count"])
        texts.append(profile.text(f"{figures['rate']:,.0f} /s with the profiler beside it"))
    if "P2" in rows:
        name, digest = bench.blob(1)
        for version in ("h1", "h2"):
            with measurement.running(Regtape(bench, "/dev/shm")) as system:
                load.touch_memory(5)
                with Profile(bench, f"P2, 1 GiB, {version}, tape in memory") as profile:
                    speed = load.blob(system, name, 1 << 30, version)
                system.finish(digest=digest)
            texts.append(profile.text(f"{speed:,.0f} MB/s with the profiler beside it"))
    if "P6" in rows:
        plain = traces.Capture(bench.path("bench.pcap"), 20_000, bench.MANIFEST)
        encrypted = traces.EncryptedCapture(bench, bench.path("bench-tls.pcap"), 20_000, bench.MANIFEST)
        for what, capture, keys in (
            ("P6, 20,000 manifests", plain, []), ("P6, 20,000 manifests within TLS 1.3", encrypted, ["--keylog", encrypted.keys]),
        ):
            tape = bench.path("profiled.tape")
            with Profile(bench, what) as profile:
                seconds, _, _ = traces.timed(os.environ["REGTAPE_BINARY"], "capture", "--read", capture.path, "--tape", tape, *keys)
            run("rm", "-rf", tape)
            texts.append(profile.text(f"{os.path.getsize(capture.path) / 1e6 / seconds:,.0f} MB/s with the profiler beside it"))
        for path in (plain.path, encrypted.path, encrypted.keys):
            os.remove(path)
    return "\n".join(texts)
