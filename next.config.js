/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  poweredByHeader: false,
  devIndicators: false,
  serverExternalPackages: ['@opentelemetry/sdk-node', '@prisma/client', '@prisma/adapter-pg', 'pg'],
};
