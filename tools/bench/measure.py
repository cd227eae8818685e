#!/usr/bin/python3
"""Measures the rows of tools/bench/run; that script installs what is needed and calls this one."""

import argparse
import datetime
import os
import resource
import shutil
import signal
import statistics
import sys
import tempfile

import build
import hotspots
import load
import replay
import scale
import traces
from slow_disk import SlowDisk
from systems import TICKS, Bench, Direct, Mitmdump, Regtape, Reverse, Squid, Trouble, say
from table import Table, circumstances

GIBIBYTE = 1 << 30
MEMORY = "/dev/shm"


class Measurement:
    def __init__(self, bench, options):
        self.bench = bench
        self.rounds = options.rounds
        self.large = options.large
        self.small = options.small
        self.use = None
        self.table = Table()

    def median(self, figures):
        return statistics.median(figures)

    def p1(self):
        """Small GETs, recorded, TLS on both legs, HTTP/1.1, 16 connections."""
        rates = {}
        latencies = {}
        for turn in range(self.rounds):
            for system in (Direct(self.bench), Reverse(self.bench), Squid(self.bench), Mitmdump(self.bench), Regtape(self.bench, MEMORY)):
                say(f"P1 {system.name}, round {turn + 1} of {self.rounds}")
                with self.running(system):
                    figures = load.small_requests(system, 16, 4)
                    if isinstance(system, Regtape):
                        system.finish(exchanges=figures["count"])
                rates.setdefault(system.name, []).append(figures["rate"])
                latencies.setdefault(system.name, []).append(figures)
        rates = {name: self.median(values) for name, values in rates.items()}
        ours = rates.pop("regtape")
        self.table.ratio("P1", "small GET, 16 connections", ours, "/s", rates, {"squid": 1.2, "mitmdump": 30})
        self.table.ratio("P1", "moonshot: nginx, not recording", ours, "/s", rates, {"nginx": 1})
        self.table.note(
            "P1", "p50 / p99 ms", "for information", *[", ".join(
                f"{name} {self.median([f['p50'] for f in latencies[name]]):.2f} / {self.median([f['p99'] for f in latencies[name]]):.2f}"
                for name in names) for names in (["regtape"], ["direct", "nginx", "squid", "mitmdump"])])
        self.table.note("P1", "the limit", "for information", "", f"direct {rates['direct']:,.0f} /s")

    def p2(self):
        """One blob of 1 GiB over both versions, recorded and hashed; with P3's figures of memory for it."""
        name, digest = self.bench.blob(1)
        speeds = {}
        peaks = {}
        uses = {}
        for turn in range(self.rounds):
            for system, key, versions in (
                (Direct(self.bench), "direct", ("h1", "h2")), (Reverse(self.bench), "nginx", ("h2",)),
                (Squid(self.bench), "squid", ("h1",)), (Regtape(self.bench, MEMORY), "regtape", ("h1", "h2")),
                (Regtape(self.bench), "on disk", ("h1", "h2")),
            ):
                for version in versions:
                    say(f"P2 {key} {version}, round {turn + 1} of {self.rounds}")
                    speed, peak = self.download(system, name, digest, GIBIBYTE, version)
                    speeds.setdefault((key, version), []).append(speed)
                    peaks.setdefault((key, version), []).append(peak)
                    uses[key, version] = self.use
            speeds.setdefault("dd", []).append(load.disk_speed(self.bench.directory, 1_024))
        # Once: it takes half a minute each time.
        for version in ("h1", "h2"):
            say(f"P2 mitmdump {version}")
            speed, peak = self.download(Mitmdump(self.bench), name, digest, GIBIBYTE, version)
            speeds["mitmdump", version], peaks["mitmdump", version] = [speed], [peak]
        speeds = {key: self.median(values) for key, values in speeds.items()}
        for version in ("h1", "h2"):
            work = f"1 GiB, {version}, tape in memory"
            self.table.ratio("P2", work, speeds["regtape", version], "MB/s", {
                "direct": speeds["direct", version], "squid": speeds["squid", "h1"], "mitmdump": speeds["mitmdump", version],
            }, {"direct": 0.4, "squid": 2, "mitmdump": 10})
            target = min(0.4 * speeds["direct", version], 0.8 * speeds["dd"])
            self.table.ratio(
                "P2", f"1 GiB, {version}, tape on disk", speeds["on disk", version], "MB/s",
                {"min(0.4 direct, 0.8 dd)": target}, 1)
        for version in ("h1", "h2"):
            self.table.note(
                "P2", f"processors, {version}, s own + kernel", "for information", uses["regtape", version].text())
        self.table.note("P2", "the disk", "for information", "", f"dd {speeds['dd']:,.0f} MB/s")
        self.table.note("P2", "nginx reverse, h2", "for information", "", f"nginx {speeds['nginx', 'h2']:,.0f} MB/s")
        for key in (("regtape", "h1"), ("regtape", "h2"), ("on disk", "h1"), ("on disk", "h2")):
            place = "in memory" if key[0] == "regtape" else "on disk"
            self.table.bound(
                "P3", f"peak over idle, 1 GiB, {key[1]}, tape {place}", max(peaks[key]) / 1024, "MiB", 64,
                f"mitmdump {max(peaks['mitmdump', key[1]]) / 1024:,.0f} MiB" if place == "in memory" else "")

    def p3(self):
        """Memory onto a slow disk, and for 10 GiB."""
        name, digest = self.bench.blob(1)
        try:
            with SlowDisk(self.bench, 1_536, 50_000_000) as disk:
                speed = load.disk_speed(disk.directory, 64, "conv=fsync")
                say(f"P3 a disk of {speed:.0f} MB/s")
                system = Regtape(self.bench, disk.directory)
                rate, peak = self.download(system, name, digest, GIBIBYTE, "h1", lambda: disk.admit(system.process.pid))
                self.table.bound(
                    "P3", f"peak over idle, 1 GiB, h1, disk of {speed:.0f} MB/s", peak / 1024, "MiB", 64,
                    f"client saw {rate:.0f} MB/s")
        except Trouble as trouble:
            self.table.note("P3", "1 GiB onto a slow disk", f"not measured: {str(trouble).splitlines()[0]}")
        if not self.large:
            return self.table.note("P3", "10 GiB", "not asked for: --large")
        name, digest = self.bench.blob(10)
        for version in ("h1", "h2"):
            say(f"P3 10 GiB {version}")
            rate, peak = self.download(Regtape(self.bench), name, digest, 10 * GIBIBYTE, version)
            self.table.bound(
                "P3", f"peak over idle, 10 GiB, {version}, tape on disk", peak / 1024, "MiB", 64, f"client saw {rate:.0f} MB/s")

    def p4(self):
        """Latency that one connection gets on top."""
        p50 = {}
        for turn in range(self.rounds):
            for system in (Direct(self.bench), Squid(self.bench), Mitmdump(self.bench), Regtape(self.bench, MEMORY)):
                say(f"P4 {system.name}, round {turn + 1} of {self.rounds}")
                with self.running(system):
                    figures = load.small_requests(system, 1, 3)
                    if isinstance(system, Regtape):
                        system.finish(exchanges=figures["count"])
                p50.setdefault(system.name, []).append(figures["p50"] * 1_000)
        p50 = {name: self.median(values) for name, values in p50.items()}
        limit = p50.pop("direct")
        ours = p50.pop("regtape")
        self.table.ratio(
            "P4", "added p50, one connection", ours - limit, "us", {name: value - limit for name, value in p50.items()},
            {"squid": 1}, at_least=False)
        self.table.note("P4", "the limit", "for information", "", f"direct {limit:.0f} us, mitmdump + {p50['mitmdump'] - limit:.0f} us")

    def p5(self):
        """A tape played back."""
        replay.p5(self)

    def p6(self):
        """A capture decoded."""
        traces.p6(self)

    def p7(self):
        """A tape reported on."""
        traces.p7(self)

    def scale(self):
        """What it costs as work grows."""
        scale.scale(self)

    def build(self):
        """What a user waits for at first."""
        build.build(self)

    def p8(self):
        """Start, idle memory, idle tunnels."""
        starts = {}
        idle = {}
        with self.running(Direct(self.bench)):
            for turn in range(self.rounds + 1):
                for system in (Mitmdump(self.bench), Regtape(self.bench, MEMORY)):
                    say(f"P8 {system.name}, round {turn} of {self.rounds}")
                    elapsed = system.start()
                    # The first start makes certificates and warms the page cache.
                    if turn:
                        starts.setdefault(system.name, []).append(elapsed * 1_000)
                        idle.setdefault(system.name, []).append(system.memory())
                    system.__exit__()
            say("P8 1,000 idle tunnels")
            with Regtape(self.bench, MEMORY) as system:
                before = system.memory()
                tunnels = load.idle_tunnels(system, 1_000)
                each = (system.memory() - before) / len(tunnels)
                for tunnel in tunnels:
                    tunnel.close()
                system.finish(exchanges=len(tunnels))
        self.table.ratio(
            "P8", "start to listening", self.median(starts["regtape"]), "ms", {"mitmdump": self.median(starts["mitmdump"])},
            {"mitmdump": 0.1}, at_least=False)
        self.table.bound(
            "P8", "idle memory", self.median(idle["regtape"]) / 1024, "MiB", 40,
            f"mitmdump {self.median(idle['mitmdump']) / 1024:.0f} MiB")
        self.table.bound("P8", "an idle tunnel, of 1,000", each, "kB", 100)

    def running(self, system):
        """The system beside its origin."""
        if isinstance(system, Direct):
            return system
        return Both(Direct(self.bench), system)

    def download(self, system, name, digest, size, version, prepare=None):
        """(MB/s, kB of peak memory over idle)."""
        with self.running(system):
            if prepare:
                prepare()
            # For the tape, for what the origin and the page cache hold, and for what mitmdump keeps of a GiB.
            load.touch_memory(5)
            system.forget_peak()
            idle = system.memory()
            with ProcessorUse(system) as use:
                speed = load.blob(system, name, size, version)
            self.use = use
            peak = system.memory("VmHWM") - idle
            if isinstance(system, Regtape):
                system.finish(digest=digest)
        return speed, peak


