#!/usr/bin/env python3
"""Makes a tape older: every time on it, in whatever form, goes back by a number of days.

For programs that ask the kernel for the time and so cannot be given another clock: a tape that is older is the same to
them. The sums of the lines do not fit any more; `regtape verify --seal` accepts them.
"""
import base64
import email.utils
import hashlib
import json
import re
import sys
from datetime import datetime, timedelta

STAMP = re.compile(r"\b(20\d\d-\d\d-\d\dT\d\d(?::|%3A)\d\d(?::|%3A)\d\d)")
COMPACT = re.compile(r"\b(20\d{6}T\d{6})Z")
HTTP_DATE = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT")
TOKEN = re.compile(r"\b(eyJ[\w-]+)\.(eyJ[\w-]+)")


class Ageing:
    def __init__(self, days, named):
        self.span = timedelta(days=days)
        self.named = named

    def text(self, text):
        def stamp(match):
            colon = "%3A" if "%3A" in match[0] else ":"
            moved = datetime.fromisoformat(match[0].replace("%3A", ":")) - self.span
            return moved.isoformat(timespec="seconds").replace(":", colon)

        def date(match):
            return email.utils.format_datetime(email.utils.parsedate_to_datetime(match[0]) - self.span, usegmt=True)

        def compact(match):
            return (datetime.strptime(match[1], "%Y%m%dT%H%M%S") - self.span).strftime("%Y%m%dT%H%M%SZ")

        def token(match):
            claims = json.loads(base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4)))
            for name in {"iat", "nbf", "exp"} & claims.keys():
                claims[name] -= int(self.span.total_seconds())
            payload = json.dumps(claims, separators=(",", ":")).encode()
            return match[1] + "." + base64.urlsafe_b64encode(payload).decode().rstrip("=")

        text = TOKEN.sub(token, text)
        return HTTP_DATE.sub(date, COMPACT.sub(compact, STAMP.sub(stamp, text)))

    def value(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if not isinstance(value, dict):
            return value
        # Content that something names by its digest is nobody's to change.
        if value.get("sha256") in self.named:
            return value
        aged = {name: self.value(part) for name, part in value.items()}
        if "sha256" in value and "text" in value:
            aged["sha256"] = hashlib.sha256(aged["text"].encode()).hexdigest()
        return aged


def main():
    tape, days = sys.argv[1], int(sys.argv[2])
    with open(f"{tape}/tape.jsonl", encoding="utf-8") as file:
        text = file.read()
    ageing = Ageing(days, set(re.findall(r"sha256(?::|%3A)([0-9a-f]{64})", text)))
    lines = [json.loads(line) for line in text.splitlines()]
    with open(f"{tape}/tape.jsonl", "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(ageing.value(line), separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
