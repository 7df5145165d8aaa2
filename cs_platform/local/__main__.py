"""``python -m cs_platform.local demo``: the whole product on this machine, with sample data."""

import argparse
import os
import signal
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cs_platform.local", description=__doc__)
    parser.add_argument("what", choices=["demo"])
    parser.parse_args()
    from cs_platform.local import demo, tether

    if "MAKELEVEL" in os.environ:
        tether.hold(
            signal.SIGTERM, os.getppid()
        )  # a killed `make` leaves nobody to press Ctrl-C at
    return demo.run()


if __name__ == "__main__":
    sys.exit(main())
