-- role: analytics
-- What became of all letters of the workspace, by survey, round and month, and its answers by
-- survey, counted from the beginning. One statement sees one state: what others add meanwhile is
-- neither taken away nor counted.
WITH
-- what was counted before
gone AS (
    DELETE FROM surveys_surveycount WHERE workspace_id = %(workspace_id)s
)
INSERT INTO surveys_surveycount (
    workspace_id, survey_id, wave_id, month,
    invited, waiting, delivered, bounced, suppressed, answered, responses, is_sum
)
SELECT
    workspace_id,
    survey_id,
    wave_id,
    month,
    count(*),
    count(*) FILTER (WHERE state = 'queued'),
    count(*) FILTER (WHERE is_delivered),
    count(*) FILTER (WHERE state = 'bounced'),
    count(*) FILTER (WHERE state = 'suppressed'),
    count(*) FILTER (WHERE is_delivered AND answered_at IS NOT NULL),
    0,
    true
FROM (
    SELECT
        *,
        sent_at IS NOT NULL AND state <> 'bounced' AS is_delivered,
        coalesce(
            date_trunc('month', sent_at AT TIME ZONE %(zone)s)::date, DATE '1900-01-01'
        ) AS month
    FROM surveys_invitation
    WHERE workspace_id = %(workspace_id)s
) AS invitation
GROUP BY workspace_id, survey_id, wave_id, month
UNION ALL
SELECT
    workspace_id, survey_id, NULL, DATE '1900-01-01', 0, 0, 0, 0, 0, 0, count(*), true
FROM surveys_countedanswer
WHERE workspace_id = %(workspace_id)s
GROUP BY workspace_id, survey_id
