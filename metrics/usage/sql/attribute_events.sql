-- Events that came before their user's account was known go to it now.
WITH
-- each to its user's link in force at its time, or to the first link when it is older than that
attributed AS (
    UPDATE usage_event AS event
    SET (account_id, attributed_at) = (
        SELECT link.account_id, CASE WHEN link.known_at > event.known_at THEN link.known_at END
        FROM usage_userlink AS link
        WHERE link.workspace_id = %(workspace_id)s AND link.user_id = event.user_id
        ORDER BY (link.happened_at <= event.happened_at) DESC,
                 CASE WHEN link.happened_at <= event.happened_at THEN link.happened_at END DESC,
                 link.happened_at, link.account_id DESC
        LIMIT 1
    )
    WHERE event.workspace_id = %(workspace_id)s AND event.account_id IS NULL
      AND event.account_ref = '' AND event.user_id = ANY(%(users)s)
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
-- what was said of the users meanwhile
SELECT kind, user_id, '' AS previous_id, account_id, happened_at, known_at, properties AS traits
FROM attributed
WHERE kind = 'identify'
ORDER BY happened_at
