import type { Span } from '#telemetry/span.ts';
import { type SpanSketch, sketchSpan } from '#tests/support/span-fixture.ts';

const cached = {
  'mesh.routing.mode': 'xds',
  'mesh.routing.source': 'cache',
  'mesh.xds.eds_version': 'v41',
  'mesh.xds.config_age_ms': 2_235_103n,
  'mesh.xds.connected': false,
};
const live = {
  'mesh.routing.mode': 'xds',
  'mesh.routing.source': 'stream',
  'mesh.xds.eds_version': 'v42',
  'mesh.xds.config_age_ms': 1200n,
  'mesh.xds.connected': true,
};
const dns = { 'mesh.routing.mode': 'dns', 'mesh.routing.source': 'resolver' };
const refused = { ...cached, 'error.type': 'connect_refused', 'network.peer.port': 15006n };

/**
 * A song page that failed: song reaches playlist's and image's like through sidecars, and artist not at all.
 *
 *   gateway                     1
 *     → playlist (live)         2 3 4 5, handler 6
 *     → song (cached)           7 8 9 10, handler 11
 *         → image (DNS)         12 13, lookup 14, 15 16, handler 17
 *         → artist (cached)     18 19, three attempts 20 21 22 refused, with waits between
 */
const SKETCH: readonly SpanSketch[] = [
  {
    id: 1,
    service: 'gateway',
    name: 'GET /v1/home',
    kind: 'server',
    status: 'error',
    at: [0, 1174],
    attributes: { 'http.response.status_code': 502n, 'http.route': '/v1/home' },
  },
  {
    id: 2,
    parent: 1,
    service: 'gateway',
    kind: 'client',
    at: [4, 42],
    attributes: { 'server.address': '127.0.10.1', 'url.path': '/today' },
  },
  { id: 3, parent: 2, service: 'gateway', kind: 'server', sidecar: true, at: [5, 41] },
  {
    id: 4,
    parent: 3,
    service: 'gateway',
    kind: 'client',
    sidecar: true,
    at: [6, 40],
    attributes: { ...live, 'service.peer.name': 'playlist', 'network.peer.address': '127.0.12.1' },
  },
  { id: 5, parent: 4, service: 'playlist', kind: 'server', sidecar: true, at: [7, 39] },
  {
    id: 6,
    parent: 5,
    service: 'playlist',
    name: 'GET /playlists/{id}',
    kind: 'server',
    at: [8, 38],
  },
  {
    id: 7,
    parent: 1,
    service: 'gateway',
    kind: 'client',
    status: 'error',
    at: [72, 1170],
    attributes: { 'url.path': '/tracks', 'http.response.status_code': 502n },
  },
  {
    id: 8,
    parent: 7,
    service: 'gateway',
    kind: 'server',
    sidecar: true,
    status: 'error',
    at: [73, 1169],
  },
  {
    id: 9,
    parent: 8,
    service: 'gateway',
    kind: 'client',
    sidecar: true,
    status: 'error',
    at: [74, 1168],
    attributes: {
      ...cached,
      'service.peer.name': 'song',
      'error.type': 'upstream_5xx',
      'http.response.status_code': 502n,
    },
  },
  {
    id: 10,
    parent: 9,
    service: 'song',
    kind: 'server',
    sidecar: true,
    status: 'error',
    at: [75, 1167],
  },
  {
    id: 11,
    parent: 10,
    service: 'song',
    name: 'GET /tracks/{id}',
    kind: 'server',
    status: 'error',
    at: [76, 1166],
    attributes: { 'http.response.status_code': 502n },
    events: [{ atMs: 1165, name: 'exception' }],
  },
  {
    id: 12,
    parent: 11,
    service: 'song',
    kind: 'client',
    at: [98, 613],
    attributes: { 'url.path': '/covers/7ha' },
  },
  { id: 13, parent: 12, service: 'song', kind: 'server', sidecar: true, at: [98.5, 612] },
  {
    id: 14,
    parent: 13,
    service: 'song',
    name: 'dns.lookup',
    sidecar: true,
    at: [99, 517],
    attributes: { 'dns.question.name': 'image.lab' },
  },
  {
    id: 15,
    parent: 13,
    service: 'song',
    kind: 'client',
    sidecar: true,
    at: [518, 611],
    attributes: { ...dns, 'service.peer.name': 'image', 'network.peer.address': '127.0.15.1' },
  },
  { id: 16, parent: 15, service: 'image', kind: 'server', sidecar: true, at: [520, 610] },
  {
    id: 17,
    parent: 16,
    service: 'image',
    name: 'GET /covers/{id}',
    kind: 'server',
    at: [525, 609],
  },
  {
    id: 18,
    parent: 11,
    service: 'song',
    kind: 'client',
    status: 'error',
    at: [99, 1164],
    attributes: { 'url.path': '/artists/0Tn', 'http.response.status_code': 503n },
  },
  {
    id: 19,
    parent: 18,
    service: 'song',
    kind: 'server',
    sidecar: true,
    status: 'error',
    at: [100, 1163],
  },
  {
    id: 20,
    parent: 19,
    service: 'song',
    kind: 'client',
    sidecar: true,
    status: 'error',
    at: [100, 102],
    attributes: { ...refused, 'service.peer.name': 'artist', 'network.peer.address': '127.0.14.1' },
  },
  {
    id: 21,
    parent: 19,
    service: 'song',
    kind: 'client',
    sidecar: true,
    status: 'error',
    at: [452, 454],
    attributes: { ...refused, 'service.peer.name': 'artist', 'network.peer.address': '127.0.14.2' },
  },
  {
    id: 22,
    parent: 19,
    service: 'song',
    kind: 'client',
    sidecar: true,
    status: 'error',
    at: [1155, 1157],
    attributes: { ...refused, 'service.peer.name': 'artist', 'network.peer.address': '127.0.14.1' },
  },
];

export const FAILED_SONG_TRACE: readonly Span[] = SKETCH.map(sketchSpan);
