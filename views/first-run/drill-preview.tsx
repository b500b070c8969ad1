/** The drill in one picture, drawn by hand: a call that never leaves, and two that found another way. */
export function DrillPreview() {
  return (
    <svg
      viewBox="0 0 434 200"
      className="block w-full bg-bg"
      role="img"
      aria-label="gateway finds login no more; playlist and song are found by DNS"
    >
      <g fill="none" strokeWidth="1.4" strokeLinecap="round">
        <path
          d="M218 40v12H68v58M218 52h162v46M200 52v24"
          stroke="var(--control)"
          strokeDasharray="0.1 4.5"
        />
        <path
          d="M210 168v-12H62v-24M248 156h20v-12"
          stroke="var(--dns)"
          strokeDasharray="0.1 4.5"
        />
      </g>
      <path
        d="M118 108c22 0 18-18 28-22"
        stroke="var(--crit)"
        strokeWidth="9"
        opacity="0.3"
        fill="none"
      />
      <path d="M118 108c22 0 18-18 28-22" stroke="var(--mesh)" strokeWidth="2" fill="none" />
      <path
        d="M160 80c8-4 10-4 14-4"
        stroke="var(--plain)"
        strokeWidth="1.4"
        strokeDasharray="0.1 4.5"
        strokeLinecap="round"
        fill="none"
      />
      <path
        d="M118 118c30 0 26 26 56 26M284 142c30 0 26-32 56-32"
        stroke="var(--dns)"
        strokeWidth="2"
        strokeDasharray="6 4"
        fill="none"
      />
      <g fill="var(--crit)">
        <path d="m134 97 4.5 4.5-4.5 4.5-4.5-4.5Z" />
      </g>
      <circle cx="152" cy="83" r="7" fill="var(--bg)" stroke="var(--crit)" strokeWidth="1.6" />
      <path d="m149.5 80.5 5 5m0-5-5 5" stroke="var(--crit)" strokeWidth="1.6" />
      <Box x={146} y={12} width={146} name="control plane" edge="var(--control)" />
      <Box x={30} y={97} width={88} name="gateway" edge="var(--warn)" />
      <Box x={174} y={62} width={90} name="login" edge="var(--crit)" />
      <Box x={174} y={130} width={110} name="playlist" edge="var(--edge)" />
      <Box x={340} y={96} width={74} name="song" edge="var(--edge)" />
      <Box x={168} y={168} width={84} name="DNS" edge="var(--dns)" height={24} />
    </svg>
  );
}

function Box({
  x,
  y,
  width,
  height = 28,
  name,
  edge,
}: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height?: number;
  readonly name: string;
  readonly edge: string;
}) {
  return (
    <>
      <rect x={x} y={y} width={width} height={height} rx="7" fill="var(--node)" stroke={edge} />
      <text
        x={x + width / 2}
        y={y + height / 2 + 4}
        textAnchor="middle"
        fontSize="12"
        fill="var(--fg)"
      >
        {name}
      </text>
    </>
  );
}
