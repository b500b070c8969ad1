import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { type Action, drawAction } from './mix.ts';
import { type Outcome, Tally } from './tally.ts';
import { type User, Users } from './users.ts';

export interface LoadSettings {
  readonly gatewayUrl: string;
  readonly requestsPerSecond: number;
  readonly seed: number;
}

interface Clock {
  readonly now: () => number;
  /** Numbers uniform in [0, 1), the same for the same seed, so that a run can be had again. */
  readonly rollFrom: (seed: number) => () => number;
}

const LoginReply = z.object({ token: z.string() });
const TIMEOUT_MS = 5000;
const MAX_UNDER_WAY = 5000;
const TICK_MS = 5;
const PAGES = 500;
/** A mesh that is broken for longer has users all the same. */
const READY_LIMIT_MS = 15_000;
const READY_POLL_MS = 100;

/**
 * Open loop: requests leave at a constant rate, whatever becomes of the ones before. A closed loop slows down with its
 * server and so hides the outage (Schroeder, Wierman, Harchol-Balter, Open Versus Closed, NSDI 2006).
 */
export class LoadGenerator {
  readonly #settings: LoadSettings;
  readonly #clock: Clock;
  readonly #pool: Pool;
  readonly #users: Users;
  readonly #tally = new Tally();
  #roll: () => number;
  #requestsPerSecond: number;
  #due = 0;
  #lastTickMs = 0;
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(settings: LoadSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#requestsPerSecond = settings.requestsPerSecond;
    this.#roll = clock.rollFrom(settings.seed);
    this.#pool = new Pool(settings.gatewayUrl, { connections: 256, keepAliveTimeout: 30_000 });
    // At 15 % logins each user's turn comes every 6.7 s, well inside a session of 12 s.
    this.#users = new Users(Math.max(4, Math.round(settings.requestsPerSecond)));
  }

  /** Users come when they are let in: the gateway says when it knows its ways, or has had its time. */
  async start(): Promise<void> {
    const endMs = this.#clock.now() + READY_LIMIT_MS;
    while (!(await this.#isLetIn()) && this.#clock.now() < endMs) await sleep(READY_POLL_MS);
    if (this.#isStopped) return;
    this.#lastTickMs = this.#clock.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async #isLetIn(): Promise<boolean> {
    if (this.#isStopped) return true;
    try {
      const signal = AbortSignal.timeout(READY_LIMIT_MS);
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path: '/-/ready',
        signal,
      });
      await body.dump();
      return statusCode !== 503;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#pool.destroy();
  }

  setRate(requestsPerSecond: number): void {
    this.#requestsPerSecond = requestsPerSecond;
  }

  /** From here on the users do what they do after this seed. */
  reseed(seed: number): void {
    this.#roll = this.#clock.rollFrom(seed);
  }

  report(fromSecond: number): unknown {
    return {
      requestsPerSecond: this.#requestsPerSecond,
      defaultRequestsPerSecond: this.#settings.requestsPerSecond,
      underWay: this.#underWay,
      users: this.#users.counts(),
      ...this.#tally.total(),
      byAction: this.#tally.byAction(),
      seconds: this.#tally.seconds(fromSecond),
    };
  }

  #tick(): void {
    const now = this.#clock.now();
    const elapsedMs = Math.max(0, now - this.#lastTickMs);
    this.#lastTickMs = now;
    // What a stalled process missed is not made up for beyond a second: that would be a surge of its own.
    this.#due += Math.min(this.#requestsPerSecond, (this.#requestsPerSecond * elapsedMs) / 1000);
    for (; this.#due >= 1; this.#due -= 1) void this.#act();
  }

  async #act(): Promise<void> {
    const { now } = this.#clock;
    const roll = this.#roll;
    const wish = drawAction(roll());
    const page = 1 + Math.floor(roll() * PAGES);
    const picked = this.#users.pick(roll());
    const action = wish === 'playlist' && picked.loggedInMs === 0 ? 'login' : wish;
    const user = action === 'login' ? this.#users.takeForLogin(now()) : picked;
    if (this.#underWay >= MAX_UNDER_WAY) return this.#tally.add(action, 'not-sent', now());
    this.#underWay += 1;
    const outcome = await this.#request(action, page, user).catch((): Outcome => 'failed');
    this.#underWay -= 1;
    this.#tally.add(action, outcome, now());
  }

  async #request(action: Action, page: number, user: User): Promise<Outcome> {
    const isLogin = action === 'login';
    const { statusCode, body } = await this.#pool.request({
      method: isLogin ? 'POST' : 'GET',
      path: isLogin ? '/login' : `/${action}/${page}`,
      headers: user.token && !isLogin ? { authorization: `Bearer ${user.token}` } : {},
      body: isLogin ? JSON.stringify({ user: user.name }) : null,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (isLogin && statusCode === 200) {
      this.#users.loggedIn(user.name, LoginReply.parse(await body.json()).token);
      return 'ok';
    }
    await body.dump();
    if (statusCode === 401) {
      this.#users.loggedOut(user.name, user.token);
      return 'logged-out';
    }
    return statusCode < 400 ? 'ok' : 'failed';
  }
}
