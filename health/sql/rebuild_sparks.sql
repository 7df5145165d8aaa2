-- role: analytics
-- Sparklines and changes of the current rows read anew off the score-days, after a backfill.
UPDATE health_accountcurrent kept SET
    spark = fresh.spark,
    score_7d = fresh.score_7d,
    score_30d = fresh.score_30d,
    band_1d = fresh.band_1d,
    band_7d = fresh.band_7d
FROM (
    SELECT
        found.account_id,
        found.spark,
        found.score - found.spark[24] AS score_7d,
        found.score - found.spark[1] AS score_30d,
        health_band(found.spark[30], version.green_from, version.yellow_from) AS band_1d,
        health_band(found.spark[24], version.green_from, version.yellow_from) AS band_7d
    FROM (
        SELECT
            k.account_id,
            k.version_id,
            k.score,
            array_agg(d.score ORDER BY n) AS spark
        FROM health_accountcurrent k
        CROSS JOIN generate_series(0, 30) AS n
        LEFT JOIN health_scoreday d
            ON d.workspace_id = %(workspace_id)s
            AND d.account_id = k.account_id
            AND d.day = k.day - 30 + n
            AND d.series = 0
        WHERE k.workspace_id = %(workspace_id)s
        GROUP BY k.account_id, k.version_id, k.score
    ) found
    JOIN health_scorecardversion version
        ON version.workspace_id = %(workspace_id)s AND version.id = found.version_id
) fresh
WHERE kept.workspace_id = %(workspace_id)s
  AND kept.account_id = fresh.account_id
  AND (kept.spark, kept.score_7d, kept.score_30d, kept.band_1d, kept.band_7d)
      IS DISTINCT FROM (
          fresh.spark, fresh.score_7d, fresh.score_30d, fresh.band_1d, fresh.band_7d
      )
