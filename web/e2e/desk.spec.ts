import fs from 'node:fs';
import { createHash } from 'node:crypto';
import { address, expect, logIn, STUDY, test, violations } from './world';

test('an export runs as a job, also while nobody looks, and its file is what its manifest says', async ({ page }) => {
  await logIn(page, 'datamanager', `${STUDY}/exports`);
  await page.getByRole('radio', { name: 'NDJSON', exact: true }).check();
  await page.getByText('All forms', { exact: true }).click();
  await page.getByRole('checkbox', { name: 'Demographics' }).check();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: '1 form' }).first();
  await expect(row).toContainText(/Waiting|Running|Done/);
  await page.goto(address(STUDY));
  await page.goto(address(`${STUDY}/exports`));
  await expect(row).toContainText('Done', { timeout: 30_000 });
  const download = page.waitForEvent('download');
  await row.getByRole('link', { name: 'Download' }).click();
  const file = fs.readFileSync(await (await download).path());
  await row.getByRole('button', { name: 'Manifest' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(createHash('sha256').update(file).digest('hex'));
  // One record for each of the 306 participants of the trial, and for those whom other journeys screened.
  const rows = dialog.getByRole('row').filter({ hasText: 'records.ndjson' }).getByRole('cell').nth(1);
  expect(Number(await rows.innerText())).toBeGreaterThanOrEqual(306);
  expect(await violations(page)).toEqual([]);
});

test('a running export can be cancelled', async ({ page }) => {
  await logIn(page, 'datamanager', `${STUDY}/exports`);
  await page.getByRole('radio', { name: 'CDISC ODM 1.3.2, transactional' }).check();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: 'transactional' }).first();
  await row.getByRole('button', { name: 'Cancel' }).click();
  await expect(row).toContainText('Cancelled');
});

