import { startLeanOtelSdk } from '#instrumentation/otel-sdk.ts';
import { AdsServer } from '#lab/control-plane/ads-server.ts';
import { ControlPlane } from '#lab/control-plane/control-plane.ts';
import { controlPlaneHandler } from '#lab/control-plane/control-plane-http.ts';
import {
  observeControlPlane,
  pushLog,
  tellHeldBack,
  tellRelease,
} from '#lab/control-plane/push-spans.ts';
import { watchRegistry } from '#lab/registry/watch-registry.ts';
import { serveAdmin } from '#lab/xds/admin-http.ts';
import { controlPlaneSettings } from '#processes/control-plane.config.ts';
import { readSettings, runProcess } from '#processes/run-process.ts';

runProcess(async () => {
  const settings = readSettings(controlPlaneSettings);
  const instanceId = `control-plane-${process.pid}`;
  const stopTelemetry = startLeanOtelSdk({
    serviceName: 'control-plane',
    instanceId,
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const controlPlane = new ControlPlane({
    identifier: instanceId,
    firstVersion: settings.CONTROL_PLANE_FIRST_VERSION,
    firstRelease: settings.CONTROL_PLANE_RELEASE,
    loadReports: settings.CONTROL_PLANE_LOAD_REPORTS,
    policy: settings.CONTROL_PLANE_POLICY,
    dnsAddress: {
      socket_address: {
        address: settings.DNS_ADDRESS.host,
        port_value: settings.DNS_ADDRESS.port,
      },
    },
    now: Date.now,
    onPublished: (snapshot, previous) => {
      tellRelease(snapshot, previous);
      ads.pushDue();
    },
    onHeldBack: tellHeldBack,
    onFaultsChanged: () => ads.pushDue(),
  });
  const ads = new AdsServer({ source: controlPlane, log: pushLog(), identifier: instanceId });
  observeControlPlane(
    () => controlPlane.snapshot,
    () => ads.streams.size,
    () => controlPlane.policy,
  );
  const { CONTROL_PLANE_LISTEN: xds, CONTROL_PLANE_ADMIN: admin } = settings;
  const xdsPort = await ads.listen(xds.port, xds.host);
  const http = await serveAdmin(controlPlaneHandler(controlPlane, ads), admin.port, admin.host);
  const stopWatching = watchRegistry(settings.REGISTRY_URL, (catalogue) =>
    controlPlane.applyCatalogue(catalogue),
  );
  return {
    details: { xds: `${xds.host}:${xdsPort}`, admin: `http://${admin.host}:${http.port}` },
    stop: async () => {
      stopWatching();
      ads.close();
      await http.close();
      await stopTelemetry();
    },
  };
});
