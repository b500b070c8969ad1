-- Seconds of a settled minute lie in the minute's row: what lies in call_edge_second and service_second is not in any step.
DELETE FROM "call_edge_step";

DELETE FROM "service_step";

DELETE FROM "stale_step";

-- AlterTable
ALTER TABLE "call_edge_step" ADD COLUMN "second_at" SMALLINT[],
ADD COLUMN "second_counts" INTEGER[],
ADD COLUMN "second_errors" INTEGER[],
ADD COLUMN "second_latencies" BYTEA[];

-- AlterTable
ALTER TABLE "service_step" ADD COLUMN "second_at" SMALLINT[],
ADD COLUMN "second_counts" INTEGER[],
ADD COLUMN "second_errors" INTEGER[],
ADD COLUMN "second_latencies" BYTEA[];

-- AlterTable
ALTER TABLE "stale_step" ADD COLUMN "mark" BIGINT NOT NULL;

-- What was stored before is packed by the analyzer.
INSERT INTO "stale_step"
SELECT DISTINCT s.step, "second" / s.step * s.step, 0
FROM (SELECT "second" FROM "call_edge_second" UNION SELECT "second" FROM "service_second") t, (VALUES (60), (600)) s (step);
