-- role: analytics
-- The tiers that accounts have, in order, at most `limit`; each found by one step in the index.
WITH RECURSIVE
-- The first tier, then always the next one after it.
tiers AS (
    (
        SELECT current.tier, 1 AS place
        FROM health_accountcurrent AS current
        WHERE current.workspace_id = %(workspace_id)s AND current.tier <> ''
        ORDER BY current.tier
        LIMIT 1
    )
    UNION ALL
    SELECT later.tier, tiers.place + 1
    FROM tiers
    CROSS JOIN LATERAL (
        SELECT current.tier
        FROM health_accountcurrent AS current
        WHERE current.workspace_id = %(workspace_id)s
          AND current.tier <> '' AND current.tier > tiers.tier
        ORDER BY current.tier
        LIMIT 1
    ) AS later
    WHERE tiers.place < %(limit)s
)
SELECT tiers.tier FROM tiers ORDER BY tiers.place
