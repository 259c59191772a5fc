import fs from 'node:fs';
import path from 'node:path';
import { address, expect, logIn, STUDY, test, violations, type User } from './world';
import type { Browser, Page } from '@playwright/test';

const DRAFT = `${STUDY}/build/draft`;

async function as(browser: Browser, user: User, to: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  await logIn(page, user, to);
  return page;
}

async function look(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `shots/build-${name}.png`, fullPage: true });
  expect.soft(await violations(page), name).toEqual([]);
}

test('an amendment is drafted, published site by site and migrated', async ({ page, browser }) => {
  test.setTimeout(240_000);
  await logIn(page, 'designer', DRAFT);
  await page.getByRole('button', { name: 'Begin from the published version' }).click();
  await expect(page.getByText('No faults: it can be published')).toBeVisible();
  await look(page, 'draft');

  // An item: another question, and another place by keyboard; the preview shows both.
  await page.getByRole('link', { name: 'Subject characteristics', exact: true }).first().click();
  const outline = page.getByRole('navigation', { name: 'Groups and items' });
  const first = outline.locator('.choice-item').first();
  await first.click();
  const question = page.getByLabel('Question · English');
  await question.fill('How many years of school?');
  await question.blur();
  await expect(page.locator('.preview')).toContainText('How many years of school?');
  await first.focus();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(outline.locator('.choice-item').nth(1)).toContainText('How many years of school?');
  // A condition is checked while it is typed, with the place of what is wrong.
  const condition = page.getByLabel('Not collected if');
  await condition.fill('EDULEVELL > 5');
  await expect(page.getByText('Line 1, column 1:')).toBeVisible();
  await look(page, 'form');
  await condition.fill('');

  // A check with an example that fails, then passes.
  await page.goto(address(`${DRAFT}?part=checks`));
  await page.getByRole('link', { name: 'CK.VS.BP', exact: true }).first().click();
  await expect(page.getByText('passed').first()).toBeVisible();
  const expected = page.getByLabel('Expected (1)');
  const right = await expected.inputValue();
  await expected.selectOption(right === 'true' ? 'false' : 'true');
  await expect(page.getByText('failed:')).toBeVisible();
  await look(page, 'check');
  await page.getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByText('1 fault')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Publish' })).toBeDisabled();

  // The last edit is taken back by a further one.
  await page.goto(address(`${DRAFT}?part=changes`));
  await page.getByRole('button', { name: /Take back revision/ }).first().click();
  await expect(page.getByText('No faults: it can be published')).toBeVisible();
  await look(page, 'changes');
  await page.goto(address(`${DRAFT}?part=diff`));
  await expect(page.getByText(/How many years of school/)).toBeVisible();
  await look(page, 'diff');
  await page.goto(address(`${DRAFT}?part=impact`));
  await expect(page.getByText('Forms that would change')).toBeVisible({ timeout: 60_000 });
  await look(page, 'impact');

  await page.goto(address(DRAFT));
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the version').fill('Amendment 1');
  await dialog.getByText('Site by site').click();
  await dialog.getByLabel('Reason').fill('amendment 1');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(page).toHaveURL(/build\/versions/);
  await page.getByRole('button', { name: 'Set the first day' }).click();
  await dialog.getByLabel(/^718/).check();
  await dialog.getByLabel('First day (local date)').fill('2099-01-01');
  await dialog.getByLabel('Reason').fill('ethics committee, 12 March');
  await dialog.getByRole('button', { name: 'Set the first day' }).click();
  await expect(page.getByRole('cell', { name: '2099-01-01' })).toBeVisible();
  await look(page, 'versions');

  // Casebooks of one site: said first, then done, then nothing left to do.
  const manager = await as(browser, 'datamanager', `${STUDY}/build/versions?part=migration`);
  await manager.getByRole('main').getByRole('combobox', { name: /^Site/ }).selectOption('718');
  await manager.getByLabel('Reason').fill('amendment 1');
  await manager.getByRole('button', { name: 'Dry run' }).click();
  await expect(manager.getByText('Dry run · done')).toBeVisible({ timeout: 60_000 });
  await manager.getByRole('button', { name: 'Migrate', exact: true }).click();
  await expect(manager.getByText('Migrate · done')).toBeVisible({ timeout: 60_000 });
  await look(manager, 'migration');
});

test('a definition is imported with all its faults, and forms print with their head', async ({ page }) => {
  await logIn(page, 'designer', '/drafts');
  await page.getByRole('button', { name: 'Import a study' }).click();
  const dialog = page.getByRole('dialog');
  const text = fs.readFileSync(path.resolve('../demo/crf.odm.xml'), 'utf8').replaceAll('CDISCPILOT01', 'SECOND').replace('<CodeListRef CodeListOID="CL.SEX" />', '<CodeListRef CodeListOID="CL.NOWHERE" />');
  await dialog.getByLabel('OID of the study').fill('OTHER');
  await dialog.locator('input[type=file]').setInputFiles({ name: 'second.xml', mimeType: 'text/xml', buffer: Buffer.from(text) });
  await dialog.getByRole('button', { name: 'Import a definition' }).click();
  await dialog.getByRole('button', { name: 'Import as study SECOND' }).click();
  await dialog.getByRole('button', { name: 'Import a definition' }).click();
  await expect(page.getByText('refers to CodeList CL.NOWHERE, which is not defined')).toBeVisible();
  await expect(page.getByText(/second\.xml:\d+/).first()).toBeVisible();
  await look(page, 'faults');
  await page.goto(address(`${STUDY}/build/paper?form=F.DM&mode=annotated`));
  await expect(page.getByText('DM.SEX', { exact: true })).toBeVisible();
  await look(page, 'paper');
  await page.pdf({ path: 'shots/build-paper.pdf', format: 'A4', preferCSSPageSize: true });
});

