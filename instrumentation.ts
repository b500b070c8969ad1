/** Next's hook, called once when the server starts. */
export async function register(): Promise<void> {
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return;
  const { startDashboardTelemetry } = await import('./instrumentation/dashboard.ts');
  startDashboardTelemetry(process.env);
}
