import { address, expect, logIn, STUDY, test } from '../e2e/world';
import type { CDPSession, Page } from '@playwright/test';

async function cpuMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

async function clock(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return session;
}

const median = (values: number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

test('a keystroke in a form of sixty items', async ({ page }) => {
  await logIn(page, 'coordinator', `${STUDY}/subjects/01-701-1023/SE.BASELINE/1/F.QSNI/1`);
  const field = page.locator('[data-item="I.QSNI.QSDAT"] input, .item input[type=text]').first();
  await field.focus();
  await page.keyboard.press('End');
  const session = await clock(page);
  const spent: number[] = [];
  for (let press = 0; press < 40; press += 1) {
    const before = await cpuMs(session);
    await page.keyboard.press(press % 2 === 0 ? '1' : 'Backspace');
    spent.push((await cpuMs(session)) - before);
  }
  await page.keyboard.press('Escape');
  console.info(`keystroke, CPU of the page's thread: median ${median(spent).toFixed(1)} ms over ${await page.locator('.item').count()} items; a frame has 16 ms`);
  expect(spent).toHaveLength(40);
});

test('first load, change of screen and scrolling of the matrix are measured', async ({ page }) => {
  await logIn(page, 'datamanager', STUDY);
  const session = await clock(page);
  const loads: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    await page.goto(address(STUDY));
    await page.waitForLoadState('networkidle');
    loads.push(await cpuMs(session));
  }
  const before = await cpuMs(session);
  await page.getByRole('link', { name: 'Matrix' }).click();
  await page.getByRole('grid').waitFor();
  await page.waitForLoadState('networkidle');
  const change = (await cpuMs(session)) - before;
  const box = page.locator('.matrix');
  const beforeScroll = await cpuMs(session);
  for (let step = 1; step <= 20; step += 1) await box.evaluate((element, top) => { element.scrollTop = top; }, step * 300);
  const scroll = ((await cpuMs(session)) - beforeScroll) / 20;
  console.info(`CPU: first load ${median(loads).toFixed(0)} ms, change to the matrix ${change.toFixed(0)} ms, scroll step of 300 px ${scroll.toFixed(1)} ms`);
  expect(await page.locator('.matrix tbody tr').count()).toBeLessThan(80);
});
