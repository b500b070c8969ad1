import { describe, expect, it } from 'vitest';
import { Sessions } from '#lab/services/sessions.ts';

describe('Sessions', () => {
  it('end when their time is over', () => {
    let nowMs = 0;
    const sessions = new Sessions(() => nowMs);
    const token = sessions.open(12_000);
    nowMs = 11_999;
    expect(sessions.isOpen(token)).toBe(true);
    nowMs = 12_000;
    expect(sessions.isOpen(token)).toBe(false);
  });

  it('are not opened by a token that was never given', () => {
    const sessions = new Sessions(() => 0);
    expect(sessions.isOpen('guess')).toBe(false);
    expect(sessions.isOpen(undefined)).toBe(false);
  });
});
