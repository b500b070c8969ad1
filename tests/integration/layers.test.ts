import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** File → [source, rule that must report it]. Each breaks one rule of the fence. */
const PLANTED: Readonly<Record<string, readonly [source: string, rule: string]>> = {
  'telemetry/a.ts': ["import '#analysis/clean.ts';", 'telemetry-layer'],
  'analysis/a.ts': ["import '#store/clean.ts';", 'analysis-layer'],
  'ingest/a.ts': ["import '#store/clean.ts';", 'ingest-layer'],
  'store/a.ts': ["import '#ingest/clean.ts';", 'store-layer'],
  'store/b.ts': [
    "import { x } from '#analysis/clean.ts';\nexport const y = x;",
    'store-borrows-types-only',
  ],
  'instrumentation/a.ts': ["import '#lab/xds/clean.ts';", 'instrumentation-layer'],
  'lab/sidecar/a.ts': ["import '#store/clean.ts';", 'lab-layer'],
  'lab/sidecar/b.ts': ["import '#lab/control-plane/clean.ts';", 'lab-sidecar-talks-only-xds'],
  'lab/control-plane/b.ts': [
    "import '#lab/registry/clean.ts';",
    'lab-control-plane-talks-only-xds',
  ],
  'lab/registry/b.ts': ["import '#lab/dns/clean.ts';", 'lab-registry-talks-only-xds'],
  'lab/dns/b.ts': ["import '#lab/sidecar/clean.ts';", 'lab-dns-talks-only-xds'],
  'lab/relay/b.ts': ["import '#lab/dns/clean.ts';", 'lab-relay-talks-only-xds'],
  'lab/services/b.ts': ["import '#lab/sidecar/clean.ts';", 'lab-services-talks-only-xds'],
  'lab/load/b.ts': ["import '#lab/services/clean.ts';", 'lab-load-talks-only-xds'],
  'lab/scenarios/b.ts': ["import '#lab/load/clean.ts';", 'lab-scenarios-talks-only-xds'],
  'views/a.ts': ["import '#store/clean.ts';", 'views-layer'],
  'app/a.ts': ["import '#ingest/clean.ts';", 'app-layer'],
  'processes/a.ts': ["import '#views/clean.ts';", 'processes-layer'],
  'telemetry/node.ts': ["import 'node:fs';", 'pure-is-pure'],
  'analysis/npm.ts': ["import 'zod';", 'pure-is-pure'],
  'app/prisma.ts': ["import '@prisma/client';", 'prisma-only-in-store'],
  'store/react.ts': ["import 'react';", 'react-only-in-views-and-app'],
  'lab/services/sdk.ts': ["import '@opentelemetry/sdk-node';", 'otel-sdk-only-in-instrumentation'],
  'views/cycle-a.ts': ["import './cycle-b.ts';", 'no-cycles'],
  'views/orphan.ts': ['export const alone = 1;', 'no-orphans'],
};

const CLEAN = [
  'telemetry',
  'analysis',
  'ingest',
  'store',
  'instrumentation',
  'views',
  'app',
  'processes',
  ...['xds', 'control-plane', 'registry', 'dns', 'sidecar', 'services', 'load'].map(
    (p) => `lab/${p}`,
  ),
];

describe('the fence between the layers', () => {
  let folder: string;
  let planted: Report;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'detour-layers-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      cpSync(path.join(ROOT, file), path.join(folder, file));
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    write(folder, 'views/cycle-b.ts', "import './cycle-a.ts';");
    for (const layer of CLEAN) write(folder, `${layer}/clean.ts`, 'export const x = 1;');
    for (const [file, [source]] of Object.entries(PLANTED)) write(folder, file, source);
    planted = cruise(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(PLANTED))('reports the violation planted in %s', (file, [, rule]) => {
    const reported = planted.summary.violations.filter((v) => v.from === file);
    expect(reported.map((v) => v.rule.name)).toContain(rule);
  });

  it('reads the whole repository and finds nothing', () => {
    const report = cruise(ROOT);
    // A tool that cannot read TypeScript reports no violations either.
    expect(report.summary.totalCruised).toBeGreaterThan(100);
    expect(report.summary.violations).toEqual([]);
  });
});

function write(folder: string, file: string, source: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), `${source}\n`);
}

/** dependency-cruiser exits with the number of errors, so a non-zero exit is an answer too. */
function cruise(folder: string): Report {
  const args = ['.', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const command = path.join(ROOT, 'node_modules', '.bin', 'depcruise');
  try {
    return JSON.parse(
      execFileSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 }),
    );
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout);
  }
}
