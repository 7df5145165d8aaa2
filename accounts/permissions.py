"""The one table that says what each role may do."""

from enum import StrEnum

from accounts.models.workspace import Role


class Permission(StrEnum):
    """Something a page, an action or an API call asks for."""

    VIEW = "view"  # read everything of the workspace but its administration
    LOG_CONTACT = "log_contact"  # log interactions, add and finish tasks, edit contacts
    WORK_RISK = "work_risk"  # snooze, flag, move rows of the at-risk list
    WORK_RENEWALS = "work_renewals"  # move renewals on, forecast one's own
    OVERRIDE_FORECAST = "override_forecast"  # put a final forecast above the others
    EDIT_ACCOUNTS = "edit_accounts"  # create and edit accounts and contracts
    MANAGE_SURVEYS = "manage_surveys"  # build, publish and close surveys
    ASSIGN = "assign"  # give accounts to another owner
    MANAGE_MEMBERS = "manage_members"  # add members, change roles
    MANAGE_GOALS = "manage_goals"  # goals of KPIs, gross margin and other inputs of figures
    MANAGE_REPORTS = "manage_reports"  # who gets which report when
    MANAGE_DATA = "manage_data"  # event browser's rejected items, imports
    MANAGE_KEYS = "manage_keys"  # make and revoke API keys
    MANAGE_WORKSPACE = "manage_workspace"  # name, time zone, currency, rates


_VIEWER = {Permission.VIEW}
_AGENT = _VIEWER | {Permission.LOG_CONTACT}
_CSM = _AGENT | {
    Permission.WORK_RISK,
    Permission.WORK_RENEWALS,
    Permission.EDIT_ACCOUNTS,
    Permission.MANAGE_SURVEYS,
}
_MANAGER = _CSM | {
    Permission.ASSIGN,
    Permission.OVERRIDE_FORECAST,
    Permission.MANAGE_MEMBERS,
    Permission.MANAGE_DATA,
    Permission.MANAGE_GOALS,
    Permission.MANAGE_REPORTS,
}
_ADMIN = _MANAGER | {Permission.MANAGE_KEYS, Permission.MANAGE_WORKSPACE}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset(_VIEWER),
    Role.AGENT: frozenset(_AGENT),
    Role.CSM: frozenset(_CSM),
    Role.MANAGER: frozenset(_MANAGER),
    Role.ADMIN: frozenset(_ADMIN),
    Role.OWNER: frozenset(_ADMIN),
}

# A member may give out roles up to this, and change members who hold no more.
GRANTABLE: dict[Role, tuple[Role, ...]] = {
    Role.OWNER: (Role.OWNER, Role.ADMIN, Role.MANAGER, Role.CSM, Role.AGENT, Role.VIEWER),
    Role.ADMIN: (Role.ADMIN, Role.MANAGER, Role.CSM, Role.AGENT, Role.VIEWER),
    Role.MANAGER: (Role.CSM, Role.AGENT, Role.VIEWER),
}


def allows(role: str, permission: Permission) -> bool:
    """Whether ``role`` holds ``permission``."""
    return permission in PERMISSIONS[Role(role)]
