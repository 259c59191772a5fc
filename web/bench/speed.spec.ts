import { address, expect, logIn, STUDY, test } from '../e2e/world';
import type { CDPSession, Page } from '@playwright/test';

type Spent = { task: number; script: number; style: number; layout: number };

/** What the page's thread has spent so far, in milliseconds of CPU. */
async function spentMs(session: CDPSession): Promise<Spent> {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (wanted: string) => (metrics.find(({ name }) => name === wanted)?.value ?? 0) * 1000;
  return { task: of('TaskDuration'), script: of('ScriptDuration'), style: of('RecalcStyleDuration'), layout: of('LayoutDuration') };
}
const cpuMs = async (session: CDPSession) => (await spentMs(session)).task;

async function clock(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return session;
}

const at = (share: number, values: number[]) => values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const median = (values: number[]) => at(0.5, values);

test('a keystroke in a form of sixty items', async ({ page }) => {
  await logIn(page, 'coordinator', `${STUDY}/subjects/01-701-1023/SE.BASELINE/1/F.QSNI/1`);
  const field = page.locator('[data-item="I.QSNI.QSDAT"] input, .item input[type=text]').first();
  await field.focus();
  await page.keyboard.press('End');
  const session = await clock(page);
  const spent: Spent[] = [];
  for (let press = 0; press < 60; press += 1) {
    const before = await spentMs(session);
    await page.keyboard.press(press % 2 === 0 ? '1' : 'Backspace');
    const after = await spentMs(session);
    spent.push({ task: after.task - before.task, script: after.script - before.script, style: after.style - before.style, layout: after.layout - before.layout });
  }
  await page.keyboard.press('Escape');
  const task = spent.map((one) => one.task);
  const part = (name: keyof Spent) => median(spent.map((one) => one[name])).toFixed(1);
  console.info(
    `keystroke, CPU of the page's thread: median ${median(task).toFixed(1)} ms, 95 of 100 within ${at(0.95, task).toFixed(1)} ms ` +
    `(script ${part('script')}, style ${part('style')}, layout ${part('layout')}) over ${await page.locator('.item').count()} items; a frame has 16 ms`,
  );
  expect(spent).toHaveLength(60);
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
