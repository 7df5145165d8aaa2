-- Contacts, rounds of one survey of each kind with an invitation and an answer per person and turn
-- over the last two years, two answers in five with a comment in one of two languages; follow-ups
-- of the bad ones; a hearing survey that every fifth person answers. All marked for the roll-up.
INSERT INTO accounts_contact (
    workspace_id, account_id, external_id, name, name_reading, search_text, email, phones,
    phone_digits, department, title, language, consent, consent_source, timezone,
    is_champion, is_decision_maker, user_ids,
    created_at, updated_at
)
SELECT
    a.workspace_id, a.id, a.external_id || '/' || n, 'Person ' || n, '', 'person ' || n,
    CASE WHEN n %% 50 <> 7 THEN 'person' || n || '@' || a.external_id || '.example' ELSE '' END,
    '{}', '{}', '', '', '', CASE WHEN (a.id + n) %% 40 = 0 THEN 'refused' ELSE 'unknown' END, '',
    '', n = 1, n = 2, '{}', now(), now()
FROM accounts_account a
CROSS JOIN generate_series(1, %(people)s) AS n
WHERE a.workspace_id = %(workspace_id)s;
INSERT INTO surveys_theme (
    workspace_id, name, factor, driver, keywords, is_archived, is_pending, created_at
) VALUES
    (%(workspace_id)s, 'Speed', 'hygiene', 'product_quality', '{slow,遅イ,遅ク}', false, false, now()),
    (%(workspace_id)s, 'Price', 'hygiene', 'price_value', '{expensive,高イ}', false, false, now());
INSERT INTO surveys_wave (
    workspace_id, survey_id, number, started_at, built_until, built_at, population, audience_size,
    excluded
)
SELECT
    %(workspace_id)s, s.id, (n + 2) / 3, now() - make_interval(days => 73 * (%(each)s + 1 - n)), 0,
    now(), p.people, p.people, '{}'
FROM generate_series(1, %(each)s) AS n
JOIN surveys_survey s
  ON s.workspace_id = %(workspace_id)s AND s.kind = (ARRAY['nps', 'csat', 'ces'])[n %% 3 + 1]
CROSS JOIN (
    SELECT count(*) AS people FROM accounts_contact WHERE workspace_id = %(workspace_id)s
) AS p;
CREATE TEMPORARY TABLE turn AS
SELECT
    c.workspace_id, c.id AS contact_id, c.account_id, s.id AS survey_id, s.kind, w.id AS wave_id, n,
    (hashint8(c.id * 13 + n * 5) & 1023) %% 100 AS fate,
    now() - make_interval(mins => (hashint8(c.id * 131 + n * 17) & 1048575) + n) AS happened_at
FROM accounts_contact c
CROSS JOIN generate_series(1, %(each)s) AS n
JOIN surveys_survey s
  ON s.workspace_id = c.workspace_id AND s.kind = (ARRAY['nps', 'csat', 'ces'])[n %% 3 + 1]
JOIN surveys_wave w
  ON w.workspace_id = c.workspace_id AND w.survey_id = s.id AND w.number = (n + 2) / 3
WHERE c.workspace_id = %(workspace_id)s;
-- of a hundred invitations 30 are answered, 3 bounced, 2 suppressed, 1 waits; the rest goes unheard
INSERT INTO surveys_invitation (
    workspace_id, survey_id, wave_id, contact_id, account_id, channel, language, touchpoint, nonce,
    state, reason, created_at, due_at, sent_at, reminders_sent, expires_at, answered_at
)
SELECT
    workspace_id, survey_id, wave_id, contact_id, account_id, 'mail', 'en', '',
    substr(md5(contact_id || ':' || n), 1, 16),
    CASE
        WHEN fate < 30 THEN 'answered' WHEN fate < 33 THEN 'bounced'
        WHEN fate < 35 THEN 'suppressed' WHEN fate = 35 THEN 'queued'
        WHEN happened_at > now() - interval '29 days' THEN 'sent' ELSE 'expired'
    END,
    CASE WHEN fate BETWEEN 30 AND 32 THEN 'bounced' WHEN fate IN (33, 34) THEN 'refused' ELSE '' END,
    happened_at - interval '2 days',
    CASE WHEN fate = 35 THEN now() + interval '30 days' ELSE happened_at - interval '1 day' END,
    CASE WHEN fate NOT BETWEEN 33 AND 35 THEN happened_at - interval '1 day' END, 0,
    CASE WHEN fate = 35 THEN now() + interval '60 days' ELSE happened_at + interval '29 days' END,
    CASE WHEN fate < 30 THEN happened_at END