test('a table is sent, checked without writing, and applied row by row', async ({ page }) => {
  await logIn(page, 'datamanager', `${STUDY}/imports`);
  const table = 'SUBJECT,AGE,NOTE\n01-701-1015,64,a\nNOBODY,70,b\n';
  await page.getByLabel('Choose a file').setInputFiles({ name: 'ages.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await expect(page).toHaveURL(/imports\/imp_/);
  await page.getByText('Make a mapping from the columns').click();
  await page.getByRole('combobox', { name: 'Visit', exact: true }).selectOption('SE.SCREENING1');
  await page.getByRole('combobox', { name: 'Form', exact: true }).selectOption('F.DM');
  await expect(page.getByRole('combobox', { name: /I\.DM\.AGE/ })).toHaveValue('AGE');
  await page.getByRole('button', { name: 'Write the mapping' }).click();
  await expect(page.getByLabel('Mapping (TOML)')).toHaveValue(/NOTE" = "not loaded"/);
  await page.getByLabel('Reason for changes').fill('Test transfer');
  await page.getByRole('button', { name: 'Check (changes nothing)' }).click();
  await expect(page.getByRole('heading', { name: 'What would be done' })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('cell', { name: /SUBJECT_UNKNOWN/ })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  const apply = page.getByRole('button', { name: 'Apply', exact: true });
  await expect(apply).toBeDisabled();
  await page.getByLabel(/Load the good rows/).check();
  await apply.click();
  await expect(page.getByRole('heading', { name: 'What was done' })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('combobox', { name: 'Show', exact: true }).selectOption('REJECTED');
  await expect(page.getByRole('cell', { name: /SUBJECT_UNKNOWN/ })).toBeVisible();
});

test('an endpoint for events is made, tested, disabled, and its secret shown when it is asked for', async ({ page }) => {
  const host = `receiver-${Date.now()}.invalid`;
  await logIn(page, 'datamanager', `${STUDY}/webhooks`);
  await page.getByRole('button', { name: 'New endpoint' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill(`https://${host}/hook`);
  await dialog.getByLabel('form.saved').check();
  await dialog.getByRole('button', { name: 'New endpoint' }).click();
  const row = page.getByRole('row').filter({ hasText: host }).first();
  await expect(row).toContainText('Sends');
  const choose = async (name: string) => {
    await row.getByRole('button').click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  await choose('Send a test');
  await expect(page.locator('.toast.bad')).toContainText('The name of the host is not known');
  await choose('Keys and secret');
  await page.getByRole('button', { name: 'Show the secret' }).click();
  await expect(page.getByRole('dialog').getByText(/whsec_/)).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await choose('Disable');
  await expect(row).toContainText('Disabled');
  await choose('Delete');
  await expect(row).toHaveCount(0);
});

test('a refused act and a failed log-in stand in the audit of access', async ({ page }) => {
  await logIn(page, 'coordinator');
  const refused = await page.evaluate(async () => (await fetch('/v1/users', { headers: { 'X-Casebook-Csrf': '1' } })).status);
  expect(refused).toBe(403);
  await page.context().clearCookies();
  await logIn(page, 'administrator', '/access');
  await expect(page.getByRole('row').filter({ hasText: 'manage_users' }).first()).toContainText('coordinator');
  await page.getByText('Trail of a user').click();
  await page.getByRole('combobox', { name: 'User name' }).fill('coordinator');
  await expect(page.getByRole('row').filter({ hasText: 'Logged in' }).first()).toBeVisible();
});

test('a program gets its secret once and a token for it', async ({ page }) => {
  await logIn(page, 'administrator', '/users');
  const name = `robot-${Date.now()}`;
  await page.getByRole('button', { name: 'New program' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/client id/).fill(name);
  await dialog.getByLabel('What it is').fill('A robot');
  await dialog.getByRole('button', { name: 'New program' }).click();
  const secret = await dialog.locator('dd code').nth(1).textContent();
  const token = await page.evaluate(async ([id, given]) => {
    const body = JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: given });
    const answer = await fetch('/v1/oauth/token', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    return answer.status;
  }, [name, secret]);
  expect(token).toBe(200);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('row').filter({ hasText: name })).toContainText('program');
});

test('a method is found, read and tried out in the session of the user', async ({ page }) => {
  await logIn(page, 'datamanager', '/developers');
  await page.getByLabel('Find a method').fill('lists sites');
  await page.getByRole('button', { name: /ListSites/ }).first().click();
  await expect(page.locator('article')).toContainText('/v1/studies/{study_oid}/sites'.replace('study_oid', 'studyOid'));
  await expect(page.getByRole('region', { name: 'curl' })).toContainText('/v1/studies/CDISCPILOT01/sites');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText('"siteOid"');
  expect(await violations(page)).toEqual([]);
});

test('reference ranges are loaded from a file, all faults of which are named first', async ({ page }) => {
  await logIn(page, 'datamanager', `${STUDY}/imports`);
  const section = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Reference ranges of laboratories' }) });
  await expect(section).toContainText('There are no reference ranges.');
  const load = async (rows: string[]) => {
    const table = ['LABORATORY,TEST,UNIT,SEX,AGE_FROM,AGE_TO,LOW,HIGH', ...rows].join('\n');
    await section.getByLabel('Table of ranges').setInputFiles({ name: 'ranges.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
    await section.getByLabel('Why').fill('Central laboratory, 2026');
    await section.getByRole('button', { name: 'Load the ranges' }).click();
  };
  await load(['CENTRAL,GLUC,mmol/L,F,18,64,5.5,3.9', 'CENTRAL,GLUC,mmol/L,Q,18,64,3.9,5.5']);
  await expect(section.locator('.faults li')).toHaveCount(2);
  await page.screenshot({ path: 'shots/desk-ranges-faults.png', fullPage: true });
  expect(await violations(page)).toEqual([]);
  await load(['CENTRAL,GLUC,mmol/L,F,18,64,3.9,5.5', 'CENTRAL,GLUC,mmol/L,M,18,64,3.9,5.8']);
  await expect(section.getByRole('status')).toContainText('2 ranges were loaded.');
  await expect(section.getByRole('row').filter({ hasText: '5.8' })).toContainText('18 – 64 years');
  await expect(section).toContainText('Last loaded: ranges.csv');
  await page.screenshot({ path: 'shots/desk-ranges.png', fullPage: true });
  expect(await violations(page)).toEqual([]);
});

test('the casebooks of a site are taken out as PDF', async ({ page }) => {
  test.setTimeout(120_000);
  await logIn(page, 'datamanager', `${STUDY}/exports?site=706`);
  await page.getByRole('radio', { name: /PDF/ }).check();
  await expect(page.getByText('All forms', { exact: true })).toBeHidden();
  await page.screenshot({ path: 'shots/desk-casebook-pdf.png', fullPage: true });
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: 'PDF' }).first();
  await expect(row).toContainText('Done', { timeout: 90_000 });
  await row.getByRole('button', { name: 'Manifest' }).click();
  await expect(page.getByRole('dialog').getByRole('row').filter({ hasText: '.pdf' })).toHaveCount(3);
  expect(await violations(page)).toEqual([]);
});
