import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './provider';
import { expect, prefer, test, violations, type Language } from './world';
import type { Locator, Page } from '@playwright/test';

/** A server of our own: the demonstration has no items for files. */
const program = process.env['CASEBOOK_BIN'] ?? path.resolve('../target/release/casebook');
const SECRET = 'lamps under quiet bridges';
const PICTURE = path.resolve('../docs/pictures/matrix.png');
let folder = '';
let pages = '';
let server: ChildProcess | undefined;

test.beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'casebook-files-'));
  const run = (...args: string[]) => execFileSync(program, [...args, '--data', folder], { env: { ...process.env, CASEBOOK_PASSWORD: SECRET } });
  run('study', 'import', path.resolve('e2e/attachments.odm.xml'), '--publish');
  run('user', 'add', 'carla', '--role', 'coordinator@ATTACH/101');
  run('user', 'add', 'dora', '--role', 'data_manager@ATTACH');
  run('user', 'add', 'mona', '--role', 'monitor@ATTACH');
  const listen = `127.0.0.1:${await freePort()}`;
  pages = `http://${listen}`;
  server = spawn(program, ['serve', '--data', folder, '--listen', listen], { stdio: 'ignore' });
  await expect.poll(() => fetch(`${pages}/healthz`).then(({ ok }) => ok, () => false), { timeout: 30_000 }).toBe(true);
});

test.afterAll(() => {
  server?.kill('SIGTERM');
  fs.rmSync(folder, { recursive: true, force: true });
});

async function logIn(page: Page, user: string, to: string, language: Language): Promise<void> {
  await prefer(page, language);
  await page.goto(`${pages}${to}`);
  await page.locator('input[autocomplete=username]').fill(user);
  await page.locator('input[type=password]').fill(SECRET);
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell')).toBeVisible();
}

async function screen(page: Page): Promise<string> {
  await logIn(page, 'carla', '/s/ATTACH/subjects', 'en');
  await page.getByRole('button', { name: 'New participant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Consent').fill('2026-03-12');
  await dialog.getByRole('button', { name: 'Begin screening' }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  return `${new URL(page.url()).pathname}/SE.SCR/1/F.LAB/1`;
}

const saved = (page: Page) => expect(page.locator('.save-state')).toContainText('Saved');
const line = (page: Page, item: string) => page.locator(`[data-item="${item}"]`);
const choose = (at: Locator, files: Parameters<Locator['setInputFiles']>[0]) => at.locator('input[type=file]').setInputFiles(files);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function look(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `shots/attachments-${name}.png`, fullPage: true });
  expect.soft(await violations(page), name).toEqual([]);
}

async function downloaded(page: Page, link: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
}