test('a visit and a form of it get conditions, which are corrected where they are wrong, and published', async ({ page }) => {
  await logIn(page, 'designer', '/drafts');
  await page.getByRole('button', { name: 'Import a study' }).click();
  const dialog = page.getByRole('dialog');
  const text = fs.readFileSync(path.resolve('../demo/crf.odm.xml'), 'utf8').replaceAll('CDISCPILOT01', 'CONDITIONS');
  await dialog.getByLabel('OID of the study').fill('CONDITIONS');
  await dialog.locator('input[type=file]').setInputFiles({ name: 'crf.xml', mimeType: 'text/xml', buffer: Buffer.from(text) });
  await dialog.getByRole('button', { name: 'Import a definition' }).click();
  await expect(page).toHaveURL(/build\/draft/);
  await page.goto(address('/s/CONDITIONS/build/draft/events/SE.RETRIEVAL'));

  // Items have no name of their own at a visit: the fault stands at its place, and in the draft.
  const ofVisit = page.getByLabel('Not collected if', { exact: true });
  await ofVisit.fill('SEX == "M"');
  await expect(page.getByText('Line 1, column 1:')).toBeVisible();
  await ofVisit.blur();
  await look(page, 'event-fault');
  await page.goto(address('/s/CONDITIONS/build/draft?part=faults'));
  const fault = page.getByRole('row').filter({ hasText: 'COND.SE.RETRIEVAL' });
  await expect(fault).toContainText('line 1, column 1');
  await expect(page.getByRole('button', { name: 'Publish' })).toBeDisabled();

  await fault.getByRole('link', { name: 'SE.RETRIEVAL' }).click();
  const right = 'first("SE.SCREENING1", "F.DM", "SEX") == "M"';
  await ofVisit.fill(right);
  await expect(page.getByText('first("SE.SCREENING1", "F.DM", "SEX")', { exact: true })).toBeVisible();
  await ofVisit.blur();
  const ofForm = page.getByLabel(/: not collected if$/).first();
  await ofForm.fill('count("F.AE") > 3');
  await ofForm.blur();
  await expect(page.getByText('Line 1, column 1:')).toBeHidden();
  await look(page, 'event');

  await page.goto(address('/s/CONDITIONS/build/draft'));
  await expect(page.getByText('No faults: it can be published')).toBeVisible();
  await page.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByLabel('Reason').fill('first version');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(page).toHaveURL(/build\/versions/);
  await page.goto(address('/s/CONDITIONS/build?part=schedule'));
  await expect(page.getByRole('cell', { name: right })).toBeVisible();
  await expect(page.getByRole('cell', { name: 'count("F.AE") > 3' })).toBeVisible();
  await look(page, 'conditions');
});

test('spreadsheets of other systems become forms', async ({ page }) => {
  await logIn(page, 'designer', '/drafts');
  const sheets: [string, string, RegExp][] = [
    ['xlsform/text_and_integer.xlsx', 'XLS', /[Nn]ame/],
    ['openclinica/vital_signs.xls', 'OCVS', /without shoes/],
    ['openclinica/vital_signs.xlsx', 'OCVSX', /without shoes/],
  ];
  for (const [sheet, study, item] of sheets) {
    await page.goto(address('/drafts'));
    await page.getByRole('button', { name: 'Import a study' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('OID of the study').fill(study);
    await dialog.locator('input[type=file]').setInputFiles(path.resolve('../crates/formats/tests/data', sheet));
    await dialog.getByRole('button', { name: 'Import a definition' }).click();
    const other = dialog.getByRole('button', { name: /^Import as study/ });
    await expect.poll(async () => (await other.isVisible()) || page.url().includes('/build/draft')).toBe(true);
    if (await other.isVisible()) {
      await other.click();
      await dialog.getByRole('button', { name: 'Import a definition' }).click();
    }
    await expect(page).toHaveURL(/build\/draft/);
    await page.goto(page.url().replace(/\?.*/, ''));
    await page.locator('a[href*="/build/draft/forms/"]').first().click();
    await expect(page.locator('.preview')).toContainText(item);
    await look(page, `sheet-${study}`);
  }
});

test('a site is added, closed with a reason, and opened again', async ({ page }) => {
  await logIn(page, 'designer', `${STUDY}/build?part=sites`);
  await page.getByRole('button', { name: 'Add a site' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('OID').fill('028');
  await dialog.getByLabel('Name of the site').fill('West China Hospital');
  await dialog.getByLabel('Time zone').selectOption('Asia/Shanghai');
  await dialog.getByLabel('Country').fill('chn');
  await dialog.getByRole('button', { name: 'Add a site' }).click();
  const row = page.getByRole('row').filter({ hasText: 'West China Hospital' });
  await expect(row).toContainText('Open');
  await expect(row).toContainText('CHN');
  await row.getByRole('button', { name: /Close the site/ }).click();
  await dialog.getByRole('textbox').fill('enough participants');
  await dialog.getByRole('button', { name: /Close the site/ }).click();
  await expect(row).toContainText('Closed');
  await look(page, 'sites');
  await row.getByRole('button', { name: /Open the site/ }).click();
  await dialog.getByRole('textbox').fill('one more cohort');
  await dialog.getByRole('button', { name: /Open the site/ }).click();
  await expect(row.getByRole('button', { name: /Close the site/ })).toBeVisible();
});
