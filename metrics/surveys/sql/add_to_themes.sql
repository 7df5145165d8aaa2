-- Adds to the sums of themes what answers have come to say, and takes off what they no longer do.
INSERT INTO surveys_themefigure AS kept (
    workspace_id, theme_id, month, comments, good, middle, bad
)
SELECT %(workspace_id)s, d.theme_id, d.month, d.comments, d.good, d.middle, d.bad
FROM unnest(
    %(theme_ids)s::bigint[], %(months)s::date[], %(comments)s::integer[],
    %(good)s::integer[], %(middle)s::integer[], %(bad)s::integer[]
) AS d (theme_id, month, comments, good, middle, bad)
ON CONFLICT (workspace_id, theme_id, month) DO UPDATE SET
    comments = kept.comments + excluded.comments, good = kept.good + excluded.good,
    middle = kept.middle + excluded.middle, bad = kept.bad + excluded.bad
