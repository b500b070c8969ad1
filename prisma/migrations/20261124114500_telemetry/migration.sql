-- CreateTable
CREATE TABLE "span_segment" (
    "day" INTEGER NOT NULL,
    "id" BIGINT NOT NULL,
    "min_start" BIGINT NOT NULL,
    "max_start" BIGINT NOT NULL,
    "span_count" INTEGER NOT NULL,
    "error_count" INTEGER NOT NULL,
    "max_duration_ns" BIGINT NOT NULL,
    "modes" INTEGER NOT NULL,
    "services" TEXT[],
    "level" SMALLINT NOT NULL,
    "columns" BYTEA NOT NULL,
    "filter" BYTEA NOT NULL,
    "filter_blocks" INTEGER NOT NULL,
    "block_offsets" INTEGER[],
    "codec" SMALLINT NOT NULL,
    "payload" BYTEA NOT NULL,

    CONSTRAINT "span_segment_pkey" PRIMARY KEY ("day","id")
) PARTITION BY RANGE ("day");

-- CreateTable
CREATE TABLE "trace_segment" (
    "trace_key" BIGINT NOT NULL,
    "segment_id" BIGINT NOT NULL,
    "day" INTEGER NOT NULL,
    "first_block" SMALLINT NOT NULL,
    "last_block" SMALLINT NOT NULL
) PARTITION BY RANGE ("day");

-- CreateTable
CREATE TABLE "ingested_body" (
    "hash" BYTEA NOT NULL,
    "arrived_second" BIGINT NOT NULL,

    CONSTRAINT "ingested_body_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "call_edge_second" (
    "second" BIGINT NOT NULL,
    "client" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "server_kind" SMALLINT NOT NULL,
    "mode" SMALLINT NOT NULL,
    "writer" BIGINT NOT NULL,
    "calls" INTEGER NOT NULL,
    "errors" INTEGER NOT NULL,
    "latency" BYTEA NOT NULL,

    CONSTRAINT "call_edge_second_pkey" PRIMARY KEY ("second","client","server","server_kind","mode","writer")
);

-- CreateTable
CREATE TABLE "service_second" (
    "second" BIGINT NOT NULL,
    "service" TEXT NOT NULL,
    "reporter" SMALLINT NOT NULL,
    "writer" BIGINT NOT NULL,
    "requests" INTEGER NOT NULL,
    "errors" INTEGER NOT NULL,
    "latency" BYTEA NOT NULL,

    CONSTRAINT "service_second_pkey" PRIMARY KEY ("second","service","reporter","writer")
);

-- CreateTable
CREATE TABLE "service_instance" (
    "service" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "first_second" BIGINT NOT NULL,
    "last_second" BIGINT NOT NULL,

    CONSTRAINT "service_instance_pkey" PRIMARY KEY ("service","instance")
);

-- CreateTable
CREATE TABLE "operation" (
    "service" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "last_second" BIGINT NOT NULL,

    CONSTRAINT "operation_pkey" PRIMARY KEY ("service","operation")
);

-- CreateTable
CREATE TABLE "peer_alias" (
    "client" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "last_second" BIGINT NOT NULL,

    CONSTRAINT "peer_alias_pkey" PRIMARY KEY ("client","address","server")
);

-- CreateTable
CREATE TABLE "metric_series" (
    "id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "kind" SMALLINT NOT NULL,
    "monotonic" BOOLEAN NOT NULL,
    "delta" BOOLEAN NOT NULL,
    "attributes" BYTEA NOT NULL,
    "resource" BYTEA NOT NULL,
    "first_second" BIGINT NOT NULL,
    "last_second" BIGINT NOT NULL,

    CONSTRAINT "metric_series_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metric_point" (
    "day" INTEGER NOT NULL,
    "series_id" BIGINT NOT NULL,
    "unix_nano" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "count" BIGINT NOT NULL,
    "bounds" DOUBLE PRECISION[],
    "counts" BIGINT[],

    CONSTRAINT "metric_point_pkey" PRIMARY KEY ("series_id","unix_nano","day")
) PARTITION BY RANGE ("day");

-- CreateTable
CREATE TABLE "ingest_health" (
    "ingester" TEXT NOT NULL,
    "updated_second" BIGINT NOT NULL,
    "counters" JSONB NOT NULL,

    CONSTRAINT "ingest_health_pkey" PRIMARY KEY ("ingester")
);

-- CreateIndex
CREATE INDEX "span_segment_max_start_idx" ON "span_segment"("max_start");

-- CreateIndex
CREATE INDEX "trace_segment_trace_key_idx" ON "trace_segment"("trace_key");

-- CreateIndex
CREATE INDEX "ingested_body_arrived_second_idx" ON "ingested_body"("arrived_second");

-- CreateIndex
CREATE INDEX "metric_series_name_idx" ON "metric_series"("name");

-- Written by hand: what Prisma's schema language cannot say.

-- Already compressed: PostgreSQL need not try again, and parts can be read without the whole.
ALTER TABLE "span_segment" ALTER COLUMN "payload" SET STORAGE EXTERNAL;
ALTER TABLE "span_segment" ALTER COLUMN "columns" SET STORAGE EXTERNAL;
ALTER TABLE "span_segment" ALTER COLUMN "filter" SET STORAGE EXTERNAL;

-- Days are partitions that store/partitions.ts makes before they are needed. What an incident pins moves to a day below
-- zero, which retention never drops.
CREATE TABLE "span_segment_pinned" PARTITION OF "span_segment" FOR VALUES FROM (MINVALUE) TO (0);
CREATE TABLE "trace_segment_pinned" PARTITION OF "trace_segment" FOR VALUES FROM (MINVALUE) TO (0);

-- The open second is rewritten with every commit: leave room for updates in place.
ALTER TABLE "call_edge_second" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE "service_second" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
