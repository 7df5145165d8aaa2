-- role: analytics
-- The percentiles 0…100 of the ranked measures among the accounts just measured, once per version
-- and day: who comes second finds them there.
INSERT INTO health_percentilebound (workspace_id, version_id, day, measure, bounds)
WITH
-- the measures that are ranked, with their place among the raw values
ranked AS (
    SELECT key, position
    FROM unnest(%(keys)s::text[], %(positions)s::integer[]) AS r (key, position)
),
-- the peers' values of each, of the accounts that are scored
peers AS (
    SELECT r.key, m.value
    FROM ranked r
    LEFT JOIN LATERAL (
        SELECT raw[r.position] AS value
        FROM health_measured
        WHERE is_known AND stage = ANY (%(stages)s)
    ) m ON true
)
SELECT
    %(workspace_id)s,
    %(version)s,
    %(day)s,
    key,
    -- nobody to be compared with: empty
    coalesce(
        percentile_cont((SELECT array_agg(n / 100.0 ORDER BY n) FROM generate_series(0, 100) AS n))
            WITHIN GROUP (ORDER BY value) FILTER (WHERE value IS NOT NULL),
        '{}'
    )
FROM peers
GROUP BY key
ON CONFLICT (workspace_id, version_id, day, measure) DO UPDATE SET bounds = excluded.bounds
WHERE health_percentilebound.bounds = '{}'
