-- Months that are over and whose end is not kept, or was kept before the month's figures were last
-- computed or one of the days it compares was scored; newest first.
WITH
-- the months a report may be asked for, with the two days compared
months AS (
    SELECT month::date AS month, (month + interval '1 month')::date - 1 AS last_day,
           month::date - 1 AS day_before
    FROM generate_series(%(first)s::date, %(last)s::date, interval '1 month') AS month
),
-- how many of those days have their final scores; when the figures were computed
found AS (
    SELECT months.month,
           (SELECT count(*)
            FROM unnest(ARRAY[months.last_day, months.day_before]) AS compared (day)
            WHERE EXISTS (
                SELECT FROM health_dayfigures AS scored
                WHERE scored.workspace_id = %(workspace_id)s AND scored.day = compared.day
                  AND scored.series = 0 AND scored.kind = 'score'
            ) AND EXISTS (
                SELECT FROM health_scoringclock AS clock
                WHERE clock.workspace_id = %(workspace_id)s AND clock.closed_on >= compared.day
            )) AS scored_days,
           (SELECT max(period.computed_at)
            FROM kpis_period AS period
            WHERE period.workspace_id = %(workspace_id)s AND period.kind = 'month'
              AND period.starts_on = months.month
              AND period.series IN ('first', 'restated')) AS computed_at
    FROM months
)
SELECT found.month, found.scored_days
FROM found
LEFT JOIN reports_monthend AS kept
    ON kept.workspace_id = %(workspace_id)s AND kept.month = found.month
WHERE (found.scored_days > 0 OR found.computed_at IS NOT NULL)
  AND (kept.id IS NULL OR kept.scored_days <> found.scored_days
       OR kept.made_at < found.computed_at)
ORDER BY found.month DESC
