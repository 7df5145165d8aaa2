-- Events of the last 30 days in the order of their arrival, as if they had been posted, until there
-- are as many as wanted; of accounts of their own, with random message keys.
WITH
missing AS (
    SELECT greatest(%(events)s - count(*), 0) AS events
    FROM usage_seenmessage
    WHERE workspace_id = %(workspace_id)s
),
posted AS (
    SELECT n, gen_random_uuid() AS message_key, n %% 50000 AS account,
        now() - (n * 7919 %% 2592000) * interval '1 second' AS happened_at
    FROM missing CROSS JOIN generate_series(1, missing.events) AS n
),
stored AS (
    INSERT INTO usage_event (
        workspace_id, account_id, account_ref, user_id, kind, name, happened_at, known_at,
        is_historical, is_clamped, message_key, properties
    )
    SELECT %(workspace_id)s, 1000000000 + account, '', 'arrival-' || account, 'track',
        'Event ' || n %% 20, happened_at, now(), false, false, message_key,
        jsonb_build_object('plan', 'pro', 'rows', n %% 1000, 'source', 'benchmark')
    FROM posted
    RETURNING message_key
)
INSERT INTO usage_seenmessage (workspace_id, message_key, received_on)
SELECT %(workspace_id)s, message_key, current_date FROM stored
