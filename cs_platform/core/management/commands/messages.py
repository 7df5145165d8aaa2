from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cs_platform.core import catalogues


class Command(BaseCommand):
    """Keeps the message catalogues in step with the sources."""

    help = (
        "Collect the translatable strings of each app into its catalogue, keeping what is "
        "translated. --check changes nothing and fails on anything untranslated, and on strings "
        "that two catalogues translate differently."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", help="only these apps (default: all)")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--check", action="store_true", help="list what is not in order and fail")
        mode.add_argument("--compile", action="store_true", help="write the .mo files")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        known = catalogues.apps(root)
        if unknown := set(options["apps"]) - set(known):
            raise CommandError(f"no catalogue for {sorted(unknown)}; there are {known}")
        if options["compile"]:
            count = catalogues.compile_catalogues(root)
            self.stdout.write(f"compiled {count} catalogue(s)")
            return
        templates = catalogues.extracted(root)
        complaints = 0
        for app in options["apps"] or known:
            for language in catalogues.LANGUAGES:
                path = catalogues.catalogue_path(root, app, language)
                kept = catalogues.read_catalogue(path, language)
                if not options["check"]:
                    kept = catalogues.merged(templates[app], kept, language)
                    catalogues.write_catalogue(path, kept)
                found = catalogues.problems(templates[app], kept)
                complaints += len(found)
                for problem in found:
                    self.stdout.write(f"{app}/{language}: {problem}")
                self.stdout.write(f"{app}/{language}: {len(found)} string(s) to see to")
        for language in catalogues.LANGUAGES:
            # Of all apps, whichever were asked for: one alone has nothing to differ from.
            paths = {app: catalogues.catalogue_path(root, app, language) for app in known}
            differing = catalogues.clashes(
                {app: catalogues.read_catalogue(path, language) for app, path in paths.items()}
            )
            complaints += len(differing)
            for clash in differing:
                self.stdout.write(f"{language}: {clash}; give one of them a context")
        if options["check"] and complaints:
            raise CommandError(f"{complaints} string(s) are not in order")
