-- role: analytics
-- Every contract as it stands at a boundary between two days, as known: the state on state_day, the
-- day before the boundary, less the contracts whose last paid day that is. Where the workspace
-- counts a first day's changes to the opening, state_day is the boundary and check_day is none.
-- Revenue is subscription_states' alone, in the contract's currency.
INSERT INTO kpis_state (
    boundary, account_id, subscription_id, plan_id, mrr, currency, is_paying, is_paused, ended_on
)
WITH
-- what the ledger said of the last day before
before AS MATERIALIZED (
    SELECT s.account_id, s.subscription_id, s.plan_id, s.contracted_mrr, s.currency, s.status,
        s.ended_on, s.term_ends_on
    FROM subscription_states(%(workspace_id)s, %(state_day)s, %(known_until)s) s
    WHERE %(everybody)s OR s.account_id = ANY (%(account_ids)s::bigint[])
),
-- contracts that may end with that day: few enough to ask again
ending AS MATERIALIZED (
    SELECT subscription_id FROM before WHERE status <> 'ended' AND term_ends_on = %(state_day)s
    UNION
    SELECT e.subscription_id
    FROM accounts_contractevent e
    WHERE e.workspace_id = %(workspace_id)s AND e.kind = 'churn'
      AND e.effective_on = %(check_day)s
),
-- those that did
gone AS MATERIALIZED (
    SELECT s.subscription_id
    FROM subscription_states(%(workspace_id)s, %(check_day)s, %(known_until)s) s
    WHERE s.subscription_id IN (SELECT subscription_id FROM ending) AND s.status = 'ended'
)
SELECT
    %(boundary)s, b.account_id, b.subscription_id, b.plan_id, b.contracted_mrr, b.currency,
    b.status <> 'ended' AND g.subscription_id IS NULL AND b.contracted_mrr > 0,
    b.status = 'paused',
    CASE
        WHEN b.status = 'ended' THEN b.ended_on
        WHEN g.subscription_id IS NOT NULL THEN %(state_day)s
    END
FROM before b
LEFT JOIN gone g USING (subscription_id);
ANALYZE kpis_state;
