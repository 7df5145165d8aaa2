-- What the requests since the last time brought, added to their sources.
WITH
drained AS (
    DELETE FROM usage_receipt WHERE workspace_id = %(workspace_id)s
    RETURNING api_key_id, received_at, newest_at, accepted, duplicates, rejected
),
-- what each key has sent since
sums AS (
    SELECT api_key_id, min(received_at) AS first_seen_at, max(received_at) AS last_seen_at,
           sum(accepted) AS accepted, sum(duplicates) AS duplicates, sum(rejected) AS rejected,
           -- of the last request that brought an event
           (array_agg(extract(epoch FROM received_at - newest_at) ORDER BY received_at DESC)
                FILTER (WHERE newest_at IS NOT NULL))[1]::float8 AS lag_seconds
    FROM drained
    GROUP BY api_key_id
)
INSERT INTO usage_source AS known (
    workspace_id, api_key_id, first_seen_at, last_seen_at, lag_seconds,
    accepted, duplicates, rejected
)
SELECT %(workspace_id)s, api_key_id, first_seen_at, last_seen_at, lag_seconds,
       accepted, duplicates, rejected
FROM sums
ON CONFLICT (workspace_id, api_key_id) DO UPDATE
    SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
        lag_seconds = coalesce(excluded.lag_seconds, known.lag_seconds),
        accepted = known.accepted + excluded.accepted,
        duplicates = known.duplicates + excluded.duplicates,
        rejected = known.rejected + excluded.rejected
