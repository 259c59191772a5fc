import { address, expect, logIn, passwordOf, STUDY, test, type User } from './world';
import type { Browser, Page } from '@playwright/test';

async function as(browser: Browser, user: User, path: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  await logIn(page, user, path);
  return page;
}

/** A new participant; answers the address of the casebook. */
async function screened(page: Page): Promise<string> {
  await logIn(page, 'coordinator', `${STUDY}/subjects`);
  await page.getByRole('button', { name: 'New participant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Consent').fill('2014-03-12');
  await dialog.getByRole('button', { name: 'Begin screening' }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  return new URL(page.url()).pathname;
}

async function fill(page: Page, casebook: string): Promise<void> {
  await page.goto(address(`${casebook}/SE.SCREENING1/1/F.SC/1`));
  await page.locator('[data-item="I.SC.EDULEVEL"] input').fill('14');
  await page.locator('[data-item="I.SC.EDULEVEL"] input').press('Enter');
  await page.keyboard.type('2014-03-12');
  await page.keyboard.press('Enter');
  await expect(page.locator('.save-state')).toContainText('Saved');
  await page.getByRole('button', { name: 'Mark complete' }).click();
  await expect(page.locator('.form-head')).toContainText('Complete');
}

test('work leads from the first page to its list and from there to the form', async ({ page }) => {
  await logIn(page, 'monitor', STUDY);
  const card = page.locator('.card', { hasText: 'Forms to verify' });
  await expect(card.locator('.figure')).not.toHaveText('0');
  await card.getByRole('link', { name: 'Show all' }).click();
  await expect(page).toHaveURL(/work\?kind=FORM_TO_VERIFY/);
  await page.getByLabel('Form', { exact: true }).selectOption('F.DM');
  await expect(page).toHaveURL(/form=F\.DM/);
  const first = page.locator('tbody tr').first();
  await expect(first).toContainText('Demographics');
  await first.getByRole('link').last().click();
  await expect(page).toHaveURL(/F\.DM/);
  await expect(page.getByRole('button', { name: 'Verify the rest of the form' })).toBeVisible();
});

test('the history of a casebook shows what was done, and its journal is proven', async ({ page }) => {
  const casebook = await screened(page);
  await fill(page, casebook);
  await page.goto(address(casebook));
  await page.getByRole('link', { name: 'History', exact: true }).click();
  const rows = page.locator('tbody tr');
  await expect(rows.last()).toContainText('taken into screening');
  await expect(page.locator('.changes').filter({ hasText: 'Level of education' }).first()).toContainText('14');
  await page.getByLabel('Kind of entry').selectOption('SUBJECT_SCREENED');
  await expect(rows).toHaveCount(1);
  await page.getByRole('button', { name: 'Verify the journal' }).click();
  const proof = page.getByRole('dialog');
  await expect(proof).toContainText('The chain is whole');
  await expect(proof).toContainText('what a replay of the journal gives');
});

test('a review of the audit trail is stated and covers what was on the screen', async ({ page }) => {
  await logIn(page, 'monitor', `${STUDY}/audit?kind=SITE_ADDED`);
  await expect(page.locator('tbody tr').first()).toContainText('site added');
  await page.getByRole('button', { name: 'State a review' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What you found').fill('All sites are those of the protocol.');
  await dialog.getByRole('button', { name: 'State a review' }).click();
  await expect(page.locator('.toasts')).toContainText('entries reviewed');
  await expect(page.locator('tbody tr').first().locator('.tone-green')).toBeVisible();
  await page.getByRole('button', { name: 'Reviews' }).click();
  await expect(page.locator('tbody tr').first()).toContainText('All sites are those of the protocol.');
});

test('many queries are answered at once, and each tells what became of it', async ({ page }) => {
  await logIn(page, 'coordinator2', `${STUDY}/queries?status=OPEN`);
  const boxes = page.locator('tbody input[type=checkbox]');
  await expect(boxes.first()).toBeVisible();
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole('button', { name: 'Answer all alike' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Text').fill('Checked against the chart.');
  await dialog.getByRole('button', { name: 'Answer all alike' }).click();
  await expect(dialog).toContainText('2 of 2 done');
});

test('a visit is frozen and unfrozen at once, and not signed while a form is missing', async ({ page, browser }) => {
  const casebook = await screened(page);
  await fill(page, casebook);
  const monitor = await as(browser, 'monitor', casebook);
  const visit = monitor.locator('#visit-SE\\.SCREENING1');
  await visit.getByRole('button', { name: /^Review:/ }).click();
  await monitor.getByRole('menuitem', { name: 'Freeze all forms', exact: true }).click();
  await expect(monitor.locator('.toasts')).toContainText('1 of 1 form changed');
  await visit.getByRole('button', { name: /^Review:/ }).click();
  await monitor.getByRole('menuitem', { name: 'Unfreeze all forms' }).click();
  await monitor.getByRole('dialog').getByRole('textbox').fill('too early');
  await monitor.getByRole('dialog').getByRole('button', { name: 'Unfreeze all forms' }).click();
  await expect(monitor.locator('.toasts')).toContainText('1 of 1 form changed');

  const investigator = await as(browser, 'investigator', casebook);
  await investigator.locator('#visit-SE\\.SCREENING1').getByRole('button', { name: /^Review:/ }).click();
  await investigator.getByRole('menuitem', { name: 'Sign the visit' }).click();
  const dialog = investigator.getByRole('dialog');
  await dialog.getByLabel('User name').fill('investigator');
  await dialog.getByLabel('Password').fill(passwordOf('investigator'));
  await dialog.getByRole('button', { name: 'Sign' }).click();
  await expect(dialog.getByRole('alert')).toContainText('missing or not complete');
});

test('the checklist before a lock says what is open, and open queries stand in the way', async ({ page }) => {
  await logIn(page, 'datamanager', `${STUDY}/lock`);
  const row = page.locator('tr', { hasText: 'Queries that are open' });
  await expect(row).toContainText('must be settled first');
  await expect(page.getByRole('button', { name: 'Lock the study' })).toBeDisabled();
  await page.locator('tr', { hasText: 'Forms that are not locked' }).getByRole('link').click();
  await expect(page).toHaveURL(/FORM_UNLOCKED/);
  await expect(page.locator('tbody tr').first()).toBeVisible();
});
