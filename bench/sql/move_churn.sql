-- A day later the model says something else of everybody.
UPDATE health_accountcurrent h
SET churn_probability = least(0.99, h.churn_probability + 0.001)
WHERE h.workspace_id = %(workspace_id)s AND h.churn_probability IS NOT NULL
