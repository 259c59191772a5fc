import { address, expect, logIn, STUDY, test } from './world';
import type { Page } from '@playwright/test';

async function screen(page: Page): Promise<string> {
  await logIn(page, 'coordinator', `${STUDY}/subjects`);
  await page.getByRole('button', { name: 'New participant' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('What decides about enrolment (31 criteria)')).toBeVisible();
  await dialog.getByLabel('Consent').fill('12 mar 2014');
  await dialog.getByRole('button', { name: 'Begin screening' }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  return new URL(page.url()).pathname;
}

const saved = (page: Page) => expect(page.locator('.save-state')).toContainText('Saved');
const cell = (page: Page, item: string) => page.locator(`[data-item="${item}"] [data-cell]`).first();
const line = (page: Page, item: string) => page.locator(`[data-item="${item}"]`);

test('what is not collected takes no answer on a form that was never saved, and is asked as soon as it is', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.DM/1`));
  await expect(line(page, 'I.DM.RACEOTH')).toContainText('not collected');
  await expect(cell(page, 'I.DM.RACEOTH')).toHaveCount(0);
  await cell(page, 'I.DM.RACE').selectOption('OTHER');
  await cell(page, 'I.DM.RACE').press('Enter');
  // Whoever went on before the answer came is brought back to the question that it opens.
  await expect(cell(page, 'I.DM.RACEOTH')).toBeFocused();
  await page.keyboard.type('Mixed');
  await page.keyboard.press('Enter');
  await saved(page);
  await page.reload();
  await expect(cell(page, 'I.DM.RACEOTH')).toHaveValue('Mixed');
});

test('what a change that waits for its reason would clear is said before it is recorded', async ({ page }) => {
  const subject = await screen(page);
  await page.goto(address(`${subject}/SE.SCREENING1/1/F.DM/1`));
  await cell(page, 'I.DM.RACE').selectOption('OTHER');
  await cell(page, 'I.DM.RACEOTH').fill('Mixed');
  await cell(page, 'I.DM.RACEOTH').press('Enter');
  await saved(page);
  await page.getByRole('button', { name: 'Mark complete' }).click();
  await expect(page.getByRole('button', { name: 'Take back “complete”' })).toBeVisible();
  await cell(page, 'I.DM.RACE').selectOption('WHITE');
  await expect(line(page, 'I.DM.RACEOTH')).toContainText('Recording the change clears “Mixed”');
  await expect(cell(page, 'I.DM.RACEOTH')).toHaveValue('Mixed');
  await page.locator('.reason-bar input').fill('Typing error');
  await page.keyboard.press('Enter');
  await expect(line(page, 'I.DM.RACEOTH')).toHaveText(/not collected$/);
});

test('the eligibility is shown criterion by criterion before anybody is enrolled', async ({ page }) => {
  const subject = await screen(page);
  const section = page.getByRole('region', { name: 'Eligibility' });
  await expect(section).toContainText('for the investigator to say');
  await section.getByRole('button', { name: 'Show each criterion' }).click();
  await expect(section.locator('[data-criterion]')).toHaveCount(31);
  const waiting = section.locator('[data-criterion]', { hasText: 'not evaluated: a value is missing' });
  await expect(waiting.first()).toContainText('not recorded');
  await waiting.first().getByRole('link').first().click();
  await expect(page).toHaveURL(/#/);
  await page.goto(address(subject));
  await page.getByRole('button', { name: 'Enrol', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const attested = dialog.locator('[data-criterion]', { has: page.getByRole('radiogroup') });
  const exclusion = attested.filter({ has: page.getByText('Exclusion', { exact: true }) }).first();
  await exclusion.getByText('Met', { exact: true }).click();
  await expect(exclusion).toContainText('stands against enrolment');
  await expect(dialog.getByRole('button', { name: 'Enrol' })).toBeDisabled();
  await exclusion.getByText('Not met', { exact: true }).click();
  await expect(exclusion).not.toContainText('stands against enrolment');
});
