-- role: analytics
-- Letters delivered and answered by survey and month of sending, for the months since a day.
-- Delivered is what was sent and not refused.
WITH
-- what was sent in those months
sent AS (
    SELECT
        survey_id,
        date_trunc('month', sent_at AT TIME ZONE %(zone)s)::date AS month,
        state,
        answered_at
    FROM surveys_invitation
    WHERE workspace_id = %(workspace_id)s
      AND sent_at >= %(since)s
),
-- by survey and month
counted AS (
    SELECT
        survey_id,
        month,
        count(*) FILTER (WHERE state <> 'bounced') AS delivered,
        count(*) FILTER (WHERE state <> 'bounced' AND answered_at IS NOT NULL) AS answered
    FROM sent
    GROUP BY survey_id, month
)
INSERT INTO surveys_deliveryfigure AS kept (workspace_id, survey_id, month, delivered, answered)
SELECT %(workspace_id)s, survey_id, month, delivered, answered
FROM counted
ON CONFLICT (workspace_id, survey_id, month) DO UPDATE SET
    delivered = excluded.delivered, answered = excluded.answered
WHERE (kept.delivered, kept.answered) IS DISTINCT FROM (excluded.delivered, excluded.answered)
