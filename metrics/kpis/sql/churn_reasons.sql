-- role: analytics
-- Why accounts left in the period (解約理由): the reason in the ledger of their last contract, how many, and
-- the recurring revenue that went with them.
SELECT reason AS value, count(*) AS lost, sum(cancelled) AS cancelled
FROM kpis_accountperiod
WHERE workspace_id = %(workspace_id)s AND period_id = %(period_id)s AND is_churned
GROUP BY reason
