import ArgumentParser
import Logging
import NIOPosix
import NIOSSL
import X509
import Crypto
print("x")
