-- How many figures of a restated period differ from those first known. Intervals follow from the
-- figures, and sums of fractions may differ in their last digits by the order they were added in.
WITH
-- both series with what counts of them
figure AS (
    SELECT
        period_id, kpi, dimension, value, numerator, denominator, n, missing,
        round(figure::numeric, 9) AS figure
    FROM kpis_figure
    WHERE workspace_id = %(workspace_id)s AND period_id IN (%(first_id)s, %(restated_id)s)
)
SELECT count(*) AS changed
FROM (SELECT * FROM figure WHERE period_id = %(first_id)s) earlier
FULL JOIN (SELECT * FROM figure WHERE period_id = %(restated_id)s) later
    USING (kpi, dimension, value)
WHERE (earlier.numerator, earlier.denominator, earlier.n, earlier.missing, earlier.figure)
    IS DISTINCT FROM (later.numerator, later.denominator, later.n, later.missing, later.figure)
