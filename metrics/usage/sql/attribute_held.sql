-- Events held until their account existed go to it.
WITH
created AS (
    SELECT * FROM unnest(%(external_ids)s::text[], %(account_ids)s::bigint[])
        AS account (external_id, account_id)
),
-- their events, given to them
attributed AS (
    UPDATE usage_event AS event
    SET account_id = created.account_id, account_ref = '',
        attributed_at = CASE WHEN NOT event.is_historical THEN %(now)s END
    FROM created
    WHERE event.workspace_id = %(workspace_id)s AND event.account_id IS NULL
      AND event.account_ref = created.external_id
    RETURNING event.account_id, event.kind, event.user_id, event.happened_at, event.known_at,
              event.properties
),
-- their days are to be rolled up again
dirty AS (
    INSERT INTO usage_dirtyday (workspace_id, account_ids, days)
    SELECT %(workspace_id)s, array_agg(account_id), array_agg(day)
    FROM (
        SELECT DISTINCT account_id, (happened_at AT TIME ZONE %(timezone)s)::date AS day
        FROM attributed
        WHERE kind IN ('track', 'page', 'screen')
    ) AS touched
    HAVING count(*) > 0
)
-- what was said of the account and its users meanwhile
SELECT kind, user_id, '' AS previous_id, account_id, happened_at, known_at, properties AS traits
FROM attributed
WHERE kind IN ('identify', 'group')
ORDER BY happened_at
