#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema-engine binary: the same engine as WASM (@prisma/schema-engine-wasm) with
 * @prisma/adapter-pg as its connection, so that `prisma generate` and `prisma migrate …` work without a download.
 *
 *   prisma CLI  ⇄  JSON-RPC, one message a line  ⇄  this file  ⇄  WASM engine  ⇄  PostgreSQL
 *
 * SCHEMA_ENGINE_OFFLINE=1 lets `prisma migrate diff --from-empty --to-schema … --script` write SQL without a server.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { parse } from 'pg-connection-string';

const ENGINE_DIR = path.dirname(
  createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'),
);
/** What the CLI expects of an engine that met an error it knows: prisma/prisma packages/migrate, SchemaEngineCLI. */
const RPC_USER_ERROR = 4466;
/** pg_catalog "char" and text. */
const OID_CHAR = 18;
const OID_TEXT = 25;

function readArguments(argv) {
  const found = { datamodels: [], url: undefined, command: undefined, version: false };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--version') found.version = true;
    else if (argv[i] === '--datamodels') found.datamodels.push(argv[++i]);
    else if (argv[i] === '--datasource') found.url = JSON.parse(argv[++i]).url;
    else if (argv[i] === 'cli') found.command = argv[++i];
    else if (argv[i].startsWith('--')) i++;
  }
  return found;
}

/** `schema-engine cli can-connect-to-database | create-database | drop-database`. */
async function runCommand(command, url) {
  const database = `"${parse(url).database}"`;
  try {
    if (command === 'can-connect-to-database') await query(connection(url), 'select 1');
    const admin = { ...connection(url), database: 'postgres' };
    if (command === 'create-database') await query(admin, `create database ${database}`);
    if (command === 'drop-database') await query(admin, `drop database if exists ${database}`);
  } catch (error) {
    const codes = { '3D000': 'P1003', '28P01': 'P1000' };
    const fields = { message: error.message, error_code: codes[error.code] ?? 'P1001' };
    console.error(JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields }));
    process.exitCode = 1;
  }
}

async function query(config, sql) {
  const client = new pg.Client(config);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * Fields, never a connection string: for the shadow database the adapter builds `{...config, database}`, in which a
 * connection string would win and the migrations would be replayed over the real database.
 */
function connection(url) {
  const { host, port, user, password, database, ssl } = parse(
    url ?? 'postgresql://127.0.0.1:1/none',
  );
  return { host, port: port ? Number(port) : 5432, user, password, database, ssl };
}

async function startEngine({ url, datamodels }) {
  const glue = await import(path.join(ENGINE_DIR, 'schema_engine_bg.js'));
  const wasm = fs.readFileSync(path.join(ENGINE_DIR, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };
  const schema = (url && new URL(url).searchParams.get('schema')) || 'public';
  const factory = new ShadowClosingPg(connection(url), { schema });
  const models = datamodels.map((file) => [file, fs.readFileSync(file, 'utf8')]);
  const { SchemaEngine } = glue;
  return await SchemaEngine.new(
    { datamodels: models.length > 0 ? models : undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/** adapter-pg 7.10.0 drops the shadow database while its own pool is still connected to it; here the pool closes first. */
class ShadowClosingPg extends PrismaPg {
  #config;
  #options;
  constructor(config, options) {
    super(config, options);
    this.#config = config;
    this.#options = options;
  }
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    const admin = await this.connect();
    await admin.executeScript(`create database "${database}"`);
    const shadow = await new PrismaPg({ ...this.#config, database }, this.#options).connect();
    const close = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await close();
      await admin.executeScript(`drop database "${database}"`);
      await admin.dispose();
    };
    return shadow;
  }
}

/** adapter-pg 7.10.0 refuses the catalog type "char", which the engine reads from pg_catalog: read it as text. */
async function mapCharColumns() {
  const adapter = await new PrismaPg({ connectionString: 'postgresql://unused' }).connect();
  const queryable = Object.getPrototypeOf(Object.getPrototypeOf(adapter));
  const queryRaw = queryable.queryRaw;
  queryable.queryRaw = async function (request) {
    const charColumns = [];
    const performIO = async (sql) => {
      const result = await this.performIO(sql);
      result.fields?.forEach((field, index) => {
        if (field.dataTypeID !== OID_CHAR) return;
        charColumns.push(index);
        field.dataTypeID = OID_TEXT;
      });
      return result;
    };
    try {
      const rows = await queryRaw.call(
        Object.create(this, { performIO: { value: performIO } }),
        request,
      );
      for (const index of charColumns) rows.columnTypes[index] = ColumnTypeEnum.Character;
      return rows;
    } catch (error) {
      if (!process.env.SCHEMA_ENGINE_OFFLINE || !request.sql.includes('server_version_num'))
        throw error;
      return {
        columnNames: ['exists', 'version', 'numeric_version'],
        columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
        rows: [[true, 'PostgreSQL 18.0', 180000]],
      };
    }
  };
}

function serve(engine) {
  let pending = 0;
  let closed = false;
  const endWhenIdle = () => {
    if (closed && pending === 0) process.exit(0);
  };
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const request = JSON.parse(line);
    // The CLI answers our `print` messages; an answer has no method.
    if (!request.method) return;
    pending++;
    send(await answer(engine, request));
    pending--;
    endWhenIdle();
  });
  lines.on('close', () => {
    closed = true;
    endWhenIdle();
  });
}

async function answer(engine, { id, method, params }) {
  try {
    const result = (await call(engine, method, params)) ?? null;
    if (method === 'diff' && result?.stdout) {
      send({
        jsonrpc: '2.0',
        id: `print-${id}`,
        method: 'print',
        params: { content: result.stdout },
      });
    }
    return { jsonrpc: '2.0', id, result };
  } catch (error) {
    const { message, code, meta = {} } = error;
    const data = { is_panic: false, message, error_code: code, meta };
    return { jsonrpc: '2.0', id, error: { code: RPC_USER_ERROR, message, data } };
  }
}

async function call(engine, method, params) {
  switch (method) {
    case 'createDatabase':
      return { databaseName: '' };
    case 'getDatabaseVersion':
      return await engine.version(params);
    case 'evaluateDataLoss':
    case 'createMigration':
      // The WASM engine replays migrations into a shadow database only in devDiagnostic; these two read its result.
      await engine.devDiagnostic({
        migrationsList: params.migrationsList,
        filters: params.filters,
      });
      return await engine[method](params);
    default:
      return await engine[method](params);
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const options = readArguments(process.argv.slice(2));
if (options.version) {
  const { version } = JSON.parse(fs.readFileSync(path.join(ENGINE_DIR, 'package.json'), 'utf8'));
  console.log(`schema-engine-wasm ${version}`);
} else if (options.command) {
  await runCommand(options.command, options.url);
} else {
  await mapCharColumns();
  serve(await startEngine(options));
}
