"""What is done to a system: small requests with wrk, one blob with curl, a thousand tunnels that do nothing."""

import re
import resource
import socket
import ssl
import subprocess
import sys

from systems import HOST, Trouble, run

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * UNITS[unit]


def small_requests(system, connections, seconds, fields=None):
    """{rate, p50, p99 in ms, count} of GETs of the manifest over kept connections."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency"]
    for name, value in (fields or {}).items():
        command += ["-H", f"{name}: {value}"]
    command.append(system.url() + "/v2/app/manifests/1")
    if system.is_proxy:
        configuration = system.bench.path(f"{system.name}.chain")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(f"strict_chain\n[ProxyList]\nhttp 127.0.0.1 {system.port}\n")
        command = ["proxychains4", "-q", "-f", configuration, *command]
    text = run(*command)
    if "Non-2xx" in text or "Socket errors" in text:
        raise Trouble(f"{system.name} answered wrongly under load:\n{text}")
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50": milliseconds(re.search(r"^\s+50%\s+(\S+)", text, re.M).group(1)),
        "p99": milliseconds(re.search(r"^\s+99%\s+(\S+)", text, re.M).group(1)),
        "count": int(re.search(r"(\d+) requests in", text).group(1)),
    }


def blob(system, name, size, version):
    """MB/s of one download, as the client sees it."""
    command = [
        "curl", "-sS", "-o", "/dev/null", "--" + ("http2" if version == "h2" else "http1.1"), *system.curl(),
        "-w", "%{speed_download} %{size_download} %{http_version} %{http_code}", system.url() + name,
    ]
    speed, received, spoken, status = run(*command).split()
    if (int(received), status, spoken) != (size, "200", "2" if version == "h2" else "1.1"):
        raise Trouble(f"{system.name} answered wrongly: {status}, {received} octets, HTTP/{spoken}")
    return float(speed) / 1e6


def touch_memory(gibibytes):
    """Has the machine own that much free memory.

    A virtual machine gets a page from its host when it is touched first, and gives free ones back after seconds. That
    costs more than anything measured here, and whom it hits is chance; so a measurement begins on pages that are there.
    """
    # In a process of its own: the kernel counts this one's peak as that of the programs it starts.
    script = (
        "import mmap, sys; mmap.mmap(-1, int(sys.argv[1]), "
        "flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()")
    run(sys.executable, "-c", script, str(int(gibibytes * (1 << 30))))


def idle_tunnels(system, count):
    """Opens that many tunnels, each with one request behind it, and gives them open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    context = ssl.create_default_context(cafile=system.ca)
    tunnels = []
    authority = f"{HOST}:{system.bench.port}"
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", system.port), timeout=20)
        connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        answer = connection.recv(4_096)
        if b" 200 " not in answer:
            raise Trouble(f"{system.name} refused tunnel {len(tunnels)}: {answer[:100]}")
        inside = context.wrap_socket(connection, server_hostname=HOST)
        inside.sendall(f"HEAD /v2/app/manifests/1 HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        if not inside.recv(4_096).startswith(b"HTTP/1.1 200"):
            raise Trouble(f"{system.name} answered wrongly in tunnel {len(tunnels)}")
        tunnels.append(inside)
    return tunnels


def disk_speed(directory, mebibytes, *flags):
    """MB/s of dd."""
    result = subprocess.run(
        ["dd", "if=/dev/zero", f"of={directory}/dd", "bs=1M", f"count={mebibytes}", *flags], capture_output=True,
        text=True, check=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    run("rm", f"{directory}/dd")
    seconds = float(re.search(r"copied, ([\d.e-]+) s", result.stderr).group(1))
    return mebibytes * 1.048576 / seconds
