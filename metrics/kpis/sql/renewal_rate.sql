-- role: analytics
-- Renewal rate (更新率・件数): contracts renewed ÷ contracts whose term ran out in the period. One that rolls
-- on by itself is renewed; one that is overdue is not, until it is; every term of a contract counts.
SELECT
    dimension, value,
    renewed AS numerator,
    due AS denominator,
    due AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND due > 0
