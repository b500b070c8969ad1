import type pg from 'pg';
import { CopyRows, copyRows } from '#store/copy-binary.ts';
import { WireReader } from '#telemetry/otlp/wire-reader.ts';
import type { SpanBatch, SpanGroup } from '#telemetry/span-batch.ts';

/** Span fields that have a column of their own: trace, span and parent id, name, kind, start, end. */
const IN_COLUMNS = new Set([1, 2, 4, 5, 6, 7, 8]);
const ROW_BYTES = 512;
/** Ten spans a trace at most satisfy a search: so many rows hold the `limit` newest traces. */
const ROWS_A_TRACE = 20;

interface FoundRow {
  readonly trace_id: string;
}

/**
 * The rival of the segments: a row a span with narrow typed columns, resources, scopes and names by number, everything
 * else of the span as OTLP bytes (lossless), the indexes that the questions need, COPY BINARY.
 */
export class RowLayout {
  readonly #client: pg.ClientBase;
  /** An index of every `key=value` beside the others. */
  readonly #hasTags: boolean;
  readonly #names = new Map<string, number>();
  readonly #senders = new Map<string, number>();
  #fresh: { readonly sql: string; readonly values: readonly unknown[] }[] = [];

  constructor(client: pg.ClientBase, hasTags: boolean) {
    this.#client = client;
    this.#hasTags = hasTags;
  }

