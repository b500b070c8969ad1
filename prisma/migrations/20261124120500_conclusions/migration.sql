-- CreateTable
CREATE TABLE "incident" (
    "id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "severity" SMALLINT NOT NULL,
    "state" TEXT NOT NULL,
    "start_unix_nano" BIGINT NOT NULL,
    "detected_unix_nano" BIGINT NOT NULL,
    "mitigated_unix_nano" BIGINT,
    "end_unix_nano" BIGINT,
    "services" TEXT[],
    "failed_calls" BIGINT NOT NULL,
    "total_calls" BIGINT NOT NULL,
    "peak_dns_ratio" DOUBLE PRECISION NOT NULL,
    "normal_dns_ratio" DOUBLE PRECISION NOT NULL,
    "shifts" JSONB NOT NULL,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_event" (
    "incident_id" TEXT NOT NULL,
    "unix_nano" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "evidence" TEXT NOT NULL,

    CONSTRAINT "incident_event_pkey" PRIMARY KEY ("incident_id","unix_nano","kind","subject")
);

-- CreateTable
CREATE TABLE "routing_shift" (
    "id" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "first_seen_unix_nano" BIGINT NOT NULL,
    "at_unix_nano" BIGINT NOT NULL,
    "from_unix_nano" BIGINT NOT NULL,
    "to_unix_nano" BIGINT NOT NULL,
    "completed_unix_nano" BIGINT,
    "share_before" DOUBLE PRECISION NOT NULL,
    "share_after" DOUBLE PRECISION NOT NULL,
    "detected_unix_nano" BIGINT NOT NULL,

    CONSTRAINT "routing_shift_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "xds_client_change" (
    "client_id" TEXT NOT NULL,
    "second" BIGINT NOT NULL,
    "state" JSONB NOT NULL,

    CONSTRAINT "xds_client_change_pkey" PRIMARY KEY ("client_id","second")
);

-- CreateTable
CREATE TABLE "control_plane_change" (
    "second" BIGINT NOT NULL,
    "view" JSONB NOT NULL,

    CONSTRAINT "control_plane_change_pkey" PRIMARY KEY ("second")
);

-- CreateTable
CREATE TABLE "dns_second" (
    "second" BIGINT NOT NULL,
    "service" TEXT NOT NULL,
    "names" INTEGER NOT NULL,
    "queries_per_second" DOUBLE PRECISION NOT NULL,
    "failures_per_second" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "dns_second_pkey" PRIMARY KEY ("second")
);

-- CreateTable
CREATE TABLE "analyzer_state" (
    "id" SMALLINT NOT NULL,
    "judged_second" BIGINT NOT NULL,
    "updated_unix_ms" BIGINT NOT NULL,

    CONSTRAINT "analyzer_state_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "incident_number_key" ON "incident"("number");

-- CreateIndex
CREATE INDEX "incident_start_unix_nano_idx" ON "incident"("start_unix_nano");

-- CreateIndex
CREATE INDEX "routing_shift_at_unix_nano_idx" ON "routing_shift"("at_unix_nano");

-- CreateIndex
CREATE INDEX "xds_client_change_second_idx" ON "xds_client_change"("second");

-- AddForeignKey
ALTER TABLE "incident_event" ADD CONSTRAINT "incident_event_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE CASCADE ON UPDATE CASCADE;


