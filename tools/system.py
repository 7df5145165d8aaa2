"""What the operating system has to bring: installed by apt where that is possible.

``system.py pdf``: Pango and a Japanese font, for reports as PDF; without them the product runs, and
says so where a PDF is asked for. ``system.py pdf browser``: Chromium too, for the tests, which
fail without any of it.
"""

import ctypes
import os
import shutil
import subprocess
import sys

# The library that a package brings, by which it is known to be there.
LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "--quiet"]


def missing(*, browser: bool) -> list[str]:
    """The packages whose libraries, fonts or programs this machine lacks."""
    absent = [package for package, library in LIBRARIES.items() if not _loads(library)]
    if shutil.which("fc-list") is None:
        absent += ["fontconfig", "fonts-noto-cjk"]
    elif not _fonts():
        absent.append("fonts-noto-cjk")
    if browser and not any(map(shutil.which, BROWSERS)):
        absent.append("chromium")
    return absent


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _fonts() -> bool:
    found = subprocess.run(
        ["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False
    )
    return bool(found.stdout.strip())


def install(packages: list[str]) -> bool:
    """Install by apt; whether that went well."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*APT, *command], env=quiet, check=False, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            print(done.stdout[-3000:], file=sys.stderr)
            print(f"apt-get {command[0]} failed", file=sys.stderr)
            return False
    return True


def main() -> int:
    """0 when nothing lacks, or when what lacks is only for PDFs and they are not being tested."""
    browser = "browser" in sys.argv[1:]
    absent = missing(browser=browser)
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' '.join(absent)}")
        install(absent)
        absent = missing(browser=browser)
    if not absent:
        return 0
    what = "The tests need" if browser else "Without PDFs: they need"
    print(
        f"{what} {' '.join(absent)}. As root: apt-get install {' '.join(absent)}", file=sys.stderr
    )
    return 1 if browser else 0


if __name__ == "__main__":
    sys.exit(main())
