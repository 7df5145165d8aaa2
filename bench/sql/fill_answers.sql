-- Contacts, one survey of each kind and so many answers over the last two years, two in five with a
-- comment in one of two languages; all of them marked for the roll-up.
INSERT INTO accounts_contact (
    workspace_id, account_id, external_id, name, name_reading, search_text, email, phones,
    phone_digits, department, title, language, consent, consent_source, timezone,
    is_champion, is_decision_maker, user_ids,
    created_at, updated_at
)
SELECT
    a.workspace_id, a.id, a.external_id || '/' || n, 'Person ' || n, '', 'person ' || n, '', '{}',
    '{}', '', '', '', 'unknown', '', '', false, false, '{}', now(), now()
FROM accounts_account a
CROSS JOIN generate_series(1, %(people)s) AS n
WHERE a.workspace_id = %(workspace_id)s;
INSERT INTO surveys_theme (
    workspace_id, name, factor, driver, keywords, is_archived, is_pending, created_at
) VALUES
    (%(workspace_id)s, 'Speed', 'hygiene', 'product_quality', '{slow,遅イ}', false, false, now()),
    (%(workspace_id)s, 'Price', 'hygiene', 'price_value', '{expensive,高イ}', false, false, now());
INSERT INTO surveys_response (
    workspace_id, survey_id, contact_id, account_id, kind, score, scale, comment, language,
    channel, touchpoint, happened_at, known_at, is_historical, is_suspected_robot, robot_signs,
    ip_hash, respondent
)
SELECT
    c.workspace_id, s.id, c.id, c.account_id, s.kind,
    CASE WHEN s.kind = 'nps' THEN (hashint8(c.id * 31 + n) & 1023) %% 11
        ELSE 1 + (hashint8(c.id * 31 + n) & 1023) %% 5 END,
    CASE WHEN s.kind = 'nps' THEN 10 ELSE 5 END,
    CASE (hashint8(c.id + n * 7) & 1023) %% 5
        WHEN 0 THEN 'The export is slow since the last release, number ' || c.id
        WHEN 1 THEN '画面の表示が遅くて困っています。担当 ' || c.id
        ELSE '' END,
    '', 'mail', (ARRAY['onboarding', 'renewal', 'support', ''])[n %% 4 + 1],
    now() - make_interval(mins => (hashint8(c.id * 131 + n * 17) & 1048575) + n),
    now(), true, false, '{}', '', ''
FROM accounts_contact c
CROSS JOIN generate_series(1, %(each)s) AS n
JOIN surveys_survey s
  ON s.workspace_id = c.workspace_id AND s.kind = (ARRAY['nps', 'csat', 'ces'])[n %% 3 + 1]
WHERE c.workspace_id = %(workspace_id)s;
INSERT INTO surveys_resultmark (workspace_id, response_id)
SELECT workspace_id, id FROM surveys_response WHERE workspace_id = %(workspace_id)s;
