-- The accounts lost in one period by reason and by what their reviews say: how many, and the
-- monthly recurring revenue that went with them. A review's reason goes before the ledger's.
WITH
-- who was lost, and the review of that very loss
lost AS (
    SELECT fact.cancelled,
           coalesce(review.reason, nullif(fact.reason, ''), 'unknown') AS reason,
           coalesce(review.avoidable, '') AS avoidable
    FROM kpis_accountperiod AS fact
    LEFT JOIN kpis_churnreview AS review
           ON review.workspace_id = fact.workspace_id
          AND review.account_id = fact.account_id
          AND review.ended_on = fact.churned_on
    WHERE fact.workspace_id = %(workspace_id)s
      AND fact.period_id = %(period_id)s
      AND fact.is_churned
)
SELECT reason, avoidable, count(*)::int AS accounts, sum(cancelled) AS lost
FROM lost
GROUP BY reason, avoidable
