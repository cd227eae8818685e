"""The table of a run: what was measured, beside what, and whether the target of that row is met."""

import datetime
import os
import platform
import re
import subprocess


class Table:
    HEAD = ("row", "work", "regtape", "beside", "ratio", "target", "met")

    def __init__(self):
        self.rows = []

    def ratio(self, row, work, ours, unit, peers, target, at_least=True):
        """One row for each peer: `target` times its figure, at least or at most."""
        for name, theirs, wanted in [(name, theirs, target) for name, theirs in peers.items()] if not isinstance(target, dict) \
                else [(name, peers[name], wanted) for name, wanted in target.items()]:
            quotient = ours / theirs if theirs else float("inf")
            met = quotient >= wanted if at_least else quotient <= wanted
            self.rows.append((
                row, work, f"{number(ours)} {unit}", f"{name} {number(theirs)} {unit}", f"{quotient:.2f}",
                f"{'>=' if at_least else '<='} {wanted:g} x {name}", "yes" if met else "NO"))

    def bound(self, row, work, ours, unit, most, beside=""):
        self.rows.append((
            row, work, f"{number(ours)} {unit}", beside, "", f"<= {number(most)} {unit}", "yes" if ours <= most else "NO"))

    def note(self, row, work, what, ours="", beside=""):
        self.rows.append((row, work, ours, beside, "", what, "-"))

    def missing(self, row, work, why):
        """A target that nothing was measured for; it is not met."""
        self.rows.append((row, work, "", "", "", f"not measured: {why}", "NO"))

    def text(self):
        rows = [self.HEAD, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.HEAD))]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def circumstances(root, load_before, load_after):
    """Date, versions and machine; no name of a host or a person."""
    def first(*command):
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            return (result.stdout + result.stderr).strip().splitlines()[0]
        except (OSError, IndexError):
            return "unknown"

    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"^model name\s*:\s*(.*)", file.read(), re.M)
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(re.search(r"MemTotal:\s+(\d+)", file.read()).group(1)) // (1 << 20)
    commit = first("git", "-C", root, "rev-parse", "--short", "HEAD")
    if subprocess.run(["git", "-C", root, "diff", "--quiet", "HEAD", "--", "Sources", "Package.swift"], check=False).returncode:
        commit += " with changes"
    mitmproxy = re.search(r"\d+\.\d+\.\d+", first(os.environ["MITMDUMP"], "--version"))
    return [
        f"- {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, regtape "
        f"{first(os.environ['REGTAPE_BINARY'], '--version')} at {commit}",
        f"- {model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, {memory} GiB, "
        f"Linux {platform.release().split('-')[0]}; load average {load_before:.1f} before and {load_after:.1f} after",
        f"- {first('nginx', '-v').removeprefix('nginx version: ')}, {first('squid', '-v')}, mitmproxy "
        f"{mitmproxy.group(0) if mitmproxy else 'unknown'}, {first('wrk', '-v').split(' [')[0]}, "
        f"{' '.join(first('curl', '--version').split()[:2])}, docker-registry {first('docker-registry', '--version').split()[-1]}, "
        f"TShark {first('tshark', '--version').split()[2]}",
    ]
