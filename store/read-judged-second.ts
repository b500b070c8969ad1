import type { Database } from '#store/client.ts';
import { type UnixSecond, unixSecond } from '#telemetry/time.ts';

/** The last second that was judged; undefined before the first. */
export async function readJudgedSecond(db: Database): Promise<UnixSecond | undefined> {
  const row = await db.prisma.analyzerState.findUnique({ where: { id: 1 } });
  return row === null ? undefined : unixSecond(Number(row.judgedSecond));
}
