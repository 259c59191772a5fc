import { expect, logIn, STUDY, test } from './world';

test('the matrix goes to the last participant by key, and finds any of them by a part of the number', async ({ page }) => {
  await logIn(page, 'coordinator', `${STUDY}/matrix`);
  const chosen = page.locator('.strip strong');
  await page.getByRole('grid').focus();
  const first = (await chosen.textContent()) ?? '';
  await page.keyboard.press('Control+End');
  await expect(chosen).toBeVisible();
  await expect(chosen).not.toHaveText(first);
  await expect(page.locator('.matrix [aria-busy]')).toHaveCount(0);
  expect(await page.locator('.matrix tbody tr').count()).toBeLessThan(80);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('701-1028');
  await expect(page.locator('.filters [role=status]')).toHaveText('1 participant');
  await expect(chosen).toHaveText('01-701-1028');
  await page.getByRole('searchbox').fill('nobody');
  await expect(page.getByText('No participant fits')).toBeVisible();
});

test('filters look through all participants and are part of the address', async ({ page }) => {
  await logIn(page, 'coordinator', `${STUDY}/subjects`);
  const told = page.locator('.filters [role=status]');
  const all = Number.parseInt(((await told.textContent()) ?? '').replace(/\D/g, ''), 10);
  await page.getByText('With queries', { exact: true }).click();
  await expect(told).not.toHaveText(`${all} participants`);
  const withQueries = Number.parseInt(((await told.textContent()) ?? '').replace(/\D/g, ''), 10);
  expect(withQueries).toBeGreaterThan(0);
  expect(withQueries).toBeLessThan(all);
  await expect(page.locator('.subjects .badge').first()).toBeVisible();
  await page.reload();
  await expect(told).toHaveText(`${withQueries} participants`);
});
