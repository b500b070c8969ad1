import { Header } from '#views/shell/header.tsx';
import { Skeleton } from '#views/shell/skeleton.tsx';

export default function ControlPlaneLoading() {
  return (
    <>
      <Header title="Control plane" />
      <div className="flex min-h-0 flex-1 flex-col gap-3 p-3" aria-busy>
        <div className="grid h-[226px] grid-cols-3 gap-3">
          <Skeleton />
          <Skeleton />
          <Skeleton />
        </div>
        <Skeleton className="flex-1" />
        <Skeleton className="h-[204px]" />
      </div>
    </>
  );
}