class ProcessorUse:
    """How busy the machine was, and by whom, while something was measured."""

    def __init__(self, system):
        self.system = system

    @staticmethod
    def machine():
        with open("/proc/stat", encoding="utf-8") as file:
            return [int(field) for field in file.readline().split()[1:9]]

    def __enter__(self):
        self.before = self.machine(), self.system.processor_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
        return self

    def __exit__(self, *_):
        machine, threads, children = self.before
        ticks = [after - before for before, after in zip(machine, self.machine())]
        self.busy = 1 - (ticks[3] + ticks[4]) / sum(ticks)
        self.seconds = (sum(ticks) - ticks[3] - ticks[4]) / TICKS
        self.threads = {
            name: tuple(after - before for before, after in zip(threads.get(name, (0, 0)), times))
            for name, times in self.system.processor_time().items()}
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.client = usage.ru_utime + usage.ru_stime - children.ru_utime - children.ru_stime

    def text(self):
        shares = [f"{name} {own:.2f} + {kernel:.2f}" for name, (own, kernel) in sorted(self.threads.items()) if own + kernel > 0.02]
        return f"{self.busy:.0%} busy, {self.seconds:.2f} s in all: {', '.join(shares)}; client {self.client:.2f}"


class Both:
    def __init__(self, origin, system):
        self.origin = origin
        self.system = system

    def __enter__(self):
        self.origin.start()
        try:
            self.system.start()
        except Trouble:
            self.origin.stop()
            raise
        return self.system

    def __exit__(self, *error):
        self.system.__exit__(*error)
        self.origin.stop()


