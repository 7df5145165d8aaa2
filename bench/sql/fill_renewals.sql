-- Contracts renewed by the year whose terms end on any day from a month ago to a year ahead: nine in
-- ten roll on by themselves, every other may be given notice of a month before, and one in fifty
-- is in a currency without a rate. Every account has one of the members as its owner.
UPDATE accounts_account a
SET owner_id = member.ids[1 + a.id %% cardinality(member.ids)]
FROM (
    SELECT array_agg(m.id ORDER BY m.id) AS ids
    FROM accounts_membership m
    WHERE m.workspace_id = %(workspace_id)s
) member
WHERE a.workspace_id = %(workspace_id)s;
UPDATE accounts_contractevent e
SET starts_on = t.starts_on,
    effective_on = CASE WHEN e.kind = 'new' THEN t.starts_on ELSE e.effective_on END,
    term_ends_on = (t.starts_on + interval '1 year')::date - 1,
    auto_renew = e.subscription_id %% 10 > 0,
    notice_deadline_on = CASE
        WHEN e.subscription_id %% 2 = 0 THEN (t.starts_on + interval '1 year')::date - 31
    END,
    currency = CASE WHEN e.subscription_id %% 50 = 0 THEN 'XDR' ELSE e.currency END
FROM (
    SELECT s.id, current_date - 390 + (s.id * 7919 %% 390)::int AS starts_on
    FROM accounts_subscription s
    WHERE s.workspace_id = %(workspace_id)s
) t
WHERE e.workspace_id = %(workspace_id)s
  AND e.subscription_id = t.id
  AND (e.kind = 'new' OR e.effective_on > t.starts_on);
DELETE FROM accounts_contractevent e
USING accounts_contractevent first
WHERE e.workspace_id = %(workspace_id)s
  AND first.workspace_id = %(workspace_id)s
  AND first.subscription_id = e.subscription_id
  AND first.kind = 'new'
  AND e.kind <> 'new'
  AND e.effective_on <= first.starts_on
