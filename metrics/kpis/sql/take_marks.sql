-- Takes the marks of the workspace away: whose they were, the earliest day they reach back to, and
-- when the first and the last of them were made. Marks made meanwhile by others are not visible yet
-- and stay for the next time.
WITH
-- every mark visible now
taken AS (
    DELETE FROM kpis_mark
    WHERE workspace_id = %(workspace_id)s
    RETURNING account_id, since, made_at
)
SELECT account_id, min(since) AS since, min(made_at) AS first_made_at, max(made_at) AS made_at
FROM taken
GROUP BY account_id
