-- Roll-ups as the worker would have left them, up to yesterday.
INSERT INTO usage_accountday (
    workspace_id, account_id, day, known_on, events, logins, users, last_event_at
)
SELECT
    %(workspace_id)s, a.id, d.day, d.day, 5 + h.chance %% 50, 1 + h.chance %% 3, 3,
    d.day::timestamptz + interval '3 hours'
FROM accounts_account a
CROSS JOIN generate_series(1, %(days)s) AS ago
CROSS JOIN LATERAL (SELECT current_date - ago AS day) AS d
CROSS JOIN LATERAL (SELECT hashint8(a.id * 1000 + ago) & 2147483647 AS chance) AS h
WHERE a.workspace_id = %(workspace_id)s
  AND (h.chance >> 8) %% 100 < %(share)s
  AND (a.id %% 20 <> 0 OR ago >= 50);
INSERT INTO usage_accountdayevent (workspace_id, account_id, day, name, known_on, events)
SELECT
    %(workspace_id)s, d.account_id, d.day, 'Event ' || n * 3 + (d.events + d.account_id) %% 3,
    d.day, d.events / 4 + 1
FROM usage_accountday d
CROSS JOIN generate_series(0, 3) AS n
WHERE d.workspace_id = %(workspace_id)s;
INSERT INTO usage_userday (workspace_id, account_id, day, user_id, known_on, events, logins)
SELECT
    %(workspace_id)s, d.account_id, d.day,
    'user-' || d.account_id || '-' || n * 3 + (d.events + d.logins) %% 3,
    d.day, d.events / 3 + 1, d.logins / 3
FROM usage_accountday d
CROSS JOIN generate_series(0, 2) AS n
WHERE d.workspace_id = %(workspace_id)s;
INSERT INTO usage_lastuse (workspace_id, account_id, is_user, key, last_day)
SELECT %(workspace_id)s, account_id, true, user_id, max(day)
FROM usage_userday
WHERE workspace_id = %(workspace_id)s
GROUP BY account_id, user_id
UNION ALL
SELECT %(workspace_id)s, account_id, false, name, max(day)
FROM usage_accountdayevent
WHERE workspace_id = %(workspace_id)s
GROUP BY account_id, name
