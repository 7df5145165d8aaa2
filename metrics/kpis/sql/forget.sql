-- role: analytics
-- Takes the facts of a period away, of some accounts or of all, before they are written anew.
DELETE FROM kpis_accountperiod
WHERE workspace_id = %(workspace_id)s AND period_id = %(period_id)s
  AND (%(everybody)s OR account_id = ANY (%(account_ids)s::bigint[]))
