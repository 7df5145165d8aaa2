-- role: analytics
-- Sparklines and changes of the current rows read anew off the score-days, after a backfill.
UPDATE health_accountcurrent kept SET
    spark = fresh.spark,
    score_7d = kept.score - fresh.spark[24],
    score_30d = kept.score - fresh.spark[1]
FROM (
    SELECT
        k.account_id,
        array_agg(d.score ORDER BY n) AS spark
    FROM health_accountcurrent k
    CROSS JOIN generate_series(0, 30) AS n
    LEFT JOIN health_scoreday d
        ON d.workspace_id = %(workspace_id)s
        AND d.account_id = k.account_id
        AND d.day = k.day - 30 + n
        AND d.series = 0
    WHERE k.workspace_id = %(workspace_id)s
    GROUP BY k.account_id
) fresh
WHERE kept.workspace_id = %(workspace_id)s
  AND kept.account_id = fresh.account_id
  AND (kept.spark, kept.score_7d, kept.score_30d)
      IS DISTINCT FROM (
          fresh.spark, kept.score - fresh.spark[24], kept.score - fresh.spark[1]
      )
