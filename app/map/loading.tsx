import { Header } from '#views/shell/header.tsx';
import { Skeleton } from '#views/shell/skeleton.tsx';

/** The bands and columns of the map before its data are there. */
export default function MapLoading() {
  return (
    <>
      <Header title="Live map" />
      <div className="flex min-h-0 flex-1 flex-col items-center gap-8 p-8" aria-busy>
        <Skeleton className="h-[68px] w-[540px]" />
        <div className="grid w-full flex-1 grid-cols-5 items-center gap-14">
          <Skeleton className="h-[68px]" />
          <div className="flex flex-col gap-24">
            <Skeleton className="h-[68px]" />
            <Skeleton className="h-[68px]" />
          </div>
          <Skeleton className="h-[68px]" />
          <Skeleton className="h-[68px]" />
          <Skeleton className="h-[68px]" />
        </div>
        <Skeleton className="h-[56px] w-[380px]" />
      </div>
    </>
  );
}
