-- The last days of these accounts' users and names read anew off the roll-ups, after some of their
-- rows were taken away: what was the last day may be none any more.
WITH
-- the last days there are
remaining AS MATERIALIZED (
    SELECT account_id, true AS is_user, user_id AS key, max(day) AS last_day
    FROM usage_userday
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s)
    GROUP BY account_id, user_id
    UNION ALL
    SELECT account_id, false, name, max(day)
    FROM usage_accountdayevent
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s)
    GROUP BY account_id, name
),
-- of those who have none left
gone AS (
    DELETE FROM usage_lastuse AS use
    WHERE use.workspace_id = %(workspace_id)s AND use.account_id = ANY (%(account_ids)s)
      AND (use.account_id, use.is_user, use.key) NOT IN (
          SELECT account_id, is_user, key FROM remaining
      )
)
UPDATE usage_lastuse AS use
SET last_day = remaining.last_day
FROM remaining
WHERE use.workspace_id = %(workspace_id)s AND use.account_id = remaining.account_id
  AND use.is_user = remaining.is_user AND use.key = remaining.key
  AND use.last_day > remaining.last_day
