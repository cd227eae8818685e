#!/usr/bin/python3
"""Certificate chains that a TLS client must refuse, and some that it must accept: chains.py DIRECTORY

Writes ca.crt (the root to trust), and for each case NAME.crt (leaf first, then what the server sends with it) and
NAME.key. Everything is made anew with each run, because dates are part of what is wrong.
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "registry.regtape.test"
NOW = datetime.datetime.utcnow().replace(microsecond=0)
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate that signs others, whether it may or not."""

    def __init__(self, name, signer=None, *, is_ca=True, path_length=None, usage=None, purposes=None, key=None, below=None):
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        signer = signer or self
        builder = common(self.name, signer.name, self.key.public_key(), NOW - DAY, NOW + 365 * DAY)
        if is_ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(is_ca, path_length), critical=True)
        if usage:
            builder = builder.add_extension(usage, critical=True)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if below:
            names = x509.NameConstraints([x509.DNSName(below)], None)
            builder = builder.add_extension(names, critical=True)
        self.certificate = builder.sign(signer.key, hashes.SHA256())


def common(subject, issuer, public_key, begin, end):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def key_usage(*allowed):
    names = [
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ]
    return x509.KeyUsage(**{name: name in allowed for name in names})


def leaf(
    directory, name, signer, *, sends=(), names=(x509.DNSName(HOST),), begin=NOW - DAY, end=NOW + 30 * DAY,
    purposes=(ExtendedKeyUsageOID.SERVER_AUTH,), usage=None, algorithm=None, common_name="server", extra=None,
):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = common(subject, signer.name if signer else subject, key.public_key(), begin, end)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if usage:
        builder = builder.add_extension(usage, critical=True)
    if extra:
        builder = builder.add_extension(extra, critical=True)
    certificate = builder.sign(signer.key if signer else key, algorithm or hashes.SHA256())
    write(directory / f"{name}.crt", [certificate, *[authority.certificate for authority in sends]])
    (directory / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def write(path, certificates):
    path.write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates))


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    root = Authority("chains root", usage=key_usage("key_cert_sign", "crl_sign"))
    middle = Authority("chains intermediate", root, usage=key_usage("key_cert_sign"))
    stranger = Authority("a stranger's root")
    tight = Authority("chains tight", root, path_length=0)
    below = Authority("chains below tight", tight)
    no_ca = Authority("chains not an authority", root, is_ca=False)
    v3_without = Authority("chains without constraints", root, is_ca=None)
    no_signing = Authority("chains may not sign", root, usage=key_usage("digital_signature"))
    elsewhere = Authority("chains for elsewhere", root, below="elsewhere.test")
    mail = Authority("chains for mail", root, purposes=[ExtendedKeyUsageOID.EMAIL_PROTECTION])
    old = Authority("chains RSA root", key=rsa.generate_private_key(65537, 2048))
    write(directory / "ca.crt", [root.certificate, old.certificate])

    leaf(directory, "good", root)
    leaf(directory, "good-intermediate", middle, sends=[middle])
    leaf(directory, "good-wildcard", root, names=[x509.DNSName("*.regtape.test")])
    leaf(directory, "good-rsa", old)
    leaf(directory, "good-plain", root, purposes=())
    leaf(directory, "good-self-signed", None)

    leaf(directory, "expired", root, end=NOW - DAY / 24, begin=NOW - 30 * DAY)
    leaf(directory, "not-yet-valid", root, begin=NOW + DAY)
    leaf(directory, "wrong-host", root, names=[x509.DNSName("other.regtape.test")])
    leaf(directory, "wide-wildcard", root, names=[x509.DNSName("*.test")])
    leaf(directory, "address-only", root, names=[x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf(directory, "common-name-only", root, names=(), common_name=HOST)
    leaf(directory, "nul-in-name", root, names=[x509.DNSName(HOST + "\0.evil.test")])
    leaf(directory, "self-signed", None)
    leaf(directory, "unknown-root", stranger, sends=[stranger])
    leaf(directory, "missing-intermediate", middle)
    leaf(directory, "issuer-no-authority", no_ca, sends=[no_ca])
    leaf(directory, "issuer-without-constraints", v3_without, sends=[v3_without])
    leaf(directory, "issuer-may-not-sign", no_signing, sends=[no_signing])
    leaf(directory, "issuer-for-mail", mail, sends=[mail])
    leaf(directory, "outside-constraint", elsewhere, sends=[elsewhere])
    leaf(directory, "path-too-long", below, sends=[below, tight])
    leaf(directory, "for-clients", root, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH])
    leaf(directory, "for-signing-certificates", root, usage=key_usage("crl_sign"))
    leaf(directory, "sha1", old, algorithm=hashes.SHA1())
    leaf(directory, "sha1-ecdsa", root, algorithm=hashes.SHA1())
    leaf(
        directory, "unknown-critical", root,
        extra=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00"),
    )


main()
