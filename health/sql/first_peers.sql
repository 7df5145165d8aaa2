-- role: analytics
-- Whether an account just measured has a value of a measure that nobody could be ranked by so far.
SELECT EXISTS (
    SELECT
    FROM health_measured m
    CROSS JOIN unnest(%(positions)s::integer[]) AS unranked (position)
    WHERE %(workspace_id)s IS NOT NULL
      AND m.is_known
      AND m.stage = ANY (%(stages)s)
      AND m.raw[unranked.position] IS NOT NULL
) AS is_met
