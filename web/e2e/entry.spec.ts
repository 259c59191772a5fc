import { address, expect, logIn, passwordOf, STUDY, test, watch } from './world';
import type { Page } from '@playwright/test';

/** A participant of our own for each run, so that tests do not meet in one casebook. */
async function screen(page: Page): Promise<string> {
  await logIn(page, 'coordinator', `${STUDY}/subjects`);
  await page.getByRole('button', { name: 'New participant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Consent').fill('12 mar 2014');
  await expect(dialog.getByText('→ 2014-03-12')).toBeVisible();
  await dialog.getByRole('button', { name: 'Begin screening' }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  return new URL(page.url()).pathname;
}

const saved = (page: Page) => expect(page.locator('.save-state')).toContainText('Saved');
const cell = (page: Page, item: string) => page.locator(`[data-item="${item}"] [data-cell]`).first();

test('a form is filled in by keyboard alone, each item recorded as it is left', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.DM/1`));
  await cell(page, 'I.DM.BRTHDAT').focus();
  await page.keyboard.type('UN/MAR/1940');
  await page.keyboard.press('Enter');
  await page.keyboard.type('74');
  await page.keyboard.press('Enter');
  await page.keyboard.press('2');
  await page.keyboard.press('Enter');
  await page.keyboard.press('2');
  await saved(page);
  await expect(cell(page, 'I.DM.AGE')).toHaveValue('74');
  await page.reload();
  await expect(cell(page, 'I.DM.AGE')).toHaveValue('74');
  await expect(cell(page, 'I.DM.BRTHDAT')).toHaveValue('1940-03');
  await expect(page.getByRole('radiogroup', { name: /sex/i }).getByRole('radio', { checked: true })).toHaveCount(1);
});

test('a value changes freely until the form is complete, then only with a reason, and its history keeps each', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.DM/1`));
  const age = cell(page, 'I.DM.AGE');
  for (const typed of ['69', '70']) {
    await age.fill(typed);
    await age.press('Enter');
    await saved(page);
  }
  await page.getByRole('button', { name: 'Mark complete' }).click();
  await expect(page.getByRole('button', { name: 'Take back “complete”' })).toBeVisible();
  await age.fill('71');
  await age.press('Enter');
  await expect(page.getByText('1 change waits for a reason')).toBeVisible();
  await page.keyboard.press('Alt+c');
  await page.keyboard.type('Typing error');
  await page.keyboard.press('Enter');
  await expect(page.locator('.reason-bar')).toHaveCount(0);
  await saved(page);
  await age.focus();
  await page.keyboard.press('Alt+h');
  const history = page.getByRole('region', { name: /History/ });
  await expect(history.getByRole('row').nth(3)).toContainText('Typing error');
  await expect(history.getByRole('row').nth(3)).toContainText('70');
  await expect(history.getByRole('row').nth(2)).toContainText('69');
  await page.keyboard.press('Escape');
  await expect(age).toBeFocused();
});

test('a recorded value that is typed back again is no change and waits for nothing', async ({ page }) => {
  await logIn(page, 'coordinator', `${STUDY}/subjects/01-701-1028/SE.SCREENING1/1/F.DM/1`);
  const age = cell(page, 'I.DM.AGE');
  const recorded = await age.inputValue();
  await age.fill('99');
  await age.press('Enter');
  await expect(page.locator('.reason-bar')).toBeVisible();
  await age.fill(recorded);
  await age.press('Enter');
  await expect(page.locator('.reason-bar')).toHaveCount(0);
  await expect(page.locator('.save-state')).toHaveCount(0);
});

test('a Chinese input method composes without choosing, moving or recording', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.MH/1`));
  const term = page.locator('table.entry tbody tr').first().locator('input[type=text]').first();
  await term.focus();
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'gaoxueya', selectionStart: 8, selectionEnd: 8 });
  await page.keyboard.press('Enter');
  await session.send('Input.insertText', { text: '高血压' });
  await expect(term).toHaveValue(/高血压/);
});

test('what the study refuses stays on the screen beside the reason', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.DM/1`));
  const age = cell(page, 'I.DM.AGE');
  await age.fill('150');
  await age.press('Enter');
  await expect(page.getByText('above 120')).toBeVisible();
  await expect(age).toHaveValue('150');
  await age.fill('abc');
  await age.press('Enter');
  await expect(page.getByText('A whole number is needed.')).toBeVisible();
  await age.fill('66');
  await age.press('Enter');
  await saved(page);
  await expect(page.locator('.message.hard')).toHaveCount(0);
});

test('nothing typed is lost when the network is cut, the page loaded anew, and the network back', async ({ page, context }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.SC/1`));
  const years = cell(page, 'I.SC.EDULEVEL');
  await years.waitFor();
  await context.route('**/v1/**', (route) => route.abort('internetdisconnected'));
  await years.fill('14');
  await years.press('Enter');
  await expect(page.locator('.save-state')).toContainText('Offline');
  await page.keyboard.type('12 mar 2014');
  await page.keyboard.press('Tab');
  await expect(page.locator('.save-state')).toContainText('2 kept here');
  await context.unroute('**/v1/**');
  await page.reload();
  await saved(page);
  await page.reload();
  await expect(years).toHaveValue('14');
  await expect(cell(page, 'I.SC.SCDAT')).toHaveValue('2014-03-12');
});

test('a session that ends in the middle of entry asks for the password and loses nothing', async ({ page, context }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.SC/1`));
  const years = cell(page, 'I.SC.EDULEVEL');
  await years.waitFor();
  await context.clearCookies();
  await years.fill('13');
  await years.press('Enter');
  await page.locator('input[autocomplete=username]').fill('coordinator');
  await page.locator('input[type=password]').fill(passwordOf('coordinator'));
  await page.keyboard.press('Enter');
  await saved(page);
  await expect(years).toHaveValue('13');
  await page.reload();
  await expect(years).toHaveValue('13');
});

