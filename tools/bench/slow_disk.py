"""A slow disk: ext4 on a loop device that the kernel's block throttle holds back, mounted so that each write waits for it.

Without the latter the page cache would take a whole blob, and nothing would ever be slow.

Control groups of version 1 throttle all writes to a device, those of version 2 those of a group that the recorder must be
put into; both are tried. The image lies in memory, so nothing else slows it down.
"""

import os
import subprocess
import tempfile

from systems import Trouble, run


class SlowDisk:
    def __init__(self, bench, mebibytes, speed):
        self.image = f"/dev/shm/regtape-bench-{os.getpid()}.img"
        self.mebibytes = mebibytes
        # Octets a second.
        self.speed = speed
        self.directory = bench.path("slow")
        self.cgroups = bench.path("blkio")
        self.device = self.throttle = self.group = None

    def __enter__(self):
        if os.geteuid() != 0:
            raise Trouble("a slow disk needs root")
        try:
            run("truncate", "-s", f"{self.mebibytes}M", self.image)
            run("mkfs.ext4", "-q", "-F", self.image)
            self.device = run("losetup", "--find", "--show", self.image).strip()
            os.makedirs(self.directory)
            run("mount", "-o", "sync", self.device, self.directory)
            self.hold_back()
        except Trouble:
            self.__exit__()
            raise
        return self

    def hold_back(self):
        number = os.stat(self.device).st_rdev
        name = f"{os.major(number)}:{os.minor(number)}"
        os.makedirs(self.cgroups, exist_ok=True)
        if subprocess.run(["mount", "-t", "cgroup", "-o", "blkio", "none", self.cgroups], capture_output=True, check=False)\
                .returncode == 0:
            self.throttle = self.cgroups + "/blkio.throttle.write_bps_device"
            self.lift = f"{name} 0"
            self.write(self.throttle, f"{name} {self.speed}")
            return
        root = next((root for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") if "io" in self.controllers(root)), None)
        if root is None:
            raise Trouble("neither control groups of version 1 (blkio) nor of version 2 (io) throttle a device here")
        self.group = tempfile.mkdtemp(prefix="regtape-bench-", dir=root)
        self.write(root + "/cgroup.subtree_control", "+io")
        self.write(self.group + "/io.max", f"{name} wbps={self.speed}")

    def admit(self, pid):
        """Puts a process under the throttle, where that does not hold for all."""
        if self.group:
            self.write(self.group + "/cgroup.procs", str(pid))

    @staticmethod
    def controllers(root):
        try:
            with open(root + "/cgroup.controllers", encoding="utf-8") as file:
                return file.read().split()
        except OSError:
            return []

    @staticmethod
    def write(path, text):
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise Trouble(f"cannot throttle the disk: {path}: {error}") from error

    def __exit__(self, *_):
        if self.throttle:
            # Lifted first, or the file system could not be written back in time.
            self.write(self.throttle, self.lift)
        for command in (["umount", self.directory], ["umount", self.cgroups], ["losetup", "-d", self.device or "none"]):
            subprocess.run(command, capture_output=True, check=False)
        if self.group:
            os.rmdir(self.group)
        if os.path.exists(self.image):
            os.remove(self.image)
