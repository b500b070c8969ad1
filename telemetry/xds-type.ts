/** The four resource types of ADS that Detour follows, in make-before-break order (xds_protocol.rst). */
export type XdsType = 'CDS' | 'EDS' | 'LDS' | 'RDS';
export const XDS_TYPES: readonly XdsType[] = ['CDS', 'EDS', 'LDS', 'RDS'];
