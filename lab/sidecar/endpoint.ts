/** Where calls to a cluster can go. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}