test('a record that was on its way here while a change of it was recorded is read again', async ({ page, context }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.SC/1`));
  const years = cell(page, 'I.SC.EDULEVEL');
  await years.waitFor();
  await context.clearCookies();
  await years.fill('13');
  await years.press('Enter');
  await page.locator('input[autocomplete=username]').waitFor();
  // The record is read before the change is recorded, and arrives after that.
  let isRead = () => {};
  let isRecorded = () => {};
  const read = new Promise<void>((done) => { isRead = done; });
  const recorded = new Promise<void>((done) => { isRecorded = done; });
  let held = 0;
  await context.route('**/forms/F.SC/1', async (route) => {
    if (route.request().method() === 'GET') {
      const response = await route.fetch();
      isRead();
      if (held++ === 0) await recorded;
      return route.fulfill({ response });
    }
    await read;
    const response = await route.fetch();
    await route.fulfill({ response });
    isRecorded();
  });
  await page.locator('input[autocomplete=username]').fill('coordinator');
  await page.locator('input[type=password]').fill(passwordOf('coordinator'));
  await page.keyboard.press('Enter');
  await saved(page);
  await expect(years).toHaveValue('13');
  expect(held).toBeGreaterThan(1);
});

test('a save whose answer was lost is sent again under the same id and done once', async ({ page, context }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.SC/1`));
  const years = cell(page, 'I.SC.EDULEVEL');
  await years.waitFor();
  const ids: string[] = [];
  let isLost = true;
  await context.route('**/forms/**', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    ids.push((route.request().postDataJSON() as { requestId: string }).requestId);
    if (!isLost) return route.continue();
    isLost = false;
    await route.fetch();
    return route.abort('connectionreset');
  });
  await years.fill('12');
  await years.press('Enter');
  await saved(page);
  expect(new Set(ids).size).toBe(1);
  expect(ids.length).toBeGreaterThan(1);
  await years.focus();
  await page.keyboard.press('Alt+h');
  await expect(page.getByRole('region', { name: /History/ }).getByRole('row')).toHaveCount(2);
});

test('two people who change one item see both values and decide', async ({ page, browser }) => {
  const subject = await screen(page);
  const faults: string[] = [];
  const other = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  watch(other, faults);
  const form = `${subject}/SE.SCREENING1/1/F.SC/1`;
  await page.goto(address(form));
  await logIn(other, 'coordinator', form);
  await cell(other, 'I.SC.EDULEVEL').waitFor();
  await cell(page, 'I.SC.EDULEVEL').fill('10');
  await cell(page, 'I.SC.EDULEVEL').press('Enter');
  await saved(page);
  await cell(other, 'I.SC.EDULEVEL').fill('16');
  await cell(other, 'I.SC.EDULEVEL').press('Enter');
  const conflict = other.locator('.conflict');
  await expect(conflict).toContainText('16');
  await expect(conflict).toContainText('10');
  await conflict.getByRole('button', { name: 'Record mine' }).click();
  await expect(conflict).toHaveCount(0);
  await saved(other);
  await page.reload();
  await expect(cell(page, 'I.SC.EDULEVEL')).toHaveValue('16');
  expect(faults).toEqual([]);
});

test('two people who change different items of a form both keep what they entered', async ({ page, browser }) => {
  const subject = await screen(page);
  const other = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  const form = `${subject}/SE.SCREENING1/1/F.SC/1`;
  await page.goto(address(form));
  await logIn(other, 'coordinator', form);
  await cell(other, 'I.SC.EDULEVEL').waitFor();
  await cell(page, 'I.SC.EDULEVEL').fill('10');
  await cell(page, 'I.SC.EDULEVEL').press('Enter');
  await saved(page);
  await cell(other, 'I.SC.SCDAT').fill('2014-03-10');
  await cell(other, 'I.SC.SCDAT').press('Enter');
  await saved(other);
  await expect(other.getByText('Somebody else changed this form meanwhile')).toBeVisible();
  await expect(cell(other, 'I.SC.EDULEVEL')).toHaveValue('10');
});

test('rows are added by key, filled in, and removed with a reason', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.MH/1`));
  const rows = page.locator('table.entry tbody tr');
  const term = (row: number) => rows.nth(row).locator('input[type=text]').first();
  await term(0).fill('HT-1');
  await page.keyboard.press('Alt+r');
  await page.keyboard.type('MG-2');
  await page.keyboard.press('Tab');
  await saved(page);
  await expect(rows).toHaveCount(2);
  await expect(term(1)).toHaveValue('MG-2');
  await page.getByRole('button', { name: 'Remove row 2' }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('Entered for another participant');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove row 2' }).click();
  await expect(rows.nth(1)).toHaveClass(/removed/);
  await expect(page.getByRole('button', { name: 'Restore row 2' })).toBeVisible();
});

test('taking a change back is another recorded change', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.SC/1`));
  const years = cell(page, 'I.SC.EDULEVEL');
  await years.fill('14');
  await years.press('Enter');
  await saved(page);
  await page.keyboard.press('Control+z');
  await expect(years).toHaveValue('');
  await saved(page);
  await years.focus();
  await page.keyboard.press('Alt+h');
  await expect(page.getByRole('region', { name: /History/ }).getByRole('row')).toHaveCount(3);
});

test('a language or theme is switched without losing what is typed', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.DM/1`));
  await cell(page, 'I.DM.AGE').fill('6');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('人口学资料');
  await page.getByRole('button', { name: '深色模式' }).click();
  await expect(cell(page, 'I.DM.AGE')).toHaveValue('6');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Demographics');
});
