-- role: analytics
-- How the forecasts that held when a closed quarter began compare with what became of its
-- renewals, by forecaster and tenth of the probability scale.
WITH judged AS (
    -- the last forecast of each forecaster before the quarter's second day
    SELECT DISTINCT ON (f.renewal_id, f.forecaster)
        f.renewal_id, f.forecaster, f.probability, coalesce(f.amount, f.arr) AS worth
    FROM renewals_renewalforecast f
    JOIN renewals_renewal r ON r.workspace_id = %(workspace_id)s AND r.id = f.renewal_id
    WHERE f.workspace_id = %(workspace_id)s
      AND f.known_at < %(known_until)s
      AND r.term_ends_on >= %(starts_on)s
      AND r.term_ends_on < %(ends_on)s
      AND r.step IN ('renewed', 'lost')
      AND NOT r.is_void
    ORDER BY f.renewal_id, f.forecaster, f.known_at DESC, f.id DESC
),
-- beside what became of it: 1 renewed, 0 lost
compared AS (
    SELECT
        j.forecaster,
        least(floor(j.probability * 10), 9)::smallint AS tenth,
        j.probability,
        (r.step = 'renewed')::integer AS renewed,
        coalesce(j.worth, 0) * j.probability::numeric AS expected,
        coalesce(r.closed_arr, 0) AS actual
    FROM judged j
    JOIN renewals_renewal r ON r.workspace_id = %(workspace_id)s AND r.id = j.renewal_id
    WHERE j.probability IS NOT NULL
)
INSERT INTO renewals_calibrationbin (
    workspace_id, quarter_on, forecaster, tenth, n, renewed, probability_sum, error_sum,
    squared_error_sum, expected, actual, computed_at
)
SELECT
    %(workspace_id)s,
    %(starts_on)s,
    c.forecaster,
    c.tenth,
    count(*),
    sum(c.renewed),
    sum(c.probability),
    sum(abs(c.probability - c.renewed)),
    sum((c.probability - c.renewed) ^ 2),
    round(sum(c.expected), 4),
    round(sum(c.actual), 4),
    %(now)s
FROM compared c
GROUP BY c.forecaster, c.tenth
