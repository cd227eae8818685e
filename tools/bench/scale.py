"""What work costs as it grows: connections, exchanges on a tape, octets of a blob."""

import os
import resource

import load
import traces
from systems import Regtape, run, say

CONNECTIONS = (1, 4, 16, 64, 256, 1_000, 2_000)
EXCHANGES = (1_000, 10_000, 100_000, 1_000_000)
OCTETS = (1 << 20, 16 << 20, 256 << 20, 1 << 30, 10 << 30)
# What may be noise; a step beyond it costs more than in proportion.
TOLERANCE = 1.25


def scale(measurement):
    small = measurement.small
    # Two sockets for each tunnel in regtape, and its peers have as many.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    connections(measurement, CONNECTIONS[:4] if small else CONNECTIONS)
    exchanges(measurement, EXCHANGES[:2] if small else EXCHANGES)
    octets(measurement, OCTETS[:3] if small else OCTETS)


def cpu(pid):
    """Seconds of processor time of a process, with the threads that ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Steps:
    """Rows of one kind of work; each is held against the cheapest step before it."""

    def __init__(self, table, unit):
        self.table = table
        self.unit = unit
        self.least = None

    def add(self, work, figures, each):
        least, self.least = self.least, min(each, self.least or each)
        proportion = each / least if least else 1
        self.table.rows.append((
            "scale", work, figures, f"{each:.2f} {self.unit}", f"{proportion:.2f}", f"<= {TOLERANCE} x the least before",
            "yes" if proportion <= TOLERANCE else "NO"))


def connections(measurement, steps):
    rows = Steps(measurement.table, "us of CPU for each request")
    for count in steps:
        say(f"scale {count} connections")
        with measurement.running(Regtape(measurement.bench, "/dev/shm")) as system:
            idle = system.memory()
            system.forget_peak()
            spent, answered = [], []
            # A short time and a longer one: their difference is what requests cost, without the handshakes before them.
            for seconds in (2, 6):
                before = cpu(system.process.pid)
                figures = load.small_requests(system, count, seconds)
                spent.append(cpu(system.process.pid) - before)
                answered.append(figures["count"])
            each = (spent[1] - spent[0]) / max(1, answered[1] - answered[0]) * 1e6
            peak = system.memory("VmHWM") - idle
            system.under_way = 2 * count + 20
            system.finish(exchanges=sum(answered))
        rows.add(
            f"{count:,} connections", f"{figures['rate']:,.0f} /s, p99 {figures['p99']:.2f} ms, {peak / 1024:.1f} MiB over idle",
            each)


def exchanges(measurement, steps):
    rows = Steps(measurement.table, "us for each exchange")
    for wanted in steps:
        say(f"scale a tape of {wanted:,} exchanges")
        tape, count = traces.tape_of(measurement, wanted)
        seconds, memory = traces.report(tape)
        run("rm", "-rf", tape)
        # A small tape is read before the program has well begun.
        begin, _, _ = traces.timed(os.environ["REGTAPE_BINARY"], "--version")
        rows.add(
            f"report of {count:,} exchanges", f"{seconds:.2f} s, {memory / 1024:.0f} MiB",
            max(0, seconds - begin) / count * 1e6)


def octets(measurement, steps):
    for version in ("h1", "h2"):
        rows = Steps(measurement.table, "ms of CPU for each MiB")
        for size in steps:
            say(f"scale a blob of {size >> 20} MiB, {version}")
            name, digest = measurement.bench.blob_of(size)
            with measurement.running(Regtape(measurement.bench)) as system:
                # Certificates, contexts and code pages are not what a blob costs.
                load.blob(system, "/v2/app/manifests/1", len(measurement.bench.MANIFEST), version)
                system.forget_peak()
                # The tape's pages and those of the file that is sent.
                load.touch_memory(min(2 * size >> 30, 10) + 1)
                idle, before = system.memory(), cpu(system.process.pid)
                # Small ones often, because the kernel counts processor time in steps of 10 ms.
                times = max(1, (64 << 20) // size)
                speed = measurement.median([load.blob(system, name, size, version) for _ in range(times)])
                spent, peak = cpu(system.process.pid) - before, system.memory("VmHWM") - idle
                system.finish(digest=digest)
            rows.add(
                f"a blob of {size >> 20:,} MiB, {version}", f"{speed:,.0f} MB/s, {peak / 1024:.1f} MiB over idle",
                spent * 1e3 / times / (size >> 20))
