-- role: analytics
-- Last days of terms that ran out without renewal and without an entry of their end: known to be the
-- end only when the 30 days of delay were over, so periods closed meanwhile took them for customers.
SELECT DISTINCT s.ended_on
FROM subscription_states(%(workspace_id)s, %(day)s, %(known_until)s) s
WHERE s.status = 'ended' AND s.contracted_mrr > 0 AND s.ended_on >= %(since)s
  AND NOT EXISTS (
      SELECT FROM accounts_contractevent e
      WHERE e.workspace_id = %(workspace_id)s AND e.subscription_id = s.subscription_id
        AND e.kind = 'churn' AND e.last_paid_on = s.ended_on AND e.known_at <= s.ended_on + 1
  )
ORDER BY s.ended_on
