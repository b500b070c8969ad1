/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  poweredByHeader: false,
  // `npm run verify` checks the types; a first start should not wait for it again.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  serverExternalPackages: [
    '@opentelemetry/sdk-node',
    '@prisma/client',
    '@prisma/adapter-pg',
    'lz4-napi',
    'pg',
  ],
};
