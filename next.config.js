/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  serverExternalPackages: ['@opentelemetry/sdk-node', '@prisma/client', '@prisma/adapter-pg', 'pg'],
};