# Ratios of systems that were measured in turn bear more than absolute figures do, but not everything.
BUSY = 0.5
ROWS = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "SCALE", "BUILD"]


def main():
    parser = argparse.ArgumentParser(prog="tools/bench/run")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="P1 to P8, all of them by default, or scale, or build")
    parser.add_argument("--large", action="store_true", help="10 GiB for P3 and 1,000,000 exchanges for P7 as well")
    parser.add_argument("--small", action="store_true", help="only the first steps of scale")
    parser.add_argument("--profile", action="store_true", help="say where the time went, for P1, P2 and P6")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--save", action="store_true", help="write the table to tools/bench/results as well")
    options = parser.parse_args()
    wanted = [row.upper() for row in options.rows] or ROWS[:8]
    # So that everything that was started is ended and taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = tempfile.mkdtemp(prefix="regtape-bench-", dir="/var/tmp")
    load_before = os.getloadavg()[0]
    if load_before > BUSY:
        say(f"other programs keep this machine busy (load average {load_before:.1f}); absolute figures will be low")
    try:
        measurement = Measurement(Bench(directory), options)
        for row in wanted:
            if row not in ROWS:
                raise Trouble(f"there is no row {row}; rows are P1 to P8, scale and build")
            getattr(measurement, row.lower())()
        profiles = hotspots.profiles(measurement, wanted) if options.profile else ""
    except Trouble as trouble:
        say(str(trouble))
        return 4
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    lines = [*circumstances(root, load_before, os.getloadavg()[0])]
    if load_before > BUSY:
        lines.append("- other programs kept the machine busy: not a run to compare with others")
    lines += ["", measurement.table.text(), "", profiles]
    print("\n".join(lines))
    if options.save:
        path = f"{root}/tools/bench/results/{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d-%H%M}.md"
        with open(path, "w", encoding="utf-8") as file:
            file.write("# tools/bench/run " + " ".join(sys.argv[1:]) + "\n\n" + "\n".join(lines))
        say(f"written to {path}")
    return 0 if all(row[-1] != "NO" for row in measurement.table.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
