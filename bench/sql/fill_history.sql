-- The catalogue of what happens, and events on ``share`` in a hundred days of each account: eleven
-- a day, of six names out of eight and three users out of nine.
INSERT INTO usage_eventname (workspace_id, name, kind, is_login, first_seen_at, last_seen_at)
SELECT %(workspace_id)s, 'Event ' || n, 'track', n = 0, now() - interval '1 year', now() - interval '1 year'
FROM generate_series(0, 7) AS n;
INSERT INTO usage_event (
    workspace_id, account_id, happened_at, known_at, message_key, is_historical, is_clamped, kind,
    name, user_id, account_ref, properties
)
SELECT
    %(workspace_id)s, a.id, m.moment, m.moment, gen_random_uuid(), false, false, 'track',
    'Event ' || (n %% 6 + h.chance %% 8) %% 8, 'user-' || a.id || '-' || (n %% 3 + h.chance %% 9) %% 9, '',
    '{"plan": "pro", "source": "benchmark"}'
FROM generate_series(%(days)s, 1, -1) AS ago
JOIN accounts_account a ON a.workspace_id = %(workspace_id)s
CROSS JOIN LATERAL (SELECT hashint8(a.id * 1000 + ago) & 2147483647 AS chance) AS h
CROSS JOIN generate_series(1, 11) AS n
CROSS JOIN LATERAL (
    SELECT (current_date - ago)::timestamp AT TIME ZONE %(timezone)s + n * interval '2 hours' AS moment
) AS m
WHERE (h.chance >> 8) %% 100 < %(share)s AND (a.id %% 20 <> 0 OR ago >= 50);
INSERT INTO usage_seenmessage (workspace_id, message_key, received_on)
SELECT workspace_id, message_key, known_at::date
FROM usage_event
WHERE workspace_id = %(workspace_id)s AND known_at > now() - interval '90 days'
