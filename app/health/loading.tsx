import { Header } from '#views/shell/header.tsx';
import { Skeleton } from '#views/shell/skeleton.tsx';

export default function HealthLoading() {
  return (
    <>
      <Header title="Detour’s own health" />
      <div className="flex min-h-0 flex-1 flex-col gap-3 p-3" aria-busy>
        <div className="grid h-[84px] grid-cols-2 gap-3 min-[900px]:grid-cols-4">
          <Skeleton />
          <Skeleton />
          <Skeleton />
          <Skeleton />
        </div>
        <Skeleton className="h-[112px]" />
        <Skeleton className="flex-1" />
      </div>
    </>
  );
}
