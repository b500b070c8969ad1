/** Two ways to one place: the straight one is broken, the other goes round. */
export function BrandMark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <defs>
        <linearGradient id="brand-ground" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#7fb6ff" />
          <stop offset="1" stopColor="#7b6cf6" />
        </linearGradient>
      </defs>
      <rect width="32" height="32" rx="9" fill="url(#brand-ground)" />
      <g fill="none" stroke="#0b1024" strokeWidth="2.3" strokeLinecap="round">
        <path d="M8 20.5c4.2 0 3.6-9.5 8-9.5s3.8 9.5 8 9.5" />
        <path d="M16 17.5v6" />
      </g>
      <circle cx="8" cy="20.5" r="2.6" fill="#0b1024" />
      <circle cx="24" cy="20.5" r="2.6" fill="#0b1024" />
    </svg>
  );
}
