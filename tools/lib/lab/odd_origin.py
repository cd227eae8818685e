#!/usr/bin/env python3
"""An origin of every behaviour that a registry has on a bad day: odd_origin.py [--tls CERT KEY] [--alpn NAME] [--speak-first]

Prints "port N" and serves HTTP/1.1 until it is ended. What a request gets depends on its path:
  /interim        103, then 200 in chunks with a trailer
  /upgrade        101, then every line back, reversed, until the client's end, then "bye"
  /until-close?N  N octets and no length; ends with close_notify
  /cut?N          N octets and no length; ends without close_notify
  /reset?N        half of N octets that were promised, then a TCP reset
  /slow?N         half of N octets, a newline, the rest when N milliseconds have passed
  /endless        octets until the client goes
  /204 /304       that status; 304 with the length that the content would have
  PUT anything    100 if it was expected, then 201 with the length that arrived
  anything else   200 with "hello"
With --speak-first it is no HTTP: "220 ready" at once, then lines back as /upgrade does.
"""

import argparse
import socket
import socketserver
import ssl
import struct
import time


def reversed_lines(reader, writer):
    for line in reader:
        writer.write(line.rstrip(b"\n")[::-1] + b"\n")
        writer.flush()
    writer.write(b"bye\n")
    writer.flush()


class Origin(socketserver.StreamRequestHandler):
    def handle(self):
        if arguments.speak_first:
            self.wfile.write(b"220 ready\n")
            self.wfile.flush()
            return reversed_lines(self.rfile, self.wfile)
        try:
            while self.answer():
                pass
        except (ConnectionError, ssl.SSLError):
            pass

    def answer(self):
        line = self.rfile.readline().decode().split()
        if len(line) != 3:
            return False
        method, path, _ = line
        fields = {}
        while (field := self.rfile.readline().decode().strip()):
            name, value = field.split(":", 1)
            fields[name.lower()] = value.strip()
        path, _, number = path.partition("?")
        count = int(number or 0)
        send = self.wfile.write
        if method == "PUT":
            if fields.get("expect") == "100-continue":
                send(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.wfile.flush()
            body = self.rfile.read(int(fields["content-length"]))
            text = str(len(body)).encode()
            send(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        elif path == "/interim":
            send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
            send(b"5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n")
        elif path == "/upgrade":
            send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n")
            self.wfile.flush()
            reversed_lines(self.rfile, self.wfile)
            self.close_in_order()
            return False
        elif path == "/until-close":
            send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * count)
            self.close_in_order()
            return False
        elif path == "/cut":
            send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * count)
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        elif path == "/reset":
            send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % count + b"x" * (count // 2))
            self.wfile.flush()
            self.rfile.readline()  # The client asks for more when it has what was sent.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return False
        elif path == "/slow":
            send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (count + 1) + b"x" * (count // 2) + b"\n")
            self.wfile.flush()
            time.sleep(count / 1000)
            send(b"x" * (count - count // 2))
        elif path == "/endless":
            # Kept as it comes: of a type that may hold secrets, what is over 4 MiB is not kept, and how much goes is chance.
            send(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                b"Content-Length: 1000000000000\r\n\r\n")
            while True:
                send(b"x" * 65536)
        elif path == "/204":
            send(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif path == "/304":
            send(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n")
        else:
            body = b"" if method == "HEAD" else b"hello"
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body)
        self.wfile.flush()
        return True

    def close_in_order(self):
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection = self.connection.unwrap()
        self.connection.shutdown(socket.SHUT_WR)
        while self.connection.recv(65536):
            pass

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def shutdown_request(self, request):
        # Without the library's own shutdown(2), which would say a second goodbye after the one under test.
        request.close()

    def process_request_thread(self, request, address):
        try:
            if context:
                request = context.wrap_socket(request, server_side=True)
            super().process_request_thread(request, address)
        except (OSError, ssl.SSLError):
            request.close()

    def handle_error(self, request, address):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
parser.add_argument("--alpn")
parser.add_argument("--speak-first", action="store_true")
arguments = parser.parse_args()
context = None
if arguments.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Certificates that are too weak for OpenSSL are there to be refused by others.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(*arguments.tls)
    if arguments.alpn:
        context.set_alpn_protocols([arguments.alpn])
with Server(("127.0.0.1", 0), Origin) as server:
    print(f"port {server.server_address[1]}", flush=True)
    server.serve_forever()
