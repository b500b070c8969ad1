import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright';

/** Colours change over a moment, and text is to be read once they have. */
const THEME_MS = 400;

/** What WCAG 2.2 AA forbids and an axe run finds on the page as it stands, in dark and in light; one line each. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(THEME_MS);
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze();
    for (const { id, nodes } of violations) {
      found.push(`${page.url()}, ${colorScheme}: ${id}: ${nodes[0]?.html.slice(0, 160)}`);
    }
  }
  return found;
}
