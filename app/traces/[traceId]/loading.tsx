import { Header } from '#views/shell/header.tsx';
import { Skeleton } from '#views/shell/skeleton.tsx';

const ROWS = [92, 88, 61, 54, 57, 33, 41, 24];

/** A large trace takes seconds to read: its story, its tabs and its rows have their places meanwhile. */
export default function TraceLoading() {
  return (
    <>
      <Header title="Trace" />
      <div className="flex min-h-0 flex-1 flex-col gap-3 p-4" aria-busy>
        <p className="sr-only" role="status">
          The trace is being read
        </p>
        <Skeleton className="h-5 w-[46%]" />
        <Skeleton className="h-8 w-[380px]" />
        <div className="mt-6 flex flex-col gap-2">
          {ROWS.map((width, i) => (
            <div key={width} className="grid grid-cols-[38%_1fr] gap-4">
              <div style={{ paddingLeft: i * 14 }}>
                <Skeleton className="h-5" />
              </div>
              <div style={{ width: `${width}%`, marginLeft: `${(100 - width) / 3}%` }}>
                <Skeleton className="h-5" />
              </div>
            </div>
          ))}
        </div>
      </div>
    </>
  );
}
