#!/usr/bin/python3
"""Writes images as one OCI layout: the same octets on every machine, without a container engine.

Layers are real tar files, so that a Docker daemon can unpack them; their content is pseudo-random from a fixed seed, so
that nothing compresses and every digest is known beforehand.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

CREATED = "2026-01-01T00:00:00Z"
MEBIBYTE = 1024 * 1024

# name: sizes of the one file in each layer
IMAGES = {
    "small": [3_000, 40_000],
    "large": [24 * MEBIBYTE, 24 * MEBIBYTE, 24 * MEBIBYTE, 16 * MEBIBYTE, 4_096],
    "hello": [1_000],
}


class Layout:
    def __init__(self, directory):
        self.directory = directory
        self.manifests = []
        os.makedirs(os.path.join(directory, "blobs", "sha256"), exist_ok=True)

    def blob(self, media_type, octets):
        digest = hashlib.sha256(octets).hexdigest()
        with open(os.path.join(self.directory, "blobs", "sha256", digest), "wb") as file:
            file.write(octets)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(octets)}

    def json_blob(self, media_type, value):
        return self.blob(media_type, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())

    def add(self, name, sizes, salt=""):
        layers, diff_ids, history = [], [], []
        for index, size in enumerate(sizes):
            tar = layer(name, index, size, salt)
            diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
            history.append({"created": CREATED, "created_by": f"layer {index} of {name}"})
            # mtime=0 keeps the clock out of the digest; level 1 because random octets do not shrink anyway.
            packed = gzip.compress(tar, compresslevel=1, mtime=0)
            layers.append(self.blob("application/vnd.oci.image.layer.v1.tar+gzip", packed))
        config = self.json_blob(
            "application/vnd.oci.image.config.v1+json",
            {
                "created": CREATED,
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["/nothing"], "Labels": {"test.regtape.image": name}},
                "rootfs": {"type": "layers", "diff_ids": diff_ids},
                "history": history,
            },
        )
        manifest = self.json_blob(
            "application/vnd.oci.image.manifest.v1+json",
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config,
                "layers": layers,
            },
        )
        manifest["annotations"] = {"org.opencontainers.image.ref.name": name}
        self.manifests.append(manifest)

    def finish(self):
        self.write("oci-layout", {"imageLayoutVersion": "1.0.0"})
        # The index is written last: where it exists, the layout is whole.
        self.write("index.json", {"schemaVersion": 2, "manifests": self.manifests})

    def write(self, name, value):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            json.dump(value, file)


def layer(name, index, size, salt):
    content = random.Random(f"regtape {name} {index}{salt}").randbytes(size)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(f"{name}/layer-{index}.bin")
        entry.size = size
        entry.mode = 0o644
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--only", choices=list(IMAGES), help="this image alone")
    parser.add_argument("--salt", default="", help="other octets than those that every machine has")
    options = parser.parse_args()
    if os.path.exists(os.path.join(options.directory, "index.json")):
        return
    layout = Layout(options.directory)
    for name, sizes in IMAGES.items():
        if options.only in (None, name):
            layout.add(name, sizes, options.salt)
    layout.finish()


if __name__ == "__main__":
    sys.exit(main())
