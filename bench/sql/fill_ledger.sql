-- A ledger of two years: every account begins on one of 730 days, every third has grown after 200
-- days, every eleventh has shrunk after 300, every seventh has left by its own day, and every
-- fortieth of those has come back 90 days later. Half of the terms roll on by the month, half by the
-- year.
INSERT INTO accounts_product (workspace_id, code, name)
VALUES (%(workspace_id)s, 'suite', 'Suite')
ON CONFLICT DO NOTHING;
INSERT INTO accounts_plan (workspace_id, product_id, code, name, rank)
SELECT %(workspace_id)s, p.id, 'plan-' || n, 'Plan ' || n, n
FROM accounts_product p
CROSS JOIN generate_series(1, 5) AS n
WHERE p.workspace_id = %(workspace_id)s;
INSERT INTO accounts_account (
    workspace_id, external_id, name, name_reading, search_text, segment, tier, industry, country,
    website, stage, handover_note, goals, fit, onboarding_started_on, onboarding_completed_on,
    attributes, is_unconfirmed, created_at, updated_at
)
SELECT
    %(workspace_id)s, 'customer-' || n, 'Customer ' || n || ' Ltd.', '', 'customer ' || n, '', '', '',
    'JP', '', 'adoption', '', '', '', NULL, NULL, '{}', false, now(), now()
FROM generate_series(1, %(accounts)s) AS n;
INSERT INTO accounts_attributechange (
    workspace_id, account_id, attribute, old_value, new_value, happened_at, known_at, is_historical
)
SELECT
    %(workspace_id)s, a.id, c.attribute, '', c.value, c.moment, c.moment, true
FROM accounts_account a
CROSS JOIN LATERAL (
    SELECT current_date - 730 + (a.id * 7919 %% 730)::int AS starts_on
) s
CROSS JOIN LATERAL (
    VALUES
        ('segment', (ARRAY['enterprise', 'mid_market', 'small', 'startup'])[a.id %% 4 + 1],
         s.starts_on::timestamptz - interval '10 days'),
        ('onboarding_started_on', s.starts_on::text, s.starts_on::timestamptz),
        ('onboarding_completed_on', (s.starts_on + 20 + (a.id %% 120)::int)::text,
         (s.starts_on + 20 + (a.id %% 120)::int)::timestamptz)
) AS c (attribute, value, moment)
WHERE a.workspace_id = %(workspace_id)s AND c.moment <= now();
INSERT INTO accounts_subscription (
    workspace_id, account_id, product_id, plan_id, external_id, seats, unit_price, mrr, currency,
    billing_months, starts_on, term_ends_on, term_months, auto_renew, status, updated_at
)
SELECT
    %(workspace_id)s, a.id, p.id, plan.id, 'contract-' || a.external_id, 5, 1000, 5000, w.currency,
    t.months, s.starts_on, (s.starts_on + make_interval(months => t.months))::date - 1, t.months,
    true, 'active', now()
FROM accounts_account a
JOIN accounts_product p ON p.workspace_id = %(workspace_id)s
JOIN accounts_plan plan ON plan.workspace_id = %(workspace_id)s AND plan.rank = a.id %% 5 + 1
JOIN accounts_workspace w ON w.id = %(workspace_id)s
CROSS JOIN LATERAL (
    SELECT current_date - 730 + (a.id * 7919 %% 730)::int AS starts_on
) s
CROSS JOIN LATERAL (SELECT CASE WHEN a.id %% 2 = 0 THEN 1 ELSE 12 END AS months) t
WHERE a.workspace_id = %(workspace_id)s;
INSERT INTO accounts_contractevent (
    workspace_id, account_id, subscription_id, plan_id, kind, effective_on, last_paid_on, known_at,
    is_historical, seats, unit_price, mrr, currency, billing_months, starts_on, term_ends_on,
    term_months, auto_renew, is_paused, reason, competitor, note
)
SELECT
    %(workspace_id)s, s.account_id, s.id, s.plan_id, e.kind, e.effective_on,
    CASE WHEN e.kind = 'churn' THEN e.effective_on - 1 END, e.effective_on::timestamptz, true, 5,
    1000, 5000 * e.share, s.currency, s.billing_months,
    CASE WHEN e.kind = 'reactivation' THEN e.effective_on ELSE s.starts_on END,
    CASE WHEN e.kind = 'reactivation'
        THEN (e.effective_on + make_interval(months => s.term_months::int))::date - 1
        ELSE s.term_ends_on END,
    s.term_months, true, false,
    CASE WHEN e.kind = 'churn' THEN (ARRAY['price', 'features', 'support', ''])[s.id %% 4 + 1] ELSE '' END,
    '', ''
FROM accounts_subscription s
CROSS JOIN LATERAL (
    SELECT s.starts_on + 60 + (s.id * 31 %% 600)::int AS leaves_on
) l
CROSS JOIN LATERAL (
    VALUES
        ('new', s.starts_on, 1.0 + s.id %% 10, true),
        ('upsell', s.starts_on + 200, 2.0 + s.id %% 10,
         s.id %% 3 = 0 AND (s.id %% 7 > 0 OR l.leaves_on > s.starts_on + 200)),
        ('contraction', s.starts_on + 300, 0.5 + s.id %% 10,
         s.id %% 11 = 0 AND (s.id %% 7 > 0 OR l.leaves_on > s.starts_on + 300)),
        ('churn', l.leaves_on, 0.0, s.id %% 7 = 0),
        ('reactivation', l.leaves_on + 90, 1.0, s.id %% 280 = 0)
) AS e (kind, effective_on, share, happened)
WHERE s.workspace_id = %(workspace_id)s AND e.happened AND e.effective_on <= current_date
ORDER BY s.id, e.effective_on
