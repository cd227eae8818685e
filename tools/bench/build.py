"""What a user waits for before the first `tools/regtape record`: a build of a fresh clone, and whose code it compiles."""

import os
import re
import signal
import subprocess
import threading
import time

from systems import TICKS, Trouble, run, say

COMPILERS = ("swift-frontend", "clang", "ld", "swift-build", "swift-driver")
# Of the processor time of the whole build; smaller modules are told together.
LEAST_SHARE = 0.03
INTERVAL = 0.1


class Compilers:
    """Watches the compilers below a directory: the processor time of each until it was last seen."""

    def __init__(self, directory):
        self.directory = directory
        self.seen = {}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def watch(self):
        while not self.is_over.wait(INTERVAL):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    self.look(pid)
                except OSError:
                    # It has ended meanwhile.
                    continue

    def look(self, pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            text = file.read()
        name = text[text.index("(") + 1:text.rindex(")")]
        if not name.startswith(COMPILERS):
            return
        fields = text.rsplit(")", 1)[1].split()
        # A process number may be used again; with its start it is unique.
        key = pid, fields[19]
        module = self.seen[key][0] if key in self.seen else self.module(pid, name)
        if module:
            self.seen[key] = module, (int(fields[11]) + int(fields[12])) / TICKS

    def module(self, pid, name):
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            words = file.read().split("\0")
        for word in [word[1:] for word in words if word.startswith("@")]:
            with open(word, encoding="utf-8") as file:
                words += file.read().split()
        if not any(self.directory in word for word in words):
            return None
        if "-module-name" in words:
            return words[words.index("-module-name") + 1]
        source = re.search(r"/checkouts/[^/ ]+/Sources/([^/ ]+)/", " ".join(words))
        return f"{source.group(1)}, C" if source and name.startswith("clang") else name

    def modules(self):
        """[(seconds of processor time, module)], the dearest first."""
        sums = {}
        for module, seconds in self.seen.values():
            sums[module] = sums.get(module, 0) + seconds
        return sorted(((seconds, module) for module, seconds in sums.items()), reverse=True)


def build(measurement):
    """One row for the whole, and one for each module that matters."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    clone = measurement.bench.path("clone")
    run("git", "clone", "-q", root, clone)
    say("build of a fresh clone; this takes minutes")
    begun = time.monotonic()
    with Compilers(clone) as compilers:
        with open(measurement.bench.path("build.log"), "w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                [f"{clone}/tools/regtape", "--version"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            try:
                status = process.wait()
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGTERM)
            if status:
                log.seek(0)
                raise Trouble(f"the build failed with {status}: {log.read()[-1_000:]}")
    elapsed = time.monotonic() - begun
    modules = compilers.modules()
    whole = sum(seconds for seconds, _ in modules)
    table = measurement.table
    table.note("build", "a fresh clone until `tools/regtape --version` answers", "for information", f"{elapsed:,.0f} s", f"{whole:,.0f} s of processors")
    for seconds, module in modules:
        if seconds >= LEAST_SHARE * whole:
            table.note("build", module, "for information", f"{seconds:,.0f} s", f"{seconds / whole:.0%}")
    rest = [seconds for seconds, _ in modules if seconds < LEAST_SHARE * whole]
    table.note("build", f"{len(rest)} more", "for information", f"{sum(rest):,.0f} s", f"{sum(rest) / whole:.0%}")
