-- role: analytics
-- Open renewals of a quarter whose currency had no rate when it began, by whose they are: what
-- quarter_positions leaves out.
SELECT a.owner_id, a.segment, s.currency, count(*)::integer AS renewals
FROM renewals_renewal r
JOIN accounts_subscription s ON s.workspace_id = %(workspace_id)s AND s.id = r.subscription_id
JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = r.account_id
JOIN accounts_workspace w ON w.id = %(workspace_id)s AND w.currency <> s.currency
WHERE r.workspace_id = %(workspace_id)s
  AND r.is_open
  AND r.term_ends_on < %(ends_on)s
  AND (r.term_ends_on >= %(starts_on)s OR %(starts_on)s <= %(today)s)
  AND NOT EXISTS (
      SELECT FROM accounts_exchangerate x
      WHERE x.workspace_id = %(workspace_id)s
        AND x.currency = s.currency
        AND x.valid_from <= %(starts_on)s
  )
GROUP BY a.owner_id, a.segment, s.currency