FROM turn;
INSERT INTO surveys_response (
    workspace_id, survey_id, wave_id, invitation_id, contact_id, account_id, kind, score, scale,
    comment, language, channel, touchpoint, happened_at, known_at, is_historical,
    is_suspected_robot, robot_signs, ip_hash, respondent
)
SELECT
    t.workspace_id, t.survey_id, i.wave_id, i.id, t.contact_id, t.account_id, t.kind,
    CASE WHEN t.kind = 'nps' THEN (hashint8(t.contact_id * 31 + t.n) & 1023) %% 11
        ELSE 1 + (hashint8(t.contact_id * 31 + t.n) & 1023) %% 5 END,
    CASE WHEN t.kind = 'nps' THEN 10 ELSE 5 END,
    CASE (hashint8(t.contact_id + t.n * 7) & 1023) %% 5
        WHEN 0 THEN 'The export is slow since the last release, number ' || t.contact_id
        WHEN 1 THEN '画面の表示が遅くて困っています。担当 ' || t.contact_id
            || CASE WHEN t.contact_id %% 997 = 0 THEN ' 返金を希望します' ELSE '' END
        ELSE '' END,
    '', CASE WHEN i.id IS NULL THEN 'import' ELSE 'mail' END,
    (ARRAY['onboarding', 'renewal', 'support', ''])[t.n %% 4 + 1], t.happened_at, now(), true,
    false, '{}', '', ''
FROM turn t
LEFT JOIN surveys_invitation i
  ON i.workspace_id = t.workspace_id AND i.wave_id = t.wave_id AND i.contact_id = t.contact_id
 AND t.fate < 30;
DROP TABLE turn;
INSERT INTO surveys_followup (
    workspace_id, response_id, survey_id, state, due_on, opened_at, contacted_at, resolved_at, note
)
SELECT
    workspace_id, id, survey_id,
    CASE
        WHEN happened_at > now() - interval '10 days' THEN 'open'
        WHEN happened_at > now() - interval '20 days' THEN 'contacted' ELSE 'resolved'
    END,
    (happened_at + interval '3 days')::date, happened_at,
    CASE WHEN happened_at <= now() - interval '10 days' THEN happened_at + interval '2 days' END,
    CASE WHEN happened_at <= now() - interval '20 days' THEN happened_at + interval '9 days' END, ''
FROM surveys_response
WHERE workspace_id = %(workspace_id)s
  AND (kind = 'nps' AND score <= 6 OR kind = 'csat' AND score <= 2 OR kind = 'ces' AND score >= 4);
INSERT INTO surveys_question (
    workspace_id, survey_id, key, position, kind, text_en, text_ja, options, is_required,
    show_when, is_retired
)
SELECT
    s.workspace_id, s.id, q.key, q.position, q.kind, q.key, '',
    CASE q.kind WHEN 'rating' THEN '[]' ELSE '[{"key": "a", "en": "Price", "ja": "価格"},
        {"key": "b", "en": "Speed", "ja": "速さ"}, {"key": "c", "en": "Support", "ja": "支援"}]' END
        ::jsonb,
    false, '[]', false
FROM surveys_survey s
CROSS JOIN (
    VALUES ('reason', 2, 'single'), ('used', 3, 'multiple'), ('value', 4, 'rating')
) AS q (key, position, kind)
WHERE s.workspace_id = %(workspace_id)s AND s.kind IN ('hearing', 'nps');
INSERT INTO surveys_response (
    workspace_id, survey_id, contact_id, account_id, kind, comment, language, channel, touchpoint,
    happened_at, known_at, is_historical, is_suspected_robot, robot_signs, ip_hash, respondent
)
SELECT
    c.workspace_id, s.id, c.id, c.account_id, s.kind, '', '', 'mail', '',
    now() - make_interval(mins => hashint8(c.id * 7) & 262143), now(), true, false, '{}', '', ''
FROM accounts_contact c
JOIN surveys_survey s ON s.workspace_id = c.workspace_id AND s.kind = 'hearing'
WHERE c.workspace_id = %(workspace_id)s AND c.id %% 5 = 0;
INSERT INTO surveys_answer (workspace_id, response_id, question_id, number, text, choices)
SELECT
    r.workspace_id, r.id, q.id, CASE WHEN q.kind = 'rating' THEN 1 + r.id %% 5 END, '',
    CASE q.kind WHEN 'single' THEN (ARRAY['{a}', '{b}', '{c}'])[r.id %% 3 + 1]::varchar[]
        WHEN 'multiple' THEN '{a,c}' ELSE '{}' END
FROM surveys_response r
JOIN surveys_question q ON q.workspace_id = r.workspace_id AND q.survey_id = r.survey_id
WHERE r.workspace_id = %(workspace_id)s AND (r.kind = 'hearing' OR r.id %% 5 = 0);
INSERT INTO surveys_resultmark (workspace_id, response_id)
SELECT workspace_id, id FROM surveys_response WHERE workspace_id = %(workspace_id)s
ORDER BY contact_id, kind;
