#!/usr/bin/env python
import os
import sys


def main() -> None:
    from cs_platform.local.environment import adopt

    adopt(os.environ)  # beside a running demo, commands speak to its servers
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
