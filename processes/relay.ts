import { type Link, relayHandler } from '#lab/relay/relay-http.ts';
import { TcpRelay } from '#lab/relay/tcp-relay.ts';
import { UdpRelay } from '#lab/relay/udp-relay.ts';
import { serveAdmin } from '#lab/xds/admin-http.ts';
import { relaySettings } from '#processes/relay.config.ts';
import { readSettings, runProcess } from '#processes/run-process.ts';

runProcess(async () => {
  const settings = readSettings(relaySettings);
  const xds = new TcpRelay(settings.CONTROL_PLANE_LISTEN);
  const xdsZoneB = new TcpRelay(settings.CONTROL_PLANE_LISTEN);
  const dnsTcp = new TcpRelay(settings.DNS_LISTEN);
  const dnsUdp = new UdpRelay(settings.DNS_LISTEN);
  await xds.listen(settings.CONTROL_PLANE_XDS);
  await xdsZoneB.listen(settings.CONTROL_PLANE_XDS_ZONE_B);
  await dnsTcp.listen(settings.DNS_ADDRESS);
  await dnsUdp.listen(settings.DNS_ADDRESS);
  const links: readonly Link[] = [
    tcpLink('xds', xds),
    tcpLink('xds-zone-b', xdsZoneB),
    {
      name: 'dns',
      connections: () => dnsTcp.connections,
      setFaults: (faults) => {
        dnsTcp.setFaults(faults);
        dnsUdp.setFaults(faults);
      },
      reset: () => {
        dnsTcp.reset();
        dnsUdp.reset();
      },
    },
  ];
  const { host, port } = settings.RELAY_ADMIN_URL;
  const http = await serveAdmin(relayHandler(links), port, host);
  return {
    details: { admin: `http://${host}:${http.port}` },
    stop: async () => {
      await Promise.all([
        xds.close(),
        xdsZoneB.close(),
        dnsTcp.close(),
        dnsUdp.close(),
        http.close(),
      ]);
    },
  };
});

function tcpLink(name: string, relay: TcpRelay): Link {
  return {
    name,
    connections: () => relay.connections,
    setFaults: (faults) => relay.setFaults(faults),
    reset: () => relay.reset(),
  };
}
