import { test as base, expect, type Page } from '@playwright/test';
import fs from 'node:fs';
import { createRequire } from 'node:module';

export type User = 'designer' | 'datamanager' | 'statistician' | 'monitor' | 'investigator' | 'coordinator' | 'coordinator2' | 'auditor' | 'administrator';
export type Language = 'zh' | 'en';
export type Theme = 'light' | 'dark';

export const STUDY = '/s/CDISCPILOT01';
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const pages = () => process.env['CASEBOOK_PAGES'] ?? '';
export const address = (path: string) => `${pages()}${path}`;

function password(user: User): string {
  const printed = fs.readFileSync(process.env['CASEBOOK_LOGINS'] ?? '', 'utf8');
  const found = new RegExp(`^\\s+${user}\\s+(\\S+)`, 'm').exec(printed)?.[1];
  if (!found) throw new Error(`the demonstration printed no password of ${user}`);
  return found;
}
export const passwordOf = password;

/** Every test fails when a page breaks the content security policy or throws. */
export const test = base.extend({
  page: async ({ page }, run) => {
    const faults: string[] = [];
    watch(page, faults);
    await run(page);
    expect(faults).toEqual([]);
  },
});

export function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content.Security.Policy|Trusted ?Type|Warning:/i.test(message.text())) faults.push(message.text());
  });
}

export async function prefer(page: Page, language: Language, theme: Theme = 'light'): Promise<void> {
  await page.addInitScript(([l, t]) => {
    if (!localStorage.getItem('casebook.language')) localStorage.setItem('casebook.language', l ?? '');
    if (!localStorage.getItem('casebook.theme')) localStorage.setItem('casebook.theme', t ?? '');
  }, [language, theme]);
}

export async function logIn(page: Page, user: User, path: string = STUDY, language: Language = 'en', theme: Theme = 'light'): Promise<void> {
  await prefer(page, language, theme);
  await page.goto(address(path));
  await page.locator('input[autocomplete=username]').fill(user);
  await page.locator('input[type=password]').fill(password(user));
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell')).toBeVisible();
}

type Violation = { id: string; nodes: { html: string; failureSummary?: string }[] };

/** What axe finds wrong on the page, in short. */
export async function violations(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axeSource });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => JSON.stringify(r.violations))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  const found = JSON.parse(String(result.value)) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 140)).join(' | ')}`);
}

export { expect };
