const MIB = 1024 * 1024;

/** Command line of the embedded server. Durability stays as PostgreSQL has it: fsync and synchronous commit on. */
export function serverSettings(options: {
  readonly socketDir: string;
  readonly port: number;
  readonly memoryBytes: number;
}): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '',
    port: String(options.port),
    unix_socket_directories: options.socketDir,
    unix_socket_permissions: '0700',
    shared_buffers: `${sharedBuffersMib(options.memoryBytes)}MB`,
    max_connections: '60',
    wal_compression: 'on',
    // Checkpoints by size, not by time: a flood of spans must not make them frequent.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // A segment is one wide row; JIT pays for none of our queries.
    jit: 'off',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'warning',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** An eighth of the memory, and no more than half a gigabyte: the ingester and the dashboard live on the same machine. */
function sharedBuffersMib(memoryBytes: number): number {
  const eighth = Math.floor(memoryBytes / 8 / MIB);
  return Math.min(512, Math.max(32, eighth));
}