  /** Says how attributes are compressed: the embedded server was built without LZ4. */
  async create(): Promise<string> {
    const { rows } = await this.#client.query<{ enumvals: readonly string[] }>(
      `select enumvals from pg_settings where name = 'default_toast_compression'`,
    );
    const compression = rows[0]?.enumvals.includes('lz4') ? 'lz4' : 'pglz';
    await this.#client.query('create table row_name (id int4 primary key, name text not null)');
    await this.#client.query(
      'create table row_sender (id int4 primary key, service int4 not null, resource bytea not null, scope bytea not null)',
    );
    await this.#client.query(
      `create table span_row (
         start_ns int8 not null, duration_ns int8 not null, trace_id uuid not null, span_id int8 not null, parent_id int8 not null,
         service int4 not null, sender int4 not null, name int4 not null, kind int2 not null, status int2 not null, mode int2 not null,
         ${this.#hasTags ? 'tags int4[] not null,' : ''}
         rest bytea storage main compression ${compression} not null
       ) with (toast_tuple_target = 128)`,
    );
    await this.#client.query('create index on span_row (trace_id)');
    await this.#client.query('create index on span_row (service, start_ns)');
    await this.#client.query('create index on span_row using brin (start_ns)');
    if (this.#hasTags) await this.#client.query('create index on span_row using gin (tags)');
    return compression;
  }

  async write(batches: readonly SpanBatch[]): Promise<void> {
    const spans = batches.reduce((sum, { count }) => sum + count, 0);
    const rows = new CopyRows(spans * ROW_BYTES);
    for (const batch of batches) this.#addRows(rows, batch);
    await this.#client.query('begin');
    for (const { sql, values } of this.#fresh.splice(0)) {
      await this.#client.query(sql, [...values]);
    }
    await copyRows(
      this.#client,
      `copy span_row (start_ns, duration_ns, trace_id, span_id, parent_id, service, sender, name, kind, status, mode,
         ${this.#hasTags ? 'tags,' : ''} rest) from stdin (format binary)`,
      rows.end(),
    );
    await this.#client.query('commit');
  }

  #addRows(rows: CopyRows, batch: SpanBatch): void {
    const names = batch.names.map((name) => this.#numberOfName(name));
    const senders = batch.groups.map((group) => this.#numberOfSender(group));
    const services = batch.groups.map(({ service }) => this.#numberOfName(service));
    const ids = viewOf(batch.spanIds);
    const parents = viewOf(batch.parentIds);
    for (let i = 0; i < batch.count; i++) {
      const group = batch.groupOf[i] as number;
      rows.row(this.#hasTags ? 13 : 12);
      rows.int8Halves(batch.startHigh[i] as number, batch.startLow[i] as number);
      rows.int8(BigInt(batch.durationNs[i] as number));
      rows.bytes(batch.traceIds.subarray(i * 16, i * 16 + 16));
      rows.int8Halves(ids.getInt32(i * 8), ids.getInt32(i * 8 + 4));
      rows.int8Halves(parents.getInt32(i * 8), parents.getInt32(i * 8 + 4));
      rows.int4(services[group] as number);
      rows.int4(senders[group] as number);
      rows.int4(names[batch.nameOf[i] as number] as number);
      rows.int2(batch.kind[i] as number);
      rows.int2(batch.status[i] as number);
      rows.int2(batch.mode[i] as number);
      if (this.#hasTags) rows.int4Array(tagsOf(batch, i));
      rows.bytes(restOf(batch, i));
    }
  }

  #numberOfName(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const id = this.#names.size;
    this.#names.set(name, id);
    this.#fresh.push({ sql: 'insert into row_name values ($1, $2)', values: [id, name] });
    return id;
  }

  #numberOfSender({ service, resource, scope }: SpanGroup): number {
    const key = `${Buffer.from(resource).toString('latin1')}\n${Buffer.from(scope).toString('latin1')}`;
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    const id = this.#senders.size;
    this.#senders.set(key, id);
    const values = [id, this.#numberOfName(service), Buffer.from(resource), Buffer.from(scope)];
    this.#fresh.push({ sql: 'insert into row_sender values ($1, $2, $3, $4)', values });
    return id;
  }

  /** How many spans; their bytes are read, and not decoded. */
  async byId(traceId: string): Promise<number> {
    const { rows } = await this.#client.query({
      name: 'by-id',
      text: `select r.*, n.name as operation, s.resource, s.scope from span_row r join row_name n on n.id = r.name
             join row_sender s on s.id = r.sender where r.trace_id = $1`,
      values: [traceId],
    });
    return rows.length;
  }

  async search(
    service: string,
    minDurationNs: number,
    from: bigint,
    to: bigint,
    limit: number,
  ): Promise<readonly string[]> {
    return await this.#summarised({
      name: 'search',
      text: `select trace_id from (
               select trace_id, start_ns from span_row
               where service = $1 and duration_ns >= $2 and start_ns >= $3 and start_ns < $4
               order by start_ns desc limit $5) hit
             group by trace_id order by max(start_ns) desc limit $6`,
      values: [
        this.#numberOfName(service),
        Math.floor(minDurationNs),
        from.toString(),
        to.toString(),
        limit * ROWS_A_TRACE,
        limit,
      ],
    });
  }

  /** `needle`: the attribute's KeyValue message; `tag`: its hash. */
  async rare(needle: Buffer, tag: number): Promise<readonly string[]> {
    const isTagged = this.#hasTags ? 'tags @> array[$2::int4] and ' : '$2::int4 is not null and ';
    return await this.#summarised({
      name: 'rare',
      text: `select distinct trace_id from span_row where ${isTagged} position($1 in rest) > 0 limit 20`,
      values: [needle, tag | 0],
    });
  }

  /** What a list of results shows of each trace. */
  async #summarised(query: pg.QueryConfig): Promise<readonly string[]> {
    const { rows } = await this.#client.query<FoundRow>(query);
    const ids = rows.map(({ trace_id }) => trace_id);
    await this.#client.query({
      name: 'summaries',
      text: `select trace_id, min(start_ns), max(start_ns + duration_ns), count(*), count(*) filter (where status = 2),
               array_agg(distinct service), min(name) filter (where parent_id = 0)
             from span_row where trace_id = any($1) group by trace_id`,
      values: [ids],
    });
    return ids.map((id) => id.replaceAll('-', ''));
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tagsOf(batch: SpanBatch, i: number): readonly number[] {
  const from = i === 0 ? 0 : (batch.hashEnd[i - 1] as number);
  return Array.from(batch.attributeHashes.subarray(from, batch.hashEnd[i]), (hash) => hash | 0);
}

/** All of the Span message that has no column, without a copy where it stands together. */
function restOf(batch: SpanBatch, i: number): Uint8Array {
  const end = batch.spanTo[i] as number;
  const reader = new WireReader(batch.bytes);
  const parts: Uint8Array[] = [];
  let from = -1;
  for (reader.at = batch.spanFrom[i] as number; reader.at < end; ) {
    const at = reader.at;
    const tag = reader.varint();
    reader.skip(tag, end);
    if (!IN_COLUMNS.has(tag >>> 3)) {
      if (from < 0) from = at;
    } else if (from >= 0) {
      parts.push(batch.bytes.subarray(from, at));
      from = -1;
    }
  }
  if (from >= 0) parts.push(batch.bytes.subarray(from, end));
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}
