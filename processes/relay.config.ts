import { z } from 'zod';
import { loopbackAddress, loopbackUrl } from '#lab/xds/socket-address.ts';

export const relaySettings = z.object({
  /** Clients come here, and are passed on to where the control plane listens. */
  CONTROL_PLANE_XDS: loopbackAddress.prefault('127.0.9.1:18010'),
  /** The same for the clients of another zone, which a partition may cut off alone. */
  CONTROL_PLANE_XDS_ZONE_B: loopbackAddress.prefault('127.0.9.1:18012'),
  CONTROL_PLANE_LISTEN: loopbackAddress.prefault('127.0.9.1:18000'),
  DNS_ADDRESS: loopbackAddress.prefault('127.0.9.1:5354'),
  DNS_LISTEN: loopbackAddress.prefault('127.0.9.1:5353'),
  RELAY_ADMIN_URL: loopbackUrl.prefault('http://127.0.9.1:18011'),
});
