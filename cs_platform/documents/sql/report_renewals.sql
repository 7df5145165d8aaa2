-- role: analytics
-- Contracts whose term ends between two days, both included, as the ledger stood at the end of an
-- earlier day and was known then, with the band of their account on that day; dearest first.
SELECT account.id AS account_id, account.name, contract.mrr, contract.term_ends_on,
       contract.notice_deadline_on, contract.auto_renew,
       contract.notice_given_on IS NOT NULL AS has_notice, coalesce(scored.band, '') AS band
FROM recurring_revenue(%(workspace_id)s, %(as_of)s, %(known_until)s) AS contract
JOIN accounts_account AS account
    ON account.workspace_id = %(workspace_id)s AND account.id = contract.account_id
LEFT JOIN health_scoreday AS scored
    ON scored.workspace_id = %(workspace_id)s AND scored.account_id = contract.account_id
    AND scored.day = %(as_of)s AND scored.series = 0
WHERE contract.term_ends_on BETWEEN %(first)s AND %(last)s
ORDER BY contract.mrr DESC NULLS LAST, contract.term_ends_on, account.id
