#!/usr/bin/env python3
"""A client of a proxy that does one odd thing: odd_client.py PROXY_PORT PORT [--ca FILE] VERB ARGUMENT

Opens a tunnel to that port of 127.0.0.1; with --ca it speaks TLS in it, to registry.regtape.test. The verbs, and what is printed:
  say LINE         sends LINE once the other side has spoken, or at once with TLS; ends its sending; prints all it hears
  get PATH         one request, reads slowly to the end: "octets N", and "end orderly", "end cut" or "end reset"
  leave PATH       one request, reads 100,000 octets of the answer, resets the connection: "left"
  upgrade LINE     asks for an upgrade, then as `say`
"""

import socket
import ssl
import struct
import sys
import time


class Tunnel:
    """A TCP connection, with TLS in memory where wanted, so that each direction can be ended by itself."""

    def __init__(self, proxy, port, ca):
        self.socket = socket.create_connection(("127.0.0.1", proxy), timeout=20)
        # Small, so that what is sent to a slow reader waits in the proxy and not in the kernel.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.socket.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            octet = self.socket.recv(1)
            if not octet:
                sys.exit("the proxy closed the connection")
            head += octet
        if b" 200 " not in head:
            sys.exit(head.decode())
        self.tls = None
        self.end = None
        if ca:
            context = ssl.create_default_context(cafile=ca)
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="registry.regtape.test")
            self.until(self.tls.do_handshake)

    def until(self, step):
        while True:
            try:
                result = step()
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                if not self.fill():
                    return b""

    def flush(self):
        if self.outgoing.pending:
            self.socket.sendall(self.outgoing.read())

    def fill(self):
        try:
            octets = self.socket.recv(16384)
        except ConnectionResetError:
            self.end = "reset"
            return False
        if not octets:
            self.end = self.end or ("cut" if self.tls else "orderly")
            return False
        self.incoming.write(octets)
        return True

    def send(self, octets):
        if self.tls:
            self.until(lambda: self.tls.write(octets))
        else:
            self.socket.sendall(octets)

    def read(self):
        if self.tls:
            try:
                octets = self.until(lambda: self.tls.read(16384))
            except ssl.SSLZeroReturnError:
                octets = b""
            if not octets:
                self.end = self.end or "orderly"
            return octets
        try:
            octets = self.socket.recv(16384)
        except ConnectionResetError:
            self.end = "reset"
            return b""
        if not octets:
            self.end = "orderly"
        return octets

    def end_sending(self):
        if self.tls:
            try:
                self.tls.unwrap()
            except ssl.SSLWantReadError:
                pass
            self.flush()
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: origin\r\n\r\n".encode()


def head_of(tunnel):
    octets = b""
    while b"\r\n\r\n" not in octets:
        piece = tunnel.read()
        if not piece:
            sys.exit("no answer")
        octets += piece
    head, _, rest = octets.partition(b"\r\n\r\n")
    return head, rest


def hear_out(tunnel, heard=b""):
    while octets := tunnel.read():
        heard += octets
    print(heard.decode(), end="")
    print("end", tunnel.end)


def main():
    words = sys.argv[1:]
    proxy, port = int(words[0]), int(words[1])
    words = words[2:]
    ca = words[1] if words[0] == "--ca" else None
    verb, argument = words[2 if ca else 0 :]
    tunnel = Tunnel(proxy, port, ca)
    if verb == "say":
        heard = b"" if ca else tunnel.read()
        tunnel.send(argument.encode() + b"\n")
        tunnel.end_sending()
        hear_out(tunnel, heard)
    elif verb == "upgrade":
        tunnel.send(b"GET /upgrade HTTP/1.1\r\nHost: origin\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n")
        head, rest = head_of(tunnel)
        print(head.decode().splitlines()[0])
        tunnel.send(argument.encode() + b"\n")
        tunnel.end_sending()
        hear_out(tunnel, rest)
    elif verb == "get":
        tunnel.send(get(argument))
        _, rest = head_of(tunnel)
        count = len(rest)
        if "/reset" in argument:
            while count < int(argument.partition("?")[2]) // 2:
                count += len(tunnel.read())
            tunnel.send(b"\n")
        while octets := tunnel.read():
            count += len(octets)
            time.sleep(0.0005)
        print("octets", count)
        print("end", tunnel.end)
    elif verb == "leave":
        tunnel.send(get(argument))
        _, rest = head_of(tunnel)
        count = len(rest)
        while count < 100_000:
            count += len(tunnel.read())
        tunnel.reset()
        print("left")


main()
