-- role: analytics
-- Keeps the model's forecast of the day for the open ones of a stretch of renewals, where it differs
-- from the one before. Once a day for everybody, and at once for renewals that have none yet.
WITH fresh AS MATERIALIZED (
    -- what the model says today: the other side of churn, and little after a notice
    SELECT
        r.id,
        r.arr,
        round(
            CASE
                WHEN r.notice_given_on IS NULL THEN 1 - r.churn_probability
                ELSE least(1 - r.churn_probability, %(after_notice)s)
            END::numeric,
            4
        )::float8 AS probability,
        r.model_probability,
        r.model_arr
    FROM renewals_renewal r
    WHERE r.workspace_id = %(workspace_id)s
      AND r.id BETWEEN %(first)s AND %(last)s
      AND r.is_open
      AND r.churn_probability IS NOT NULL
      AND (%(everybody)s OR r.model_on IS NULL)
),
-- those that differ, in probability or in what is at stake, from the last one kept
changed AS MATERIALIZED (
    SELECT f.id, f.arr, f.probability
    FROM fresh f
    WHERE f.model_probability IS NULL
       OR (f.model_probability, f.model_arr) IS DISTINCT FROM (f.probability, f.arr)
),
-- the history; a second run on the same day adds nothing
inserted AS (
    INSERT INTO renewals_renewalforecast (
        workspace_id, renewal_id, forecaster, category, probability, arr, note, day, known_at,
        author_label
    )
    SELECT
        %(workspace_id)s, c.id, 'model', '', c.probability, c.arr, '', %(today)s, %(now)s, ''
    FROM changed c
    ON CONFLICT (workspace_id, renewal_id, day) WHERE forecaster = 'model' DO NOTHING
    RETURNING renewal_id, probability, arr
)
-- the row shows what was kept
UPDATE renewals_renewal r
SET model_probability = i.probability, model_arr = i.arr, model_on = %(today)s
FROM inserted i
WHERE r.workspace_id = %(workspace_id)s AND r.id = i.renewal_id
