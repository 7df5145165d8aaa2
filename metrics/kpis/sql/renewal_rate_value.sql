-- role: analytics
-- Renewal rate by value (更新率・金額): recurring revenue renewed ÷ recurring revenue whose term ran out in
-- the period. A renewal counts with the lesser of before and after, so that growth is no renewal.
SELECT
    dimension, value,
    renewed_value AS numerator,
    due_value AS denominator,
    due_known AS n,
    due_missing AS missing,
    due_xx AS xx,
    due_yy AS yy,
    due_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND due_known + due_missing > 0
