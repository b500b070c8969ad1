-- CreateTable
CREATE TABLE "call_edge_step" (
    "step" INTEGER NOT NULL,
    "start" BIGINT NOT NULL,
    "client" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "server_kind" SMALLINT NOT NULL,
    "mode" SMALLINT NOT NULL,
    "calls" BIGINT NOT NULL,
    "errors" BIGINT NOT NULL,
    "latency" BYTEA NOT NULL,

    CONSTRAINT "call_edge_step_pkey" PRIMARY KEY ("step","start","client","server","server_kind","mode")
);

-- CreateTable
CREATE TABLE "service_step" (
    "step" INTEGER NOT NULL,
    "start" BIGINT NOT NULL,
    "service" TEXT NOT NULL,
    "reporter" SMALLINT NOT NULL,
    "requests" BIGINT NOT NULL,
    "errors" BIGINT NOT NULL,
    "latency" BYTEA NOT NULL,

    CONSTRAINT "service_step_pkey" PRIMARY KEY ("step","start","service","reporter")
);

-- CreateTable
CREATE TABLE "stale_step" (
    "step" INTEGER NOT NULL,
    "start" BIGINT NOT NULL,

    CONSTRAINT "stale_step_pkey" PRIMARY KEY ("step","start")
);

-- CreateTable
CREATE TABLE "attribute_value" (
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "last_second" BIGINT NOT NULL,

    CONSTRAINT "attribute_value_pkey" PRIMARY KEY ("key","value")
);

-- Written by hand.

CREATE TABLE "metric_point_pinned" PARTITION OF "metric_point" FOR VALUES FROM (MINVALUE) TO (0);

-- What was stored before has no steps yet.
INSERT INTO "stale_step"
SELECT DISTINCT s.step, "second" / s.step * s.step
FROM (SELECT "second" FROM "call_edge_second" UNION SELECT "second" FROM "service_second") t, (VALUES (60), (600)) s (step);
