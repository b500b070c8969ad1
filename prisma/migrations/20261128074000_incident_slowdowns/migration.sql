-- Edges whose calls became slow belong to the incident.
ALTER TABLE "incident" ADD COLUMN "slowdowns" JSONB NOT NULL DEFAULT '[]';
