-- CreateTable
CREATE TABLE "store_shard" (
    "id" SMALLINT NOT NULL,
    "store" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "shards" INTEGER NOT NULL,

    CONSTRAINT "store_shard_pkey" PRIMARY KEY ("id")
);
