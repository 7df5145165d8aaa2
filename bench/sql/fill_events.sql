-- Events of five names and ten users, spread over each day, yesterday's midnight being the last.
INSERT INTO usage_event (
    workspace_id, account_id, happened_at, known_at, message_key, is_historical, is_clamped, kind,
    name, user_id, account_ref, properties
)
SELECT
    %(workspace_id)s, a.id, m.moment, m.moment, gen_random_uuid(), true, false, 'track',
    'Event ' || n %% 5, 'user-' || n %% 10, '', '{"plan": "pro"}'
FROM generate_series(%(days)s, 1, -1) AS ago
CROSS JOIN generate_series(1, %(per_day)s) AS n
JOIN accounts_account a ON a.workspace_id = %(workspace_id)s
CROSS JOIN LATERAL (
    SELECT (current_date - ago)::timestamptz + n * interval '86000 s' / %(per_day)s AS moment
) AS m
