-- People have been at work: steps on every third open renewal, a forecast of the CSM on every
-- third, one of a manager above it on every tenth.
UPDATE renewals_renewal r
SET step = w.step,
    open_step = w.step,
    due_on = CASE WHEN r.id %% 3 = 0 THEN r.term_ends_on - 20 END,
    csm_category = CASE WHEN r.id %% 3 = 1
        THEN (ARRAY['commit', 'likely', 'risk', 'lost'])[1 + r.id / 3 %% 4] ELSE '' END,
    final_category = CASE WHEN r.id %% 10 = 1 THEN 'likely' ELSE '' END,
    updated_at = now()
FROM (
    SELECT
        o.id,
        CASE WHEN o.id %% 3 = 0
            THEN (ARRAY['approached', 'quoted', 'in_approval', 'agreed'])[1 + o.id / 3 %% 4]
            ELSE 'untouched'
        END AS step
    FROM renewals_renewal o
    WHERE o.workspace_id = %(workspace_id)s AND o.is_open
) w
WHERE r.workspace_id = %(workspace_id)s AND r.id = w.id
