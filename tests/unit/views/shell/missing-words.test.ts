import { expect, test } from 'vitest';
import { missingWords } from '#views/shell/missing-words.ts';

test('says which databases gave no part of an answer, and nothing of a whole one', () => {
  expect(missingWords([])).toBeUndefined();
  expect(missingWords(['database 2 of 2'])).toBe(
    'Database 2 of 2 does not answer: what it holds is missing here.',
  );
  expect(missingWords(['database 1 of 4', 'database 3 of 4', 'database 4 of 4'])).toBe(
    'Database 1 of 4, database 3 of 4 and database 4 of 4 do not answer: what they hold is missing here.',
  );
});
