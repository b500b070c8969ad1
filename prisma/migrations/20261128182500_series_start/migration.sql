-- AlterTable
ALTER TABLE "metric_series" ADD COLUMN "start_unix_nano" BIGINT;
