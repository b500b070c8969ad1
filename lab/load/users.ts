export interface User {
  readonly name: string;
  /** undefined = logged out. */
  readonly token: string | undefined;
  readonly loggedInMs: number;
}

/**
 * The users, each with the session that the gateway gave. Whoever logged in longest ago logs in next, shortly before the
 * session ends, as applications do: so nobody is logged out while logins work, and everybody soon after they stop.
 */
export class Users {
  readonly #users: User[];

  constructor(count: number) {
    this.#users = Array.from({ length: count }, (_, n) => ({
      name: `user-${n + 1}`,
      token: undefined,
      loggedInMs: 0,
    }));
  }

  /** Who logs in next; the same user is not chosen again before the others. */
  takeForLogin(nowMs: number): User {
    const oldest = this.#users.reduce((a, b) => (b.loggedInMs < a.loggedInMs ? b : a));
    this.#replace({ ...oldest, loggedInMs: nowMs });
    return oldest;
  }

  /** `roll` is uniform in [0, 1). */
  pick(roll: number): User {
    const user = this.#users[Math.floor(roll * this.#users.length)];
    if (!user) throw new RangeError(`${roll} is outside [0, 1)`);
    return user;
  }

  loggedIn(name: string, token: string): void {
    const user = this.#find(name);
    if (user) this.#replace({ ...user, token });
  }

  loggedOut(name: string, token: string | undefined): void {
    const user = this.#find(name);
    // A login may have succeeded since the request left.
    if (user?.token === token && user) this.#replace({ ...user, token: undefined });
  }

  counts(): { readonly total: number; readonly loggedIn: number } {
    return {
      total: this.#users.length,
      loggedIn: this.#users.filter((user) => user.token !== undefined).length,
    };
  }

  #find(name: string): User | undefined {
    return this.#users.find((user) => user.name === name);
  }

  #replace(user: User): void {
    this.#users[this.#users.findIndex(({ name }) => name === user.name)] = user;
  }
}