test('a file is attached, seen, downloaded, replaced with a reason, and every one stays in the history', async ({ page, browser }) => {
  test.setTimeout(120_000);
  const form = await screen(page);
  await page.goto(`${pages}${form}`);
  const report = line(page, 'I.REPORT');
  await look(page, 'empty');
  await choose(report, PICTURE);
  await saved(page);
  await expect(report.getByRole('link', { name: 'matrix.png' })).toBeVisible();
  await expect(report.locator('img')).toBeVisible();
  await page.reload();
  await expect(report.locator('img')).toBeVisible();
  await expect.poll(() => report.locator('img').evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(100);
  const first = await downloaded(page, report.getByRole('link', { name: 'matrix.png' }));
  expect(first.name).toBe('matrix.png');
  expect(sha256(first.bytes)).toBe(sha256(fs.readFileSync(PICTURE)));

  // A row of a repeating group; and one that is missing, by keyboard.
  const photos = page.locator('#section-IG\\.PHOTO');
  await choose(photos.locator('tbody tr').first(), { name: '照片 1.png', mimeType: 'image/png', buffer: fs.readFileSync(PICTURE) });
  await expect(photos.getByRole('link', { name: '照片 1.png' })).toBeVisible();
  await line(page, 'I.CONSENT').getByRole('button', { name: /Choose a file/ }).focus();
  await page.keyboard.press('Alt+m');
  await page.getByRole('button', { name: 'Not done' }).click();
  await saved(page);
  await expect(line(page, 'I.CONSENT')).toContainText('Not done');
  await look(page, 'filled');
  await report.getByRole('button', { name: 'Show matrix.png large' }).click();
  await expect(page.getByRole('dialog').locator('img')).toBeVisible();
  await look(page, 'large');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Mark complete' }).click();
  await expect(page.getByRole('button', { name: 'Take back “complete”' })).toBeVisible();
  const pdf = await page.pdf();
  await drop(page, report.locator('.file-input'), 'report 2.pdf', pdf);
  await expect(page.getByText('1 change waits for a reason')).toBeVisible();
  await look(page, 'reason');
  await page.locator('.reason-bar input').fill('The better scan');
  await page.keyboard.press('Enter');
  await saved(page);
  await expect(report.getByRole('link', { name: 'report 2.pdf' })).toBeVisible();
  await report.getByRole('button', { name: /^Replace/ }).focus();
  await page.keyboard.press('Alt+h');
  const history = page.getByRole('region', { name: /History/ }).first();
  await expect(history).toContainText('The better scan');
  await expect(history).toContainText(sha256(pdf));
  await look(page, 'history');
  const earlier = await downloaded(page, history.getByRole('link', { name: /matrix\.png/ }).last());
  expect(sha256(earlier.bytes)).toBe(sha256(first.bytes));

  // A monitor reads it, in Chinese, and changes nothing.
  const monitor = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await logIn(monitor, 'mona', form, 'zh');
  await expect(line(monitor, 'I.REPORT').getByRole('link', { name: 'report 2.pdf' })).toBeVisible();
  await expect(monitor.locator('input[type=file]')).toHaveCount(0);
  await look(monitor, 'monitor');

  // A data manager takes the data out with the files that they name now.
  const manager = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await logIn(manager, 'dora', '/s/ATTACH/exports', 'en');
  await manager.getByRole('checkbox', { name: 'Attached files' }).check();
  await manager.getByRole('button', { name: 'Export', exact: true }).click();
  const row = manager.getByRole('row').filter({ hasText: 'CSV' }).first();
  await expect(row).toContainText('Done', { timeout: 30_000 });
  const archive = await downloaded(manager, row.getByRole('link', { name: 'Download' }));
  const kept = path.join(folder, 'export.zip');
  fs.writeFileSync(kept, archive.bytes);
  execFileSync('python3', ['-m', 'zipfile', '-e', kept, path.join(folder, 'export')]);
  const subject = decodeURIComponent(form.split('/')[4] ?? '');
  const file = (bytes: Buffer, ending: string) => path.join(folder, 'export', 'files', subject, `${sha256(bytes)}.${ending}`);
  expect(fs.readFileSync(file(pdf, 'pdf'))).toEqual(pdf);
  expect(fs.readFileSync(file(first.bytes, 'png'))).toEqual(first.bytes);
  await look(manager, 'export');
});

test('what cannot be attached is said beside the item, and what was not sent can be sent again', async ({ page, context }) => {
  const form = await screen(page);
  await page.goto(`${pages}${form}`);
  const report = line(page, 'I.REPORT');
  await choose(report, { name: 'page.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<html><script>alert(1)</script></html>') });
  await expect(report.getByRole('alert')).toContainText('Only PDF, JPEG, PNG, GIF, WebP, TIFF and HEIF files can be attached.');
  await look(page, 'refused');
  await report.getByRole('button', { name: 'Leave it' }).click();
  await expect(report.getByRole('alert')).toHaveCount(0);
  await context.setOffline(true);
  await choose(report, PICTURE);
  await expect(report.getByRole('alert')).toContainText('The server cannot be reached', { timeout: 20_000 });
  await look(page, 'offline');
  await context.setOffline(false);
  await report.getByRole('button', { name: 'Try again' }).click();
  await saved(page);
  await expect(report.getByRole('link', { name: 'matrix.png' })).toBeVisible();
  await report.getByRole('button', { name: /^Remove/ }).click();
  await saved(page);
  await expect(report.getByRole('button', { name: /Choose a file/ })).toBeVisible();
});

test('verify names a file whose bytes were changed, with its place', async ({ page }) => {
  const form = await screen(page);
  await page.goto(`${pages}${form}`);
  await choose(line(page, 'I.REPORT'), { name: 'tampered.pdf', mimeType: 'application/pdf', buffer: await page.pdf() });
  await saved(page);
  const verify = () => spawnSync(program, ['verify', '--data', folder], { encoding: 'utf8' });
  expect(verify()).toMatchObject({ status: 0 });
  const files = path.join(folder, 'files');
  const kept = fs.readdirSync(files, { recursive: true, encoding: 'utf8' }).map((name) => path.join(files, name))
    .filter((name) => /^[0-9a-f]{64}$/.test(path.basename(name)));
  for (const file of kept) fs.appendFileSync(file, ' ');
  const { status, stdout } = verify();
  expect(status).toBe(1);
  expect(stdout).toContain('the file "tampered.pdf" of I.REPORT in SE.SCR/1 F.LAB/1 IG.LAB/1');
});

/** Drops a file on an element, as from a folder of the desktop. */
async function drop(page: Page, target: Locator, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(([called, base64]) => {
    const data = new DataTransfer();
    const content = Uint8Array.from(atob(base64 ?? ''), (one) => one.charCodeAt(0));
    data.items.add(new File([content], called ?? '', { type: 'application/pdf' }));
    return data;
  }, [name, bytes.toString('base64')] as const);
  await target.dispatchEvent('dragover', { dataTransfer: transfer });
  await target.dispatchEvent('drop', { dataTransfer: transfer });
}
