import { expect, logIn, STUDY, test, violations } from './world';

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
