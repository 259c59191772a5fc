import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { address, expect, logIn, prefer, STUDY, test, violations } from './world';

const PASSWORD = 'a long enough pass phrase 71';
const name = () => `person${Date.now().toString(36)}`;

/** The address in the newest message to somebody. Without a mail server messages stay in a folder. */
async function mailed(to: string, page: string): Promise<string> {
  const outbox = process.env['CASEBOOK_OUTBOX'] ?? '';
  let found: string | undefined;
  await expect.poll(() => {
    const all = fs.existsSync(outbox) ? fs.readdirSync(outbox).filter((file) => file.endsWith('.eml')).sort() : [];
    const own = all.map((file) => fs.readFileSync(path.join(outbox, file), 'utf8')).filter((text) => text.includes(`To: ${to}`));
    found = new RegExp(`https?://\\S+?(/${page}#token=\\S+)`).exec(own.at(-1) ?? '')?.[1];
    return found;
  }).toBeTruthy();
  return found ?? '';
}

async function credentials(page: Page, user: string, password: string): Promise<void> {
  await page.locator('input[autocomplete=username]').fill(user);
  await page.locator('input[autocomplete=current-password]').fill(password);
  await page.keyboard.press('Enter');
}

async function setPassword(page: Page, link: string, password: string): Promise<void> {
  await page.goto(address(link));
  await page.reload();
  await page.getByLabel('New password').fill(password);
  await page.getByLabel('The same again').fill(`${password}!`);
  await expect(page.getByRole('alert')).toHaveText('The two passwords differ.');
  await page.getByLabel('The same again').fill(password);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByText('Your password is set.')).toBeVisible();
  expect(page.url()).not.toContain('token');
}

/** An invited user who has accepted. */
async function join(page: Page): Promise<string> {
  const user = name();
  const other = await (await page.context().browser()?.newContext({ locale: 'en-GB' }))?.newPage();
  if (!other) throw new Error('there is no browser');
  await logIn(other, 'administrator', '/users');
  await other.getByRole('button', { name: /invite/i }).first().click();
  const dialog = other.getByRole('dialog');
  await dialog.getByLabel('User name').fill(user);
  await dialog.locator('input').nth(1).fill('Li Na');
  await dialog.locator('input[type=email]').fill(`${user}@site.example`);
  await dialog.getByRole('button', { name: /invite/i }).click();
  const link = await mailed(`${user}@site.example`, 'accept-invitation');
  await other.context().close();
  await prefer(page, 'en');
  await setPassword(page, link, PASSWORD);
  await page.getByRole('link', { name: 'Log in' }).click();
  return user;
}

/** What an authenticator shows (RFC 6238). */
function codeOf(secret: string, atMs: number): string {
  const bits = [...secret.replace(/[\s=]/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = (digest.at(-1) ?? 0) & 15;
  return ((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

test('an invited user sets a password, logs in, forgets it, and sets another one', async ({ page }) => {
  const user = await join(page);
  await credentials(page, user, PASSWORD);
  await expect(page.locator('.shell')).toBeVisible();
  await page.context().clearCookies();
  await page.goto(address('/'));
  await page.getByRole('button', { name: 'Password forgotten' }).click();
  await page.locator('input[autocomplete=username]').fill(user);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await expect(page.getByText('a message is on its way')).toBeVisible();
  await setPassword(page, await mailed(`${user}@site.example`, 'reset-password'), `${PASSWORD} and more`);
  await page.getByRole('link', { name: 'Log in' }).click();
  await credentials(page, user, PASSWORD);
  await expect(page.getByRole('alert')).toBeVisible();
  await credentials(page, user, `${PASSWORD} and more`);
  await expect(page.locator('.shell')).toBeVisible();
});

test('a link that was used, or is not whole, says so and what to do', async ({ page }) => {
  await prefer(page, 'en');
  await page.goto(address('/reset-password'));
  await expect(page.getByRole('alert')).toContainText('not whole');
  await page.goto(address('/accept-invitation#token=cbm_nothing'));
  await page.reload();
  await expect(page.getByLabel('New password')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
});

test('a second factor is set up with a code to scan, and every log-in asks for it', async ({ page }) => {
  const user = await join(page);
  await credentials(page, user, PASSWORD);
  await expect(page.locator('.shell')).toBeVisible();
  await page.goto(address('/account'));
  const section = page.locator('section', { hasText: 'Second factor' });
  await section.locator('input[type=password]').fill(PASSWORD);
  await section.getByRole('button', { name: 'Set up' }).click();
  await expect(section.getByRole('img', { name: /Scan this/ })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  const secret = (await section.locator('code').textContent()) ?? '';
  await section.getByLabel('Code of the second factor').fill(codeOf(secret, Date.now()));
  await section.getByRole('button', { name: 'Confirm' }).click();
  const recovery = ((await section.locator('pre').textContent()) ?? '').split('\n');
  expect(recovery.length).toBeGreaterThan(5);
  await page.context().clearCookies();
  await page.goto(address('/'));
  await credentials(page, user, PASSWORD);
  const code = page.getByLabel('Code of the second factor');
  await code.fill('000000');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toBeVisible();
  // A code is good once: the one of the next half minute is taken already.
  await code.fill(codeOf(secret, Date.now() + 30_000));
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell')).toBeVisible();
  await page.context().clearCookies();
  await page.goto(address('/'));
  await credentials(page, user, PASSWORD);
  await page.getByLabel('Code of the second factor').fill(recovery[0] ?? '');
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell')).toBeVisible();
});

/** Goes through the pages of the provider as somebody there. */
async function atProvider(page: Page, account: string): Promise<void> {
  await page.locator('input[name=login]').fill(account);
  await page.locator('input[name=password]').fill('anything');
  await page.getByRole('button', { name: /sign-in/i }).click();
  await page.getByRole('button', { name: /continue/i }).click();
}

test('an account that is linked with an institution is opened from there, and no other is', async ({ page }) => {
  await logIn(page, 'coordinator2', '/account');
  const section = page.locator('section', { hasText: 'Log-in by your institution' });
  await section.getByRole('button', { name: 'Link', exact: true }).click();
  await atProvider(page, 'lina');
  await expect(page).toHaveURL(/\/account$/);
  await expect(section.getByText('linked', { exact: true })).toBeVisible();
  await page.context().clearCookies();
  await page.goto(address(STUDY));
  await page.getByRole('button', { name: 'Log in with The clinic' }).click();
  await atProvider(page, 'lina');
  await expect(page.locator('.shell')).toBeVisible();
  await page.goto(address('/account'));
  await section.getByRole('button', { name: 'Take the link away' }).click();
  await expect(section.getByText('linked', { exact: true })).toHaveCount(0);
  await page.context().clearCookies();
  await page.goto(address(STUDY));
  await page.getByRole('button', { name: 'Log in with The clinic' }).click();
  await atProvider(page, 'lina');
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.locator('.shell')).toHaveCount(0);
});
