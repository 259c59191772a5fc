import { address, expect, logIn, passwordOf, STUDY, test, type User } from './world';
import type { Browser, Page } from '@playwright/test';

async function as(browser: Browser, user: User, path: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  await logIn(page, user, path);
  return page;
}

/** A new participant with one complete form; answers the address of the form. */
async function filled(page: Page): Promise<string> {
  await logIn(page, 'coordinator', `${STUDY}/subjects`);
  await page.getByRole('button', { name: 'New participant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Consent').fill('2014-03-12');
  await dialog.getByRole('button', { name: 'Begin screening' }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  const form = `${new URL(page.url()).pathname}/SE.SCREENING1/1/F.SC/1`;
  await page.goto(address(form));
  await page.locator('[data-item="I.SC.EDULEVEL"] input').fill('14');
  await page.locator('[data-item="I.SC.EDULEVEL"] input').press('Enter');
  await page.keyboard.type('2014-03-12');
  await page.keyboard.press('Enter');
  await expect(page.locator('.save-state')).toContainText('Saved');
  await page.getByRole('button', { name: 'Mark complete' }).click();
  await expect(page.locator('.form-head')).toContainText('Complete');
  return form;
}

test('a query goes from the monitor to the site and back, and the form is verified, signed and locked', async ({ page, browser }) => {
  const form = await filled(page);
  const monitor = await as(browser, 'monitor', form);
  await monitor.locator('[data-item="I.SC.EDULEVEL"] input').focus();
  await monitor.keyboard.press('Alt+q');
  await monitor.keyboard.type('Source says 12 years. Please check.');
  await monitor.keyboard.press('Enter');
  await expect(monitor.locator('.thread')).toContainText('Source says 12 years');

  await page.reload();
  await page.locator('[data-item="I.SC.EDULEVEL"] input').focus();
  await page.keyboard.press('Alt+q');
  await page.keyboard.type('Checked: 14 is right.');
  await page.keyboard.press('Enter');
  await expect(page.locator('.thread')).toContainText('Answered');

  await monitor.goto(address(`${STUDY}/queries?status=ANSWERED`));
  await monitor.getByRole('button', { name: 'Checked: 14 is right.' }).first().click();
  await monitor.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).last().click();
  await expect(monitor.getByRole('button', { name: 'Checked: 14 is right.' })).toHaveCount(0);
  await monitor.goto(address(form));
  await monitor.getByRole('button', { name: 'Verify: Level of education attained' }).click();
  await expect(monitor.locator('[data-item="I.SC.EDULEVEL"] .tone-green')).toBeVisible();
  await monitor.getByRole('button', { name: 'Verify the rest of the form' }).click();
  await expect(monitor.locator('.form-head')).toContainText('Verified against source');

  const investigator = await as(browser, 'investigator', form);
  await investigator.getByRole('button', { name: 'Sign' }).click();
  const dialog = investigator.getByRole('dialog');
  await dialog.getByLabel('User name').fill('investigator');
  await dialog.getByLabel('Password').fill('this is not the password');
  await dialog.getByRole('button', { name: 'Sign' }).click();
  await expect(dialog.getByRole('alert')).toContainText('do not fit');
  await investigator.waitForTimeout(1500);
  await dialog.getByLabel('Password').fill(passwordOf('investigator'));
  await expect(async () => {
    if (await dialog.isVisible()) await dialog.getByRole('button', { name: 'Sign' }).click();
    await expect(investigator.locator('.form-head')).toContainText('Signed', { timeout: 2000 });
  }).toPass();

  const manager = await as(browser, 'datamanager', form);
  await manager.getByRole('button', { name: 'Lock' }).click();
  await expect(manager.getByText('Locked: nothing can be changed.')).toBeVisible();
  await page.goto(address(form));
  await expect(page.locator('[data-item="I.SC.EDULEVEL"] input')).toHaveAttribute('readonly', '');
});

test('a participant is enrolled only when no criterion stands against it', async ({ page }) => {
  const form = await filled(page);
  await page.goto(address(form.replace(/\/SE\..*/, '')));
  await page.getByRole('button', { name: 'Enrol' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Enrolment').fill('2014-03-20');
  await expect(dialog.getByRole('status')).toContainText('not decided yet');
  await expect(dialog.getByRole('button', { name: 'Enrol' })).toBeDisabled();
});
