-- Accounts in every segment and stage, each with one contract that rolls on by the year.
INSERT INTO accounts_product (workspace_id, code, name)
VALUES (%(workspace_id)s, 'suite', 'Suite')
ON CONFLICT DO NOTHING;
INSERT INTO accounts_account (
    workspace_id, external_id, name, name_reading, search_text, segment, tier, industry, country,
    website, stage, handover_note, seats, goals, fit, onboarding_started_on, onboarding_due_on,
    attributes, is_unconfirmed, created_at, updated_at
)
SELECT
    %(workspace_id)s, 'customer-' || n, 'Customer ' || n || ' Ltd.', '',
    'customer ' || n || ' ltd.  customer-' || n,
    (ARRAY['enterprise', 'mid_market', 'small', 'startup'])[n %% 4 + 1], '', '', 'JP', '',
    (ARRAY['onboarding', 'adoption', 'value', 'renewal', 'expansion'])[n %% 5 + 1], '',
    5 + n %% 40, '', '',
    CASE WHEN n %% 5 = 0 THEN current_date - 20 END, CASE WHEN n %% 5 = 0 THEN current_date - n %% 30 END,
    '{}', false, now() - interval '3 years', now()
FROM generate_series(1, %(accounts)s) AS n;
INSERT INTO accounts_subscription (
    workspace_id, account_id, product_id, external_id, seats, unit_price, mrr, currency,
    billing_months, starts_on, term_ends_on, term_months, auto_renew, status, updated_at
)
SELECT
    %(workspace_id)s, a.id, p.id, 'contract-' || a.external_id, a.seats, 1000, a.seats * 1000,
    w.currency, 12, current_date - 400 - (a.id %% 300)::int,
    current_date - 400 - (a.id %% 300)::int + 364, 12, true, 'active', now()
FROM accounts_account a
JOIN accounts_product p ON p.workspace_id = %(workspace_id)s
JOIN accounts_workspace w ON w.id = %(workspace_id)s
WHERE a.workspace_id = %(workspace_id)s;
-- the beginning of each contract, for every third a growth 60 days ago, for every fortieth a notice
INSERT INTO accounts_contractevent (
    workspace_id, account_id, subscription_id, kind, effective_on, known_at, is_historical, seats,
    unit_price, mrr, currency, billing_months, starts_on, term_ends_on, term_months, auto_renew,
    notice_given_on, is_paused, reason, competitor, note
)
SELECT
    %(workspace_id)s, s.account_id, s.id, e.kind, e.effective_on, e.effective_on::timestamptz, true,
    s.seats, s.unit_price, s.mrr * e.share, s.currency, 12, s.starts_on, s.term_ends_on, 12, true,
    CASE WHEN e.kind = 'notice' THEN e.effective_on END, false, '', '', ''
FROM accounts_subscription s
CROSS JOIN LATERAL (
    VALUES ('new', s.starts_on, 0.8, true),
           ('upsell', current_date - 60, 1.0, s.id %% 3 = 0),
           ('notice', current_date - 10, 1.0, s.id %% 40 = 0)
) AS e (kind, effective_on, share, happened)
WHERE s.workspace_id = %(workspace_id)s AND e.happened
ORDER BY s.id, e.effective_on;
INSERT INTO accounts_interaction (
    workspace_id, account_id, kind, happened_at, known_at, is_historical, participants, sentiment,
    summary, customer_words, need, is_read_back, next_step
)
SELECT
    %(workspace_id)s, a.id, 'call', i.moment, i.moment, true, '', '', 'Spoke', '', '', false, ''
FROM accounts_account a
CROSS JOIN generate_series(0, 2) AS n
CROSS JOIN LATERAL (
    SELECT now() - (a.id %% 100 + n * 30 + 1) * interval '1 day' AS moment
) AS i
WHERE a.workspace_id = %(workspace_id)s
