"""Chromium and a Japanese font for the browser tests: installed by apt where that is possible."""

import os
import shutil
import subprocess
import sys

PACKAGES = ["chromium", "fonts-noto-cjk"]
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "--quiet"]


def missing() -> list[str]:
    """The packages whose programs or fonts this machine lacks."""
    absent = []
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        absent.append("chromium")
    fonts = subprocess.run(
        ["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False
    ) if shutil.which("fc-list") else None  # fmt: skip
    if fonts is None or not fonts.stdout.strip():
        absent.append("fonts-noto-cjk")
    return absent


def main() -> int:
    absent = missing()
    if not absent:
        return 0
    wanted = " ".join(absent)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(
            f"The browser tests need {wanted}, and only root can install them here. "
            f"As root: apt-get install {wanted}",
            file=sys.stderr,
        )
        return 1
    print(f"Installing {wanted}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *absent]):
        done = subprocess.run(
            [*APT, *command], env=quiet, check=False, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            print(done.stdout[-3000:], file=sys.stderr)
            print(f"apt-get {command[0]} failed; the browser tests need {wanted}", file=sys.stderr)
            return 1
    absent = missing()
    if absent:
        print(f"Still missing after apt-get: {' '.join(absent)}", file=sys.stderr)
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
