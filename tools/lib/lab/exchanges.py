#!/usr/bin/python3
"""Prints what the servers of the lab answered, one JSON object per line, in the order of each server's log.

{"server":"registry|blobs|auth","method":…,"path":…,"status":…,"bytes":…,"version":…}
"""

import json
import os
import re
import sys
from urllib.parse import urlsplit

# docker-registry writes Apache's combined format to standard output.
COMBINED = re.compile(r'^\S+ \S+ \S+ \[[^\]]*\] "(?P<method>\S+) (?P<uri>\S+) (?P<version>[^"]+)" (?P<status>\d+) (?P<bytes>\d+|-)')


def whole_lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        return []
    # The last line may be half written.
    return text[: text.rfind("\n") + 1].splitlines()


def registry(path):
    for line in whole_lines(path):
        match = COMBINED.match(line)
        if match:
            size = match["bytes"]
            yield {
                "method": match["method"],
                "path": urlsplit(match["uri"]).path,
                "status": int(match["status"]),
                "bytes": 0 if size == "-" else int(size),
                "version": match["version"],
            }


def json_lines(path):
    for line in whole_lines(path):
        entry = json.loads(line)
        entry["path"] = urlsplit(entry["path"]).path
        yield entry


def main():
    logs = os.path.join(sys.argv[1], "logs")
    for server, entries in (
        ("registry", registry(os.path.join(logs, "registry.access"))),
        ("auth", json_lines(os.path.join(logs, "auth.access"))),
        ("blobs", json_lines(os.path.join(logs, "blobs.access"))),
    ):
        for entry in entries:
            print(json.dumps({"server": server, **entry}))


if __name__ == "__main__":
    main()
