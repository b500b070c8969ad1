/**
 * The layers, lowest first. A folder may import itself and what is listed; nothing else in this repository.
 * Adding a line here is an architectural decision: say why in the commit.
 */
const MAY_IMPORT = {
  telemetry: [],
  analysis: ['telemetry'],
  ingest: ['telemetry'],
  store: ['telemetry', 'analysis'],
  instrumentation: ['telemetry'],
  lab: ['telemetry', 'instrumentation'],
  views: ['telemetry', 'analysis'],
  app: ['telemetry', 'analysis', 'store', 'views'],
  processes: ['telemetry', 'analysis', 'ingest', 'store', 'instrumentation', 'lab'],
};
const FOLDERS = Object.keys(MAY_IMPORT).join('|');
const layer = ([folder, allowed]) => ({
  name: `${folder}-layer`,
  severity: 'error',
  comment: `${folder}/ may import only: ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^${folder}/` },
  to: { path: `^(${FOLDERS}|tests|prisma)/`, pathNot: `^(${[folder, ...allowed].join('|')})/` },
});
/** `owners` alone may import `packages`. */
const onlyIn = (name, owners, packages) => ({
  name,
  severity: 'error',
  from: { path: `^(${FOLDERS})/`, pathNot: owners },
  to: { path: packages },
});
const LAB_PARTS = [
  'control-plane',
  'registry',
  'sidecar',
  'envoy',
  'dns',
  'relay',
  'services',
  'load',
  'scenarios',
];

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(layer),
    {
      name: 'pure-is-pure',
      comment: 'telemetry/ and analysis/ run in the browser, the workers and the tests alike',
      severity: 'error',
      from: { path: '^(telemetry|analysis)/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'store-borrows-types-only',
      comment: 'store/ persists what analysis/ concluded; it never runs an algorithm',
      severity: 'error',
      from: { path: '^store/' },
      to: { path: '^analysis/', dependencyTypesNot: ['type-only'] },
    },
    ...LAB_PARTS.map((part) => ({
      name: `lab-${part}-talks-only-xds`,
      comment: 'parts of the mesh meet on the wire; in code they share only lab/xds',
      severity: 'error',
      from: { path: `^lab/${part}/` },
      to: { path: '^lab/', pathNot: `^lab/(${part}|xds)/` },
    })),
    onlyIn('prisma-only-in-store', '^store/', 'node_modules/(@prisma|\\.prisma)|^prisma/'),
    onlyIn(
      'react-only-in-views-and-app',
      '^(views|app)/|^processes/dashboard\\.ts$',
      'node_modules/(react|react-dom|next)/',
    ),
    onlyIn(
      'otel-sdk-only-in-instrumentation',
      '^instrumentation/',
      'node_modules/@opentelemetry/(sdk|exporter|resources)',
    ),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: `^(${FOLDERS})/`, pathNot: '^(app|processes)/|\\.d\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.next|dist)/|^store/generated/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
  },
};
